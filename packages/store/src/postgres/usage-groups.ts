import type { NumberColumn } from "../column.js";
import { latencyBinOf } from "../latency-histogram.js";
import type { LlmUsageFields } from "../llm-usage.js";
import type { RecordTable } from "../record-table.js";
import { costSums, sumColumns, usageMeasures } from "../usage-measure.js";
import { latencyCell } from "./latency-cells.js";

const hourMs = 3_600_000;

/** The calls of one channel, hour, model and feature, as they are added to the rollup. */
export interface UsageGroup {
  readonly channel: string;
  readonly bucketMs: number;
  readonly model: string;
  readonly feature: string;
  /** In the order of `sumColumns`. */
  readonly sums: number[];
  /** Calls by the bin of their latency. */
  readonly bins: Map<number, number>;
}

/**
 * PostgreSQL refuses a sum past the range of a double. This is as far as one batch may bring it, so
 * that sums of a hundred million batches stay within.
 */
const largestSum = 1e300;

export const boundedSum = (sum: number) => Math.min(sum, largestSum);
/** The same of a column in SQL; null stays null. */
export const bounded = (column: string) =>
  `CASE WHEN ${column} > ${largestSum} THEN ${largestSum} ELSE ${column} END`;

/** What a sum is answered as: past its bound, the largest number. */
export const answeredSum = (sum: number) => (sum >= largestSum ? Number.MAX_VALUE : sum);

export function groupUsage({ columns, list, length }: RecordTable<LlmUsageFields>): UsageGroup[] {
  const groups = new Map<string, UsageGroup>();
  const { tsMs, channel, model, feature, costUsd, priceId, tokensIn, tokensOut, latencyMs } = columns;
  const measures = usageMeasures.map((measure) => {
    const column = list.find((one) => one.field === measure.field.name);
    return { ...measure, column: column as NumberColumn };
  });
  for (let row = 0; row < length; row++) {
    const bucketMs = Math.floor(tsMs.numberAt(row) / hourMs) * hourMs;
    const key = `${channel.refAt(row)} ${model.refAt(row)} ${feature.refAt(row)} ${bucketMs}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        channel: channel.at(row) as string,
        bucketMs,
        model: model.at(row) as string,
        feature: feature.at(row) as string,
        sums: new Array<number>(sumColumns.length).fill(0),
        bins: new Map(),
      };
      groups.set(key, group);
    }
    const { sums, bins } = group;
    addTo(sums, 0, 1);
    for (const { column, at, calls, isCount } of measures) {
      if (!column.isKnown(row)) continue;
      if (calls !== null) addTo(sums, calls.at, 1);
      addTo(sums, at, isCount ? 1 : column.numberAt(row));
    }
    addTo(sums, costSums.coveredCalls, 1);
    if (costUsd.isKnown(row)) {
      addTo(sums, costSums.costTokens, tokensIn.numberAt(row) + tokensOut.numberAt(row));
      if (!priceId.isKnown(row)) addTo(sums, costSums.toldUsd, costUsd.numberAt(row));
    }
    if (!latencyMs.isKnown(row)) continue;
    const bin = latencyBinOf(latencyMs.numberAt(row));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return [...groups.values()];
}

/** The histograms of all groups as two columns: the place of a group, from 1, and a cell of it. */
export function cellsOf(groups: readonly UsageGroup[]): {
  readonly places: number[];
  readonly cells: number[];
} {
  const places: number[] = [];
  const cells: number[] = [];
  for (const [i, { bins }] of groups.entries()) {
    for (const [bin, calls] of [...bins].sort(([a], [b]) => a - b)) {
      places.push(i + 1);
      cells.push(latencyCell(bin, calls));
    }
  }
  return { places, cells };
}

function addTo(sums: number[], at: number, value: number): void {
  sums[at] = boundedSum((sums[at] as number) + value);
}
