import { until } from "@kissbot/testkit";
import type { DatabaseFile } from "./database-file.js";
import { countOf, type Fleet } from "./fleet.js";
import type { MonitorProcess } from "./monitor-process.js";

/** Where every LLM call and every metric of a fleet ended, and what the monitor counted. */
export interface Balance {
  readonly calls: number;
  readonly metrics: number;
  readonly droppedCalls: number;
  readonly droppedMetrics: number;
  readonly shedCalls: number;
  readonly shedMetrics: number;
  readonly storedCalls: number;
  readonly storedMetrics: number;
  /**
   * By the counters of the monitor: lines that are neither received nor rejected nor ignored, and
   * messages that are neither processed nor queued nor shed.
   */
  readonly strayLines: number;
  readonly strayMessages: number;
  readonly rejected: number;
  readonly lostInStore: number;
}

/** Draws the balance once nothing is under way any more; the fleets must have stopped. */
export async function balanceOf(
  fleets: readonly Fleet[],
  monitor: MonitorProcess,
  database: DatabaseFile,
): Promise<Balance> {
  const count = await countOf(fleets);
  if (count.waiting > 0) throw new Error("lines wait in the clients");
  const read = async () => {
    const metrics = await monitor.metrics();
    const shed = (type: string) => metrics.sumOrZero("kissbot_messages_shed_total", `type="${type}"`);
    return { metrics, shedCalls: shed("llm_usage"), shedMetrics: shed("custom_metric") };
  };
  let now = await read();
  // What the clients handed over has come in when this many messages were received.
  await until(
    "everything is stored",
    async () => {
      now = await read();
      const received = (type: string) => now.metrics.sum("kissbot_messages_received_total", `type="${type}"`);
      return (
        received("llm_usage") >= count.calls - count.droppedCalls &&
        received("custom_metric") >= count.metrics - count.droppedMetrics &&
        now.metrics.sum("kissbot_queue_depth") === 0 &&
        now.metrics.sum("kissbot_store_pending_rows") === 0
      );
    },
    { timeoutMs: 40_000, describe: () => ({ count, now }) },
  );
  const { metrics, shedCalls, shedMetrics } = now;
  const received = metrics.sum("kissbot_messages_received_total");
  const rejected = metrics.sumOrZero("kissbot_lines_rejected_total");
  return {
    calls: count.calls,
    metrics: count.metrics,
    droppedCalls: count.droppedCalls,
    droppedMetrics: count.droppedMetrics,
    shedCalls,
    shedMetrics,
    storedCalls: [...database.calls().values()].reduce((sum, serials) => sum + serials.size, 0),
    storedMetrics: database.count("monitor_custom_metrics"),
    strayLines:
      metrics.sum("kissbot_lines_total") -
      received -
      rejected -
      metrics.sumOrZero("kissbot_lines_ignored_total"),
    strayMessages:
      received -
      metrics.sum("kissbot_messages_processed_total") -
      metrics.sum("kissbot_queue_depth") -
      metrics.sumOrZero("kissbot_messages_shed_total"),
    rejected,
    lostInStore: metrics.sumOrZero("kissbot_store_rows_lost_total"),
  };
}

/**
 * Whether nothing is unaccounted for: calls = client drops + shed + stored rows, and both sums of
 * the monitor.
 */
export function isBalanced(balance: Balance): boolean {
  const { calls, droppedCalls, shedCalls, storedCalls } = balance;
  const { metrics, droppedMetrics, shedMetrics, storedMetrics } = balance;
  return (
    calls === droppedCalls + shedCalls + storedCalls &&
    metrics === droppedMetrics + shedMetrics + storedMetrics &&
    balance.strayLines === 0 &&
    balance.strayMessages === 0 &&
    balance.lostInStore === 0
  );
}
