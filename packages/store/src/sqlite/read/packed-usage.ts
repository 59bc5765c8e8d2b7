import { costCoverageOf } from "../../cost-coverage.js";
import {
  type LatencyPercentiles,
  namedPercentiles,
  percentilesOf,
  percentileWidth,
} from "../../latency-percentiles.js";
import { saturated } from "../../saturation.js";
import { costSums, sumColumns, usageMeasures } from "../../usage-measure.js";
import { errorRateOf, type UsageList, type UsageTotal } from "../../usage-totals.js";

/** The four keys, null where they make no group, then the sums in the order of `sumColumns`. */
type SumsRow = [
  channel: string | null,
  model: string | null,
  feature: string | null,
  tsMs: number | null,
  ...sums: (number | null)[],
];

/** The same, then the histogram of the latencies. */
export type UsageRow = [...SumsRow, latencyBins: string | null];

/**
 * Groups as they cross from the reader's thread: in buffers that are handed over, whatever their
 * number.
 */
export interface PackedUsage {
  readonly count: number;
  /**
   * Group by group: where each name ends in `names`, negative for none; the time, NaN for none; the
   * sums; the percentiles.
   */
  readonly cells: Float64Array<ArrayBuffer>;
  /** The names as UTF-8, one behind the other. */
  readonly names: Uint8Array<ArrayBuffer>;
}

const nameCount = 3;
const firstPercentile = nameCount + 1 + sumColumns.length;
const width = firstPercentile + percentileWidth;
const noName = -1;

/** Takes groups one by one, and holds none of them but as bytes. */
export class UsagePacking {
  #cells = new Float64Array(64 * width);
  #names = Buffer.allocUnsafeSlow(4_096);
  #count = 0;
  #used = 0;

  add(row: UsageRow): void {
    const first = this.#count++ * width;
    if (first + width > this.#cells.length) {
      const grown = new Float64Array(2 * this.#cells.length);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    for (let i = 0; i < nameCount; i++) this.#cells[first + i] = this.#addName(row[i] as string | null);
    // A sum past the range of a double may be null.
    for (let i = nameCount; i < firstPercentile; i++)
      this.#cells[first + i] = (row[i] as number | null) ?? Number.NaN;
    this.#cells.set(percentilesOf(row[firstPercentile] as string | null), first + firstPercentile);
  }

  end(): PackedUsage {
    const { buffer } = this.#names;
    return {
      count: this.#count,
      cells: this.#cells.slice(0, this.#count * width),
      names: new Uint8Array(buffer as ArrayBuffer, 0, this.#used),
    };
  }

  #addName(name: string | null): number {
    if (name === null) return noName;
    const most = 3 * name.length;
    if (this.#used + most > this.#names.length) {
      const grown = Buffer.allocUnsafeSlow(2 * this.#names.length + most);
      grown.set(this.#names.subarray(0, this.#used));
      this.#names = grown;
    }
    this.#used += this.#names.write(name, this.#used);
    return this.#used;
  }
}

/** Makes each total when it is taken. */
export function usageListFrom({ count, cells, names }: PackedUsage): UsageList {
  const bytes = Buffer.from(names.buffer, names.byteOffset, names.byteLength);
  return {
    length: count,
    *[Symbol.iterator]() {
      let start = 0;
      for (let first = 0; first < count * width; first += width) {
        const row: unknown[] = [];
        for (let i = first; i < first + nameCount; i++) {
          const end = cells[i] as number;
          row.push(end === noName ? null : bytes.toString("utf8", start, end));
          if (end !== noName) start = end;
        }
        const tsMs = cells[first + nameCount] as number;
        row.push(Number.isNaN(tsMs) ? null : tsMs);
        const percentiles = first + firstPercentile;
        for (let i = first + nameCount + 1; i < percentiles; i++) row.push(cells[i]);
        yield totalFromRow(row as SumsRow, namedPercentiles(cells, percentiles));
      }
    },
  };
}

function totalFromRow(
  [channel, model, feature, tsMs, ...sums]: SumsRow,
  latency: LatencyPercentiles,
): UsageTotal {
  const total: Record<string, unknown> = { channel, model, feature, tsMs, calls: sums[0] };
  for (const { name, at, calls, isAverage } of usageMeasures) {
    const sum = saturated(sums[at] as number | null);
    const known = calls === null ? null : (sums[calls.at] as number);
    total[name] = known === 0 ? null : isAverage && known !== null ? sum / known : sum;
    if (calls !== null) total[calls.name] = known;
  }
  const { errors, calls, costCalls, tokensIn, tokensOut } = total as unknown as UsageTotal;
  const coverage = costCoverageOf({
    calls,
    costCalls,
    tokensIn,
    tokensOut,
    toldUsd: saturated(sums[costSums.toldUsd] as number | null),
    costTokens: saturated(sums[costSums.costTokens] as number | null),
    coveredCalls: sums[costSums.coveredCalls] as number,
  });
  const errorRate = errorRateOf(errors, calls);
  return Object.assign(total, coverage, { errorRate }, latency) as unknown as UsageTotal;
}
