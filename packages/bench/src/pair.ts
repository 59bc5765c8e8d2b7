import { type Median, medianOf } from "./median.js";

/**
 * What a pair of measurements gave, in nanoseconds per operation; `ratio` is ours divided by the
 * baseline, round by round.
 */
export interface Pair {
  readonly ours: Median;
  readonly baseline: Median;
  readonly ratio: Median;
}

/**
 * Measures two functions in turn, so that the machine's drift falls on both. Each returns how many
 * operations it did. The first rounds warm up and are not counted.
 */
export function measurePair(ours: () => number, baseline: () => number, rounds = 11, warmUp = 3): Pair {
  const times: { ours: number; baseline: number }[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    // Who goes first changes from round to round.
    const first = round % 2 === 0 ? timeOf(ours) : timeOf(baseline);
    const second = round % 2 === 0 ? timeOf(baseline) : timeOf(ours);
    const [o, b] = round % 2 === 0 ? [first, second] : [second, first];
    if (round >= 0) times.push({ ours: o, baseline: b });
  }
  return {
    ours: medianOf(times.map((time) => time.ours)),
    baseline: medianOf(times.map((time) => time.baseline)),
    ratio: medianOf(times.map((time) => time.ours / time.baseline)),
  };
}

function timeOf(run: () => number): number {
  const from = process.hrtime.bigint();
  const operations = run();
  return Number(process.hrtime.bigint() - from) / operations;
}
