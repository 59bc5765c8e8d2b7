import { llmUsageRecord } from "./llm-usage.js";
import { columnsOf, type NamedField, snakeCase } from "./record.js";

/** One sum over usage rows: a total as queries answer it, and how the rollup keeps it. */
export interface UsageMeasure {
  readonly field: NamedField;
  /** Its name in a total. */
  readonly name: string;
  /** Where it stands among `sumColumns`. */
  readonly at: number;
  /** How many rows have the field: where it stands, and its name. Null for a field that every row has. */
  readonly calls: { readonly name: string; readonly at: number } | null;
  readonly isAverage: boolean;
  /** It counts the rows that have the field. */
  readonly isCount: boolean;
}

export interface SumColumn {
  /** In `monitor_usage_hours`. */
  readonly column: string;
  /** How it comes from usage rows `u` and their extras `x`. */
  readonly raw: string;
  /** How it comes from rows `u` of the rollup. */
  readonly rolled: string;
}

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

/** Where the rows of `monitor_usage_extras` and `llm_usage` stand in a question about both. */
const aliases = { llm_usage: "u", monitor_usage_extras: "x" } as const;

const sums: SumColumn[] = [{ column: "calls", raw: "count(*)", rolled: "sum(u.calls)" }];

/** What the fields of a usage row declare as totals, in their order. */
export const usageMeasures: readonly UsageMeasure[] = llmUsageRecord.list.flatMap((field): UsageMeasure[] => {
  const { total } = field;
  if (total === undefined) return [];
  const { as: name = field.name, column = snakeCase(name), calls, average = false, counts = false } = total;
  const source = sourceOf(field);
  const known = calls === undefined ? null : { name: calls, at: countOf(source, snakeCase(calls)) };
  const at = counts ? countOf(source, column) : sumOf(source, column);
  return [{ field, name, at, calls: known, isAverage: average, isCount: counts }];
});

/** What the rollup keeps of each hour's rows, and how it is summed from rows: the calls, then each measure. */
export const sumColumns: readonly SumColumn[] = sums;

function countOf(source: string, column: string): number {
  return sums.push({ column, raw: `count(${source})`, rolled: `sum(u.${column})` }) - 1;
}

function sumOf(source: string, column: string): number {
  return sums.push({ column, raw: `total(${source})`, rolled: `total(u.${column})` }) - 1;
}

function sourceOf(field: NamedField): string {
  for (const [table, alias] of Object.entries(aliases)) {
    const column = columnsOf(llmUsageRecord, table as keyof typeof aliases).find(
      (one) => one.field === field,
    );
    if (column !== undefined) return `${alias}.${column.column}`;
  }
  throw new Error(`${field.name} has no column`);
}
