import type { Database } from "better-sqlite3";
import { LatencyHistogram } from "../../latency-histogram.js";

const sumName = "monitor_latency_bins";
const mergedName = "monitor_latency_merged";

/**
 * The histogram of a group: of latencies in milliseconds, of histograms, or of both, less the
 * latencies that are `taken`.
 */
export const binsOf = (value: string) => `${sumName}(${value})`;

/**
 * Takes a latency out of the histogram again. It is passed as a negative number; 0 becomes a very
 * small one, which is in the same bin.
 */
export const taken = (latency: string) => `-max(${latency}, ${smallestTakenMs})`;
const smallestTakenMs = 1e-300;

/** Two histograms, or nulls, as one. */
export const mergedBins = (one: string, other: string) => `${mergedName}(${one}, ${other})`;

/** For a connection that is asked with `binsOf` or `mergedBins`. */
export function defineLatencyFunctions(db: Database): void {
  db.aggregate(sumName, {
    start: () => new LatencySum(),
    step: (sum: LatencySum, value: unknown) => sum.add(value),
    result: (sum: LatencySum) => sum.text(),
  });
  db.function(mergedName, { deterministic: true }, (one: unknown, other: unknown) => {
    const sum = new LatencySum();
    sum.add(one);
    sum.add(other);
    return sum.text();
  });
}

/** Most groups of the rollups have one row: its histogram is the answer as it stands. */
class LatencySum {
  #first: string | null = null;
  #histogram: LatencyHistogram | null = null;

  add(value: unknown): void {
    if (typeof value === "string" && this.#first === null && this.#histogram === null) {
      this.#first = value;
      return;
    }
    if (typeof value === "number") this.#addNumber(value);
    else if (typeof value === "string") this.#whole().addText(value);
  }

  #addNumber(ms: number): void {
    const histogram = this.#whole();
    if (ms < 0) histogram.take(-ms);
    else histogram.add(ms);
  }

  text(): string | null {
    return this.#histogram === null ? this.#first : this.#histogram.text();
  }

  #whole(): LatencyHistogram {
    if (this.#histogram === null) {
      this.#histogram = new LatencyHistogram();
      if (this.#first !== null) this.#histogram.addText(this.#first);
    }
    return this.#histogram;
  }
}
