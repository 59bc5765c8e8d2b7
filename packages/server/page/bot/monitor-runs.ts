import { listOf, timeOf } from "../link/summary.js";
import type { Period } from "./timeline.js";

/**
 * The times between two runs of the monitor, in which nobody watched, from an answer of
 * /api/v1/runs. What was before the first run in the answer is unknown, and no gap.
 */
export function gapsBetween(runs: unknown): readonly Period[] {
  const known = listOf(runs)
    .flatMap((run) => {
      const fromMs = timeOf(run["started_at"]);
      return fromMs === null ? [] : [{ fromMs, toMs: timeOf(run["ended_at"]) }];
    })
    .sort((a, b) => a.fromMs - b.fromMs);
  return known.flatMap(({ toMs: endedMs }, i) => {
    const next = known[i + 1];
    return endedMs === null || next === undefined || next.fromMs <= endedMs
      ? []
      : [{ fromMs: endedMs, toMs: next.fromMs }];
  });
}
