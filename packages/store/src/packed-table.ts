import { botStatuses } from "./bot.js";
import { type Column, isTextual } from "./column.js";
import type { Dictionary } from "./dictionary.js";
import { StoreError } from "./error.js";
import { maxTimestampMs } from "./timestamp.js";

/** The rows of one table, column after column: the textual ones as references, the others as numbers with NaN for null. */
export interface PackedTable {
  readonly rows: number;
  readonly refs: Uint32Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** Throws `invalid_batch` that names the row and the field. */
export function packTable<Row>(
  name: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  dictionary: Dictionary,
): PackedTable {
  if (!Array.isArray(rows)) throw new StoreError("invalid_batch", `${name}: expected an array`);
  const count = rows.length;
  for (let i = 0; i < count; i++) {
    if (typeof rows[i] !== "object" || rows[i] === null) {
      throw new StoreError("invalid_batch", `${name}[${i}]: expected an object`);
    }
  }
  const textual = columns.filter(isTextual);
  const numeric = columns.filter((column) => !isTextual(column));
  const refs = new Uint32Array(textual.length * count);
  const numbers = new Float64Array(numeric.length * count);
  textual.forEach((column, at) => {
    packTexts(name, rows, column, dictionary, refs, at * count);
  });
  numeric.forEach((column, at) => {
    packNumbers(name, rows, column, numbers, at * count);
  });
  return { rows: count, refs, numbers };
}

function packTexts<Row>(
  name: string,
  rows: readonly Row[],
  column: Column<Row>,
  dictionary: Dictionary,
  refs: Uint32Array,
  start: number,
): void {
  const { get } = column;
  const isStatus = column.kind === "status";
  for (let i = 0; i < rows.length; i++) {
    const value = get(rows[i] as Row);
    if (value === null || value === undefined) {
      if (column.nullable) continue;
      throw badField(name, i, column);
    }
    if (typeof value !== "string" || value === "") throw badField(name, i, column);
    if (isStatus && !(botStatuses as readonly string[]).includes(value)) throw badField(name, i, column);
    const ref = dictionary.ref(value);
    if (ref === 0) throw badField(name, i, column);
    refs[start + i] = ref;
  }
}

function packNumbers<Row>(
  name: string,
  rows: readonly Row[],
  column: Column<Row>,
  numbers: Float64Array,
  start: number,
): void {
  const { get } = column;
  const accepts = acceptance[column.kind as keyof typeof acceptance];
  for (let i = 0; i < rows.length; i++) {
    const value = get(rows[i] as Row);
    if (value === null || value === undefined) {
      if (!column.nullable) throw badField(name, i, column);
      numbers[start + i] = Number.NaN;
    } else if (accepts(value)) {
      numbers[start + i] = column.kind === "time" ? Math.trunc(value as number) : Number(value);
    } else {
      throw badField(name, i, column);
    }
  }
}

const acceptance = {
  count: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  amount: (value: unknown) => Number.isFinite(value) && (value as number) >= 0,
  signed: (value: unknown) => Number.isFinite(value),
  time: (value: unknown) => typeof value === "number" && value >= 0 && value <= maxTimestampMs,
  flag: (value: unknown) => typeof value === "boolean",
} satisfies Partial<Record<Column<never>["kind"], (value: unknown) => boolean>>;

const expectation: Record<Column<never>["kind"], string> = {
  text: "a well-formed string that is not empty",
  status: botStatuses.join(", "),
  count: "an integer from 0 to 2^53-1",
  amount: "a finite number that is not negative",
  signed: "a finite number",
  time: "Unix milliseconds up to the year 9999",
  flag: "a boolean",
};

function badField<Row>(name: string, row: number, column: Column<Row>): StoreError {
  const orNull = column.nullable ? ", or null" : "";
  return new StoreError(
    "invalid_batch",
    `${name}[${row}].${column.field}: expected ${expectation[column.kind]}${orNull}`,
  );
}
