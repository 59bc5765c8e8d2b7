import { llmUsageRecord } from "./llm-usage.js";
import { columnsOf, type NamedField, snakeCase } from "./record.js";

/** One sum over usage rows: a total as queries answer it, and how the rollup keeps it. */
export interface UsageMeasure {
  readonly field: NamedField;
  /** Its name in a total. */
  readonly name: string;
  /** Its index in `sumColumns`. */
  readonly at: number;
  /**
   * The column that counts rows with the field: its index and name. Null for a field that every row
   * has.
   */
  readonly calls: { readonly name: string; readonly at: number } | null;
  readonly isAverage: boolean;
  /** It counts the rows that have the field. */
  readonly isCount: boolean;
}

export interface SumColumn {
  /** In `monitor_usage_hours`. */
  readonly column: string;
  /** How it is summed from usage rows. */
  readonly raw: "count" | "total";
  /**
   * The summed quantities of usage rows; null counts the rows. `toldCost`: the cost that the bot
   * reported. `costTokens`: all tokens of calls with a known cost.
   */
  readonly source:
    | { readonly table: UsageTableName; readonly column: string }
    | "toldCost"
    | "costTokens"
    | null;
  /** Older versions do not add to it: null in hours that only these rolled up. */
  readonly isLater?: boolean;
}

type UsageTableName = "llm_usage" | "monitor_usage_extras";

/** What a group of usage rows came to. A sum over nothing known is null. */
export type UsageSumsOf<Declared> = {
  readonly [Name in keyof Declared as TotalName<Name, Declared[Name]>]: Declared[Name] extends {
    total: { calls: string };
  }
    ? number | null
    : number;
} & { readonly [Name in keyof Declared as CallsName<Declared[Name]>]: number };

type TotalName<Name, Field> = Field extends { total: { as: infer Other extends string } }
  ? Other
  : Field extends { total: object }
    ? Name
    : never;
type CallsName<Field> = Field extends { total: { calls: infer Calls extends string } } ? Calls : never;

const sums: SumColumn[] = [{ column: "calls", raw: "count", source: null }];

/** What the fields of a usage row declare as totals, in their order. */
export const usageMeasures: readonly UsageMeasure[] = llmUsageRecord.list.flatMap((field): UsageMeasure[] => {
  const { total } = field;
  if (total === undefined) return [];
  const { as: name = field.name, column = snakeCase(name), calls, average = false, counts = false } = total;
  const source = sourceOf(field);
  const counted = (name: string) => sums.push({ column: snakeCase(name), raw: "count", source }) - 1;
  const known = calls === undefined ? null : { name: calls, at: counted(calls) };
  const at = counts ? counted(column) : sums.push({ column, raw: "total", source }) - 1;
  return [{ field, name, at, calls: known, isAverage: average, isCount: counts }];
});

/**
 * The indexes of the sums that `cost-coverage.ts` needs. `coveredCalls`: how many calls the two
 * others cover.
 */
export const costSums = {
  toldUsd: sums.push({ column: "told_usd", raw: "total", source: "toldCost", isLater: true }) - 1,
  costTokens: sums.push({ column: "cost_tokens", raw: "total", source: "costTokens", isLater: true }) - 1,
  coveredCalls: sums.push({ column: "covered_calls", raw: "count", source: null, isLater: true }) - 1,
} as const;

/**
 * What the rollup keeps of each hour's rows, and how it is summed from rows: the calls, then each
 * measure, then what belongs to the cost.
 */
export const sumColumns: readonly SumColumn[] = sums;

function sourceOf(field: NamedField): { table: UsageTableName; column: string } {
  for (const table of ["llm_usage", "monitor_usage_extras"] as const) {
    const found = columnsOf(llmUsageRecord, table).find((one) => one.field === field);
    if (found !== undefined) return { table, column: found.column };
  }
  throw new Error(`${field.name} has no column`);
}
