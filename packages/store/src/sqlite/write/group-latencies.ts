import { textOfBins } from "../../latency-bins.js";
import { LatencyHistogram, latencyBinOf, usualBins } from "../../latency-histogram.js";

const firstGroups = 64;

/**
 * A histogram of latencies for each of many groups, numbered from 0. The usual bins of all groups
 * stand in one array, so that a row costs no look-up (measured: `pnpm bench ablation`,
 * `usual-latencies`).
 */
export class GroupLatencies {
  #counts = new Uint32Array(firstGroups * usualBins.count);
  /** What is in no usual bin. */
  readonly #others = new Map<number, LatencyHistogram>();
  #groups = 0;

  /** `ms`: NaN adds nothing. */
  addLatency(group: number, ms: number): void {
    if (Number.isNaN(ms)) return;
    const bin = latencyBinOf(ms);
    const at = bin - usualBins.from;
    if (at < 0 || at >= usualBins.count) {
      this.#othersOf(group).addBin(bin, 1);
      return;
    }
    if (group >= this.#groups) this.#growTo(group + 1);
    const place = group * usualBins.count + at;
    this.#counts[place] = (this.#counts[place] as number) + 1;
  }

  /** The histogram of a group; null where nothing was added. */
  textOf(group: number): string | null {
    const bins: number[] = [];
    const first = group * usualBins.count;
    if (group < this.#groups) {
      for (let at = 0; at < usualBins.count; at++) {
        const count = this.#counts[first + at] as number;
        if (count > 0) bins.push(usualBins.from + at, count);
      }
    }
    const usual = bins.length === 0 ? null : textOfBins(bins);
    const others = this.#others.get(group)?.text() ?? null;
    if (usual === null || others === null) return usual ?? others;
    const all = new LatencyHistogram();
    all.addText(usual);
    all.addText(others);
    return all.text();
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#groups * usualBins.count);
    this.#others.clear();
    this.#groups = 0;
  }

  #growTo(groups: number): void {
    this.#groups = groups;
    if (groups * usualBins.count <= this.#counts.length) return;
    const grown = new Uint32Array(Math.max(groups * usualBins.count, 2 * this.#counts.length));
    grown.set(this.#counts);
    this.#counts = grown;
  }

  #othersOf(group: number): LatencyHistogram {
    let others = this.#others.get(group);
    if (others === undefined) {
      others = new LatencyHistogram();
      this.#others.set(group, others);
    }
    return others;
  }
}
