import type { Bot } from "./bot.js";
import type { FleetView } from "./fleet-view.js";

/** The fleet of a process that no bot reports to. */
export const noBots: FleetView = {
  size: 0,
  get: () => undefined,
  bots: () => ([] as Bot[]).values(),
  botsOfProcess: () => 1,
  counts: () => ({ online: 0, stale: 0, dead: 0, offline: 0 }),
  heartbeatAgeS: () => null,
};
