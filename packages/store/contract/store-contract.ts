import type { Capabilities } from "../src/state.js";
import { alertCases } from "./alerts.js";
import { backupCases } from "./backup.js";
import { channelSummaryCases } from "./channel-summary.js";
import type { ContractCase, OpenStoreUnderTest } from "./contract-case.js";
import { customSeriesCases } from "./custom-series.js";
import { fleetCases } from "./fleet.js";
import { lawCases } from "./laws.js";
import { maintenanceCases } from "./maintenance.js";
import { metricNamesCases } from "./metric-names.js";
import { metricSeriesCases } from "./metric-series.js";
import { oracleCases } from "./oracle.js";
import { replayCases } from "./replay.js";
import { runsCases } from "./runs.js";
import { statusHistoryCases } from "./status-history.js";
import { usagePageCases } from "./usage-page.js";
import { usageTotalsCases } from "./usage-totals.js";
import { writeCases } from "./write.js";

export interface ContractOptions {
  /** Registers a test with whatever runs tests: `it` of most runners, `node:test`'s `test`. */
  readonly test: (name: string, body: () => Promise<void>) => void;
  /** Opens an empty store; called anew for every case, and many times for the oracle's. */
  readonly open: OpenStoreUnderTest;
  readonly capabilities: Capabilities;
  /** Histories that the oracle's case replays: 30. */
  readonly oracleRuns?: number;
}

/** Registers every case of the contract that an adapter of these capabilities has to keep. */
export function storeContract({ test, open, capabilities, oracleRuns = 30 }: ContractOptions): void {
  for (const { name, run } of contractCases(capabilities, oracleRuns)) test(name, () => run(open));
}

/** The same cases as data, for a runner of one's own. */
export function contractCases(capabilities: Capabilities, oracleRuns = 30): readonly ContractCase[] {
  const cases = [
    ...writeCases,
    ...replayCases,
    ...fleetCases,
    ...statusHistoryCases,
    ...metricSeriesCases,
    ...customSeriesCases,
    ...metricNamesCases,
    ...runsCases,
    ...alertCases,
    ...usageTotalsCases,
    ...usagePageCases,
    ...channelSummaryCases,
    ...maintenanceCases,
    ...backupCases,
    ...lawCases,
    ...oracleCases(capabilities.durable, oracleRuns),
  ];
  return cases.filter(({ needs }) => needs === undefined || capabilities[needs]);
}
