import type { FleetDatabaseFigures } from "../../src/metrics/metric-sources.js";

/** A fleet database that lacks some rows, and lost a few. */
export const plainFigures: FleetDatabaseFigures = {
  isUp: true,
  waitingRows: { llm_usage: 12, bot_metrics: 300 },
  sentRows: { llm_usage: 4_000, bot_metrics: 90_000 },
  lostRows: { llm_usage: { deleted: 7, rejected: 1 }, bot_metrics: { deleted: 0, rejected: 0 } },
  lagS: 0.25,
  clockSkewS: -6.5,
  isLeader: true,
  problems: [{ code: "fleet_skewed" }],
};
