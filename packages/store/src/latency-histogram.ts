import { binsIn, textOfBins } from "./latency-bins.js";

/**
 * Latencies are counted in bins, seven per octave, so the value of a bin is within (2^(1/7) - 1) /
 * (2^(1/7) + 1) = 4.95 % of any latency in it. The first bin holds latencies below a nanosecond
 * (2^-20 ms), and its value is 0.
 */
const binsPerOctave = 7;
const shortestExponent = -20;
const shortestMs = 2 ** shortestExponent;
const firstOfOne = 1 - shortestExponent * binsPerOctave;
export const lastBin = firstOfOne + 1_024 * binsPerOctave - 1;
const growth = 2 ** (1 / binsPerOctave);
/** The value within a bin: relatively as far from one end as from the other. */
const middle = (2 * growth) / (1 + growth);

/** How far a percentile is from the exact one, at most, as a part of the exact one. */
export const latencyError = 0.05;

/** The bins of 2^-6 ms (16 µs) to 2^30 ms (12 days): where nearly all calls are. */
const usualBins = { from: firstOfOne - 6 * binsPerOctave, count: 36 * binsPerOctave } as const;

/** `ms`: finite, not negative. */
export function latencyBinOf(ms: number): number {
  if (ms < shortestMs) return 0;
  return Math.min(lastBin, Math.floor(Math.log2(ms) * binsPerOctave) + firstOfOne);
}

/**
 * The bins where nearly all latencies are: the first of them, the least latency of each, and behind
 * these that of the next bin. For who counts elsewhere and has to come to the same bins.
 */
export function usualBinBounds(): { readonly first: number; readonly leastMs: readonly number[] } {
  const leastMs = Array.from({ length: usualBins.count + 1 }, (_, i) => leastOfBin(usualBins.from + i));
  return { first: usualBins.from, leastMs };
}

/** The least number that is in a bin, to the last bit. */
function leastOfBin(bin: number): number {
  const near = 2 ** ((bin - firstOfOne) / binsPerOctave);
  const bits = new DataView(new ArrayBuffer(8));
  const bitsOf = (value: number) => {
    bits.setFloat64(0, value);
    return bits.getBigInt64(0);
  };
  const numberOf = (value: bigint) => {
    bits.setBigInt64(0, value);
    return bits.getFloat64(0);
  };
  let [below, within] = [bitsOf(near * (1 - 1e-9)), bitsOf(near * (1 + 1e-9))];
  while (within - below > 1n) {
    const middle = (below + within) / 2n;
    if (latencyBinOf(numberOf(middle)) < bin) below = middle;
    else within = middle;
  }
  return numberOf(within);
}

const answers = new Float64Array(lastBin + 1);

/** What the latencies of a bin are answered as, in milliseconds, to five digits. */
export function latencyOf(bin: number): number {
  if (bin === 0) return 0;
  const known = answers[bin] as number;
  if (known > 0) return known;
  const answer = Number((2 ** ((bin - firstOfOne) / binsPerOctave) * middle).toPrecision(5));
  answers[bin] = answer;
  return answer;
}

/** How often each latency occurred, as a text that the rollups keep. Those of any calls add up. */
export class LatencyHistogram {
  readonly #usual = new Float64Array(usualBins.count);
  readonly #others = new Map<number, number>();

  add(ms: number): void {
    this.addBin(latencyBinOf(ms), 1);
  }

  /** Takes away one that was added, or is added later. */
  take(ms: number): void {
    this.addBin(latencyBinOf(ms), -1);
  }

  addBin(bin: number, count: number): void {
    const at = bin - usualBins.from;
    if (at >= 0 && at < usualBins.count) this.#usual[at] = (this.#usual[at] as number) + count;
    else this.#others.set(bin, (this.#others.get(bin) ?? 0) + count);
  }

  /** Adds what `text()` answered; any other text adds nothing. */
  addText(text: string): void {
    const bins = binsIn(text, lastBin) ?? [];
    for (let i = 0; i < bins.length; i += 2) this.addBin(bins[i] as number, bins[i + 1] as number);
  }

  clear(): void {
    this.#usual.fill(0);
    this.#others.clear();
  }

  /** Null while it has none. */
  text(): string | null {
    const others = [...this.#others].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
    const bins = others.filter(([bin]) => bin < usualBins.from).flat();
    for (let at = 0; at < usualBins.count; at++) {
      const count = this.#usual[at] as number;
      if (count > 0) bins.push(usualBins.from + at, count);
    }
    bins.push(...others.filter(([bin]) => bin > usualBins.from).flat());
    return bins.length === 0 ? null : textOfBins(bins);
  }
}
