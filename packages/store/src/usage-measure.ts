import { llmUsageRecord } from "./llm-usage.js";
import { columnsOf, type NamedField, snakeCase } from "./record.js";

/** One sum over usage rows: a total as queries answer it, and how the rollup keeps it. */
export interface UsageMeasure {
  readonly field: NamedField;
  /** Its name in a total. */
  readonly name: string;
  /** Where it stands among `sumColumns`. */
  readonly at: number;
  /**
   * How many rows have the field: where it stands, and its name. Null for a field that every row
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
  /** How it is summed: from usage rows, and from rows of the rollup. */
  readonly raw: "count" | "total";
  readonly rolled: "sum" | "total";
  /** What is summed of usage rows; null for the rows themselves. */
  readonly source: { readonly table: UsageTableName; readonly column: string } | null;
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

const sums: SumColumn[] = [{ column: "calls", raw: "count", rolled: "sum", source: null }];

/** What the fields of a usage row declare as totals, in their order. */
export const usageMeasures: readonly UsageMeasure[] = llmUsageRecord.list.flatMap((field): UsageMeasure[] => {
  const { total } = field;
  if (total === undefined) return [];
  const { as: name = field.name, column = snakeCase(name), calls, average = false, counts = false } = total;
  const source = sourceOf(field);
  const counted = (name: string) =>
    sums.push({ column: snakeCase(name), raw: "count", rolled: "sum", source }) - 1;
  const known = calls === undefined ? null : { name: calls, at: counted(calls) };
  const at = counts ? counted(column) : sums.push({ column, raw: "total", rolled: "total", source }) - 1;
  return [{ field, name, at, calls: known, isAverage: average, isCount: counts }];
});

/**
 * What the rollup keeps of each hour's rows, and how it is summed from rows: the calls, then each
 * measure.
 */
export const sumColumns: readonly SumColumn[] = sums;

function sourceOf(field: NamedField): SumColumn["source"] {
  for (const table of ["llm_usage", "monitor_usage_extras"] as const) {
    const found = columnsOf(llmUsageRecord, table).find((one) => one.field === field);
    if (found !== undefined) return { table, column: found.column };
  }
  throw new Error(`${field.name} has no column`);
}
