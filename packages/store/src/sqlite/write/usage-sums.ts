import type { RowCells } from "../../column.js";
import { LatencyHistogram } from "../../latency-histogram.js";
import { type LlmUsageFields, llmUsageRecord } from "../../llm-usage.js";
import type { RecordTable } from "../../record-table.js";
import { costSums, sumColumns, type UsageMeasure, usageMeasures } from "../../usage-measure.js";

const hourMs = 3_600_000;
/**
 * As many as one step of the rollup may write; rows that fall into more of them are summed in
 * SQLite, step by step.
 */
const maxGroups = 10_000;
/** Each group has its sums and, beside them, what rounding took from each. */
const width = 2 * sumColumns.length;
const firstGroups = 256;
/** Histograms kept for later groups. */
const mostSpares = 1_000;

/**
 * Where a measure is read, among a table's columns of one kind, and where it and its count of calls
 * are summed.
 */
interface Addend {
  readonly index: number;
  readonly at: number;
  readonly callsAt: number;
}

const addendOf = ({ field, at, calls }: UsageMeasure): Addend => ({
  index: field.index,
  at,
  callsAt: calls?.at ?? 0,
});
const addends = usageMeasures.filter(({ isCount }) => !isCount).map(addendOf);
const countedTexts = usageMeasures.filter(({ isCount }) => isCount).map(addendOf);

const indexOf = (name: keyof LlmUsageFields) =>
  llmUsageRecord.list.find((one) => one.name === name)?.index ?? 0;
const costAt = indexOf("costUsd");
const priceAt = indexOf("priceId");
const tokensInAt = indexOf("tokensIn");
const tokensOutAt = indexOf("tokensOut");
const latencyAt = indexOf("latencyMs");

/** The calls of one channel, hour, model and feature. */
export interface UsageGroup {
  readonly channel: string;
  readonly bucketMs: number;
  readonly model: string;
  readonly feature: string;
  /** In the order of `sumColumns`. */
  readonly sums: readonly number[];
  /** The histogram of the latencies; null where no call told one. */
  readonly latencyBins: string | null;
}

type Hours = Map<number, Map<string, Map<string, number>>>;

/** A usage row to be summed: the table that it stands in. */
export type UsageTable = Pick<RecordTable<LlmUsageFields>, "columns" | "cells">;

/**
 * The usage rows that this process committed since the last rollup, summed as they were written:
 * those with ids beyond `after`, up to `upTo`, without a gap. Where another writer's row comes
 * between two of ours, or they fall into too many groups, it begins anew behind them, and what it
 * then does not have is summed in SQLite. (Measured: `pnpm bench ablation`, `usage-sums`.)
 */
export class UsageSums {
  #after = Number.NaN;
  #upTo = Number.NaN;
  /** By channel, hour, model and feature: the number of the group. */
  readonly #channels = new Map<string, Hours>();
  /** The sums of group after group. */
  #sums = new Float64Array(firstGroups * width);
  #size = 0;
  /** By the group; none where no call told its latency. */
  readonly #latencies = new Map<number, LatencyHistogram>();
  /**
   * Histograms of earlier groups, to reuse. Each holds 2 kB outside the heap, which only a full
   * collection would free.
   */
  #spares: LatencyHistogram[] = [];

  get after(): number {
    return this.#after;
  }

