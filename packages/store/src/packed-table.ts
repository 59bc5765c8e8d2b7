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
  const textual = columns.filter(isTextual);
  const numeric = columns.filter((column) => !isTextual(column));
  const refs = new Uint32Array(textual.length * count);
  const numbers = new Float64Array(numeric.length * count);
  packInto({ refs, numbers, stride: count, from: 0 }, name, rows, textual, numeric, dictionary);
  return { rows: count, refs, numbers };
}

/** Columns with room for `stride` rows, of which the first `from` are there. */
export interface RowSpace {
  readonly refs: Uint32Array;
  readonly numbers: Float64Array;
  readonly stride: number;
  readonly from: number;
}

/** Throws `invalid_batch` that names the row, by its place, and the field. */
export function packInto<Row>(
  { refs, numbers, stride, from }: RowSpace,
  name: string,
  rows: readonly Row[],
  textual: readonly Column<Row>[],
  numeric: readonly Column<Row>[],
  dictionary: Dictionary,
): void {
  for (let i = 0; i < rows.length; i++) {
    if (typeof rows[i] !== "object" || rows[i] === null) {
      throw new StoreError("invalid_batch", `${name}[${from + i}]: expected an object`);
    }
  }
  textual.forEach((column, at) => {
    packTexts(rows, column, dictionary, refs, at * stride + from, (i) => badField(name, from + i, column));
  });
  numeric.forEach((column, at) => {
    packNumbers(rows, column, numbers, at * stride + from, (i) => badField(name, from + i, column));
  });
}

function packTexts<Row>(
  rows: readonly Row[],
  column: Column<Row>,
  dictionary: Dictionary,
  refs: Uint32Array,
  start: number,
  bad: (row: number) => StoreError,
): void {
  const { get } = column;
  const isStatus = column.kind === "status";
  let last: unknown;
  let lastRef = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = get(rows[i] as Row);
    if (value === null || value === undefined) {
      if (!column.nullable) throw bad(i);
      refs[start + i] = 0;
      continue;
    }
    // Rows of one bot or model often follow one another.
    if (value === last) {
      refs[start + i] = lastRef;
      continue;
    }
    if (typeof value !== "string" || value === "") throw bad(i);
    if (isStatus && !(botStatuses as readonly string[]).includes(value)) throw bad(i);
    const ref = dictionary.ref(value);
    if (ref === 0) throw bad(i);
    refs[start + i] = ref;
    last = value;
    lastRef = ref;
  }
}

function packNumbers<Row>(
  rows: readonly Row[],
  column: Column<Row>,
  numbers: Float64Array,
  start: number,
  bad: (row: number) => StoreError,
): void {
  const { get, kind } = column;
  const [min, max] = range[kind as keyof typeof range];
  const whole = kind === "count";
  const cut = kind === "time";
  for (let i = 0; i < rows.length; i++) {
    const value = get(rows[i] as Row);
    if (
      typeof value === "number" &&
      value >= min &&
      value <= max &&
      kind !== "flag" &&
      !(whole && !Number.isInteger(value))
    ) {
      numbers[start + i] = cut ? Math.trunc(value) : value;
    } else if ((value === null || value === undefined) && column.nullable) {
      numbers[start + i] = Number.NaN;
    } else if (typeof value === "boolean" && kind === "flag") {
      numbers[start + i] = value ? 1 : 0;
    } else {
      throw bad(i);
    }
  }
}

/** What each kind of number may be; a comparison with NaN is false, so NaN is in none. */
const range = {
  count: [0, Number.MAX_SAFE_INTEGER],
  amount: [0, Number.MAX_VALUE],
  signed: [-Number.MAX_VALUE, Number.MAX_VALUE],
  time: [0, maxTimestampMs],
  flag: [0, 1],
} as const satisfies Partial<Record<Column<never>["kind"], readonly [number, number]>>;

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
