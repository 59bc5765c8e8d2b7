import { binsIn } from "./latency-bins.js";
import { lastBin, latencyOf } from "./latency-histogram.js";
import type { UsageTotalField } from "./usage-totals.js";

/** The latency percentiles of a total. Null if no histogram has any of its calls. */
export interface LatencyPercentiles {
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
  readonly latencyMsP99: number | null;
  /** How many calls the percentiles are of. */
  readonly latencyPercentileCalls: number;
}

const percents = [50, 95, 99] as const;
/** How many numbers `percentilesOf` answers. */
export const percentileWidth = percents.length + 1;

/**
 * The percentiles of a histogram's text, then how many calls they are of. A percentile is the
 * latency that its share of the calls did not pass: of 20 calls, p95 is the 19th. NaN of no call.
 */
export function percentilesOf(text: string | null): number[] {
  const bins = text === null ? [] : (binsIn(text, lastBin) ?? []);
  let calls = 0;
  for (let i = 1; i < bins.length; i += 2) calls += bins[i] as number;
  const values = percents.map((percent) => {
    let left = Math.ceil((percent * calls) / 100);
    for (let i = 0; i < bins.length; i += 2) {
      left -= bins[i + 1] as number;
      if (left <= 0) return latencyOf(bins[i] as number);
    }
    return Number.NaN;
  });
  return [...values, calls];
}

/** Names the cells of `percentilesOf`, which begin at `at`. */
export function namedPercentiles(cells: ArrayLike<number>, at = 0): LatencyPercentiles {
  return {
    latencyMsP50: known(cells[at]),
    latencyMsP95: known(cells[at + 1]),
    latencyMsP99: known(cells[at + 2]),
    latencyPercentileCalls: cells[at + percents.length] ?? 0,
  };
}

function known(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}

/** In a total they follow the sums. */
export const latencyPercentileFields: readonly UsageTotalField[] = [
  ...percents.map((percent): UsageTotalField => {
    const note = `${percent} % of the calls took no longer; within 5 %. Null where that is not known.`;
    return { name: `latency_ms_p${percent}`, kind: "amount", isNullable: true, note };
  }),
  {
    name: "latency_percentile_calls",
    kind: "count",
    isNullable: false,
    note: "How many calls the percentiles are of. Fewer than latency_calls where an older version added up hours.",
  },
];
