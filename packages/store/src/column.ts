import { botStatuses } from "./bot-status.js";
import type { Dictionary } from "./dictionary.js";
import { StoreError } from "./error.js";
import type { FieldKind, NamedField } from "./record.js";
import { maxTimestampMs } from "./timestamp.js";

/** A reference that stands for null, and one for a text that no store takes. */
const nullRef = 0;
const badRef = 0xffff_ffff;
/** In no range of any kind. */
const badNumber = Number.NEGATIVE_INFINITY;

/** The cells of a table: column after column, each with room for `capacity` rows. */
export interface RowCells {
  readonly refs: Uint32Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The strings that the references mean: reference 1 is the first, 0 is null. */
  strings: readonly string[];
  readonly capacity: number;
}

/** A column of texts, as references into a dictionary. */
export class TextColumn {
  readonly field: string;
  readonly nullable: boolean;
  readonly kind: FieldKind;
  readonly get: NamedField["get"];
  readonly #cells: RowCells;
  readonly #from: number;
  readonly #isStatus: boolean;

  constructor({ name, kind, nullable, get, index }: NamedField, cells: RowCells) {
    this.field = name;
    this.kind = kind;
    this.nullable = nullable === true;
    this.get = get;
    this.#cells = cells;
    this.#from = index * cells.capacity;
    this.#isStatus = kind === "status";
  }

  /** The text of a row; null where there is none, empty where it was none that a store takes. */
  at(row: number): string | null {
    const ref = this.#cells.refs[this.#from + row] as number;
    return ref === nullRef ? null : ref === badRef ? "" : (this.#cells.strings[ref - 1] as string);
  }

  isKnown(row: number): boolean {
    return this.#cells.refs[this.#from + row] !== nullRef;
  }

  /**
   * A number for the text, the same for the same text in every row as long as `strings` is the
   * same.
   */
  refAt(row: number): number {
    return this.#cells.refs[this.#from + row] as number;
  }

  /** Answers whether a store takes the value; what it does not take is remembered as such. */
  set(row: number, value: unknown, dictionary: Dictionary): boolean {
    const refs = this.#cells.refs;
    if (value === null || value === undefined) {
      refs[this.#from + row] = this.nullable ? nullRef : badRef;
      return this.nullable;
    }
    const ref = typeof value === "string" ? this.#refOf(value, dictionary) : badRef;
    refs[this.#from + row] = ref;
    return ref !== badRef;
  }

  /**
   * Copies rows of the same column of another table, whose references are into another dictionary.
   */
  copy(source: TextColumn, from: number, to: number, into: number, own: Dictionary): void {
    const { refs: theirs, strings } = source.#cells;
    const refs = this.#cells.refs;
    for (let row = from, at = this.#from + into; row < to; row++, at++) {
      const ref = theirs[source.#from + row] as number;
      refs[at] = ref === nullRef || ref === badRef ? ref : own.ref(strings[ref - 1] as string);
    }
  }

  isBad(row: number): boolean {
    return this.#cells.refs[this.#from + row] === badRef;
  }

  #refOf(text: string, dictionary: Dictionary): number {
    if (text === "") return badRef;
    if (this.#isStatus && !(botStatuses as readonly string[]).includes(text)) return badRef;
    const ref = dictionary.ref(text);
    return ref === 0 ? badRef : ref;
  }
}

/** A column of numbers, with NaN for null. */
export class NumberColumn {
  readonly field: string;
  readonly nullable: boolean;
  readonly kind: FieldKind;
  readonly get: NamedField["get"];
  readonly #numbers: Float64Array;
  readonly #from: number;
  readonly #min: number;
  readonly #max: number;
  readonly #isWhole: boolean;
  readonly #isCut: boolean;
  readonly #isFlag: boolean;

  constructor({ name, kind, nullable, get, index }: NamedField, { numbers, capacity }: RowCells) {
    this.field = name;
    this.kind = kind;
    this.nullable = nullable === true;
    this.get = get;
    this.#numbers = numbers;
    this.#from = index * capacity;
    [this.#min, this.#max] = ranges[kind as keyof typeof ranges];
    this.#isWhole = kind === "count";
    this.#isCut = kind === "time";
    this.#isFlag = kind === "flag";
  }

  /** The number, or NaN for null. */
  numberAt(row: number): number {
    return this.#numbers[this.#from + row] as number;
  }

  isKnown(row: number): boolean {
    return !Number.isNaN(this.#numbers[this.#from + row]);
  }

  /** Answers whether a store takes the value; what it does not take is remembered as such. */
  set(row: number, value: unknown): boolean {
    const numbers = this.#numbers;
    const at = this.#from + row;
    if (
      typeof value === "number" &&
      value >= this.#min &&
      value <= this.#max &&
      !(this.#isWhole && !Number.isInteger(value))
    ) {
      numbers[at] = this.#isCut ? Math.trunc(value) : value;
      return true;
    }
    if ((value === null || value === undefined) && this.nullable) {
      numbers[at] = Number.NaN;
      return true;
    }
    if (typeof value === "boolean" && this.#isFlag) {
      numbers[at] = value ? 1 : 0;
      return true;
    }
    numbers[at] = badNumber;
    return false;
  }

  copy(source: NumberColumn, from: number, to: number, into: number): void {
    const theirs = source.#numbers;
    const numbers = this.#numbers;
    for (let row = from, at = this.#from + into; row < to; row++, at++) {
      numbers[at] = theirs[source.#from + row] as number;
    }
  }

  isBad(row: number): boolean {
    return this.#numbers[this.#from + row] === badNumber;
  }
}

export type Column = TextColumn | NumberColumn;

/**
 * What each kind of number may be. A comparison with NaN is false, so NaN is in none; no number is
 * a flag.
 */
const ranges = {
  count: [0, Number.MAX_SAFE_INTEGER],
  amount: [0, Number.MAX_VALUE],
  signed: [-Number.MAX_VALUE, Number.MAX_VALUE],
  fraction: [0, 1],
  time: [0, maxTimestampMs],
  flag: [1, 0],
} as const satisfies Partial<Record<FieldKind, readonly [number, number]>>;

const expectations: Record<FieldKind, string> = {
  text: "a well-formed string that is not empty",
  status: botStatuses.join(", "),
  count: "an integer from 0 to 2^53-1",
  amount: "a finite number that is not negative",
  signed: "a finite number",
  fraction: "a number from 0 to 1",
  time: "Unix milliseconds up to the year 9999",
  flag: "a boolean",
};

/** The `invalid_batch` of a value that no store takes. */
export function badField(record: string, row: number, { field, kind, nullable }: Column): StoreError {
  const orNull = nullable ? ", or null" : "";
  return new StoreError(
    "invalid_batch",
    `${record}[${row}].${field}: expected ${expectations[kind]}${orNull}`,
  );
}