  get upTo(): number {
    return this.#upTo;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Channel by channel, in the order of the table that they go into. */
  *groups(): Generator<UsageGroup> {
    for (const channel of [...this.#channels.keys()].sort()) {
      for (const [bucketMs, models] of this.#channels.get(channel) as Hours) {
        for (const [model, features] of models) {
          for (const [feature, group] of features) {
            yield {
              channel,
              bucketMs,
              model,
              feature,
              sums: this.#sumsOf(group),
              latencyBins: this.#latencies.get(group)?.text() ?? null,
            };
          }
        }
      }
    }
  }

  /** To be forgotten if the transaction is not committed. */
  addUsageRow(id: number, table: UsageTable, row: number): void {
    if (id !== this.#upTo + 1 || this.#size >= maxGroups) {
      this.clear();
      this.#after = id - 1;
    }
    this.#upTo = id;
    // Before the sums are read: a new group may need more room.
    const group = this.#groupOf(table, row);
    addTo(this.#sums, group * width, table.cells, row);
    const { numbers, capacity } = table.cells;
    this.#addLatency(group, numbers[latencyAt * capacity + row] as number);
  }

  clear(): void {
    this.#channels.clear();
    this.#sums.fill(0, 0, this.#size * width);
    if (this.#latencies.size > 0) this.#spares = [...this.#latencies.values()].slice(0, mostSpares);
    this.#latencies.clear();
    this.#size = 0;
    this.#after = Number.NaN;
    this.#upTo = Number.NaN;
  }

  #groupOf({ columns }: UsageTable, row: number): number {
    const channel = columns.channel.at(row) as string;
    const bucketMs = Math.floor(columns.tsMs.numberAt(row) / hourMs) * hourMs;
    const models = inner(inner(this.#channels, channel), bucketMs);
    const features = inner(models, columns.model.at(row) as string);
    const feature = columns.feature.at(row) as string;
    let group = features.get(feature);
    if (group === undefined) {
      group = this.#size++;
      features.set(feature, group);
      if (this.#size * width > this.#sums.length) {
        const grown = new Float64Array(2 * this.#sums.length);
        grown.set(this.#sums);
        this.#sums = grown;
      }
    }
    return group;
  }

  #addLatency(group: number, latencyMs: number): void {
    if (Number.isNaN(latencyMs)) return;
    let latencies = this.#latencies.get(group);
    if (latencies === undefined) {
      latencies = this.#spares.pop() ?? new LatencyHistogram();
      latencies.clear();
      this.#latencies.set(group, latencies);
    }
    latencies.add(latencyMs);
  }

  #sumsOf(group: number): number[] {
    const first = group * width;
    const sums: number[] = [];
    for (let at = first; at < first + sumColumns.length; at++) {
      sums.push(wholeOf(this.#sums[at] as number, this.#sums[at + sumColumns.length] as number));
    }
    return sums;
  }
}

/** Adds a row to the sums that begin at `first`. */
function addTo(sums: Float64Array, first: number, { refs, numbers, capacity }: RowCells, row: number): void {
  sums[first] = (sums[first] as number) + 1;
  for (let i = 0; i < addends.length; i++) {
    const { index, at, callsAt } = addends[i] as Addend;
    const value = numbers[index * capacity + row] as number;
    if (Number.isNaN(value)) continue;
    if (callsAt > 0) sums[first + callsAt] = (sums[first + callsAt] as number) + 1;
    addExactly(sums, first + at, value);
  }
  addCost(sums, first, numbers, capacity, row);
  for (let i = 0; i < countedTexts.length; i++) {
    const { index, at } = countedTexts[i] as Addend;
    if (refs[index * capacity + row] !== 0) sums[first + at] = (sums[first + at] as number) + 1;
  }
}

/** Of how many calls the sums know is every call; the others count where the cost is known. */
function addCost(
  sums: Float64Array,
  first: number,
  numbers: Float64Array,
  capacity: number,
  row: number,
): void {
  const coveredAt = first + costSums.coveredCalls;
  sums[coveredAt] = (sums[coveredAt] as number) + 1;
  const cost = numbers[costAt * capacity + row] as number;
  if (Number.isNaN(cost)) return;
  const tokensIn = numbers[tokensInAt * capacity + row] as number;
  const tokensOut = numbers[tokensOutAt * capacity + row] as number;
  addExactly(sums, first + costSums.costTokens, tokensIn + tokensOut);
  if (Number.isNaN(numbers[priceAt * capacity + row] as number)) {
    addExactly(sums, first + costSums.toldUsd, cost);
  }
}

/** Adds to the sum at a place, and to what rounding took from it. */
function addExactly(sums: Float64Array, at: number, value: number): void {
  const before = sums[at] as number;
  const sum = before + value;
  sums[at] = sum;
  const rest = at + sumColumns.length;
  sums[rest] = (sums[rest] as number) + lostIn(sum, before, value);
}

/**
 * What an addition of two numbers that are not negative rounded away (Neumaier, 1974), as SQLite's
 * own `total()` keeps it.
 */
function lostIn(sum: number, a: number, b: number): number {
  return a >= b ? a - sum + b : b - sum + a;
}

/** Past the range of a double there is no remainder, only NaN, which no column would take. */
function wholeOf(sum: number, rest: number): number {
  return Number.isFinite(sum) ? sum + rest : sum;
}

function inner<Key, InnerKey, Value>(map: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Map<InnerKey, Value>();
  map.set(key, fresh);
  return fresh;
}
