import type { BotStatus } from "./bot-status.js";

/**
 * What a field holds. `text`: not empty, well-formed (SQLite would store a lone surrogate as
 * U+FFFD, and two names would become one). `status`: a status of a bot. `count`: an integer from 0
 * to 2^53-1. `amount`: finite, not negative. `signed`: finite. `fraction`: from 0 to 1. `time`:
 * Unix milliseconds; a fraction is cut off. `flag`: a boolean.
 */
export type FieldKind = "text" | "status" | "count" | "amount" | "signed" | "fraction" | "time" | "flag";

/** The tables in which records are stored. */
export type TableName =
  | "bot_metrics"
  | "bot_status"
  | "llm_usage"
  | "monitor_alerts"
  | "monitor_bots"
  | "monitor_custom_metrics"
  | "monitor_facts"
  | "monitor_metric_shares"
  | "monitor_notices"
  | "monitor_prices"
  | "monitor_silences"
  | "monitor_status_history"
  | "monitor_tells"
  | "monitor_usage_extras";

/** What a field adds to the totals of its record; see `usage-measure.ts`. */
export interface TotalDeclaration {
  /** Its name in a total; absent: the field's own. */
  readonly as?: string;
  /** Its column in the rollup; absent: `as` in snake_case. */
  readonly column?: string;
  /**
   * A nullable field's count of the rows that have it. Its column is the same name in snake_case.
   */
  readonly calls?: string;
  /** The total is the mean of the known values, not their sum. */
  readonly average?: true;
  /** The total is how many rows have the field at all. */
  readonly counts?: true;
  /** What a reader of the total could take for something else. */
  readonly note?: string;
}

/**
 * One field of a record: everything that the store, the wire and the API say about it follows from
 * here.
 */
export interface FieldDeclaration<Name extends string = string> {
  readonly kind: FieldKind;
  /** May be absent or null, which means unknown. */
  readonly nullable?: true;
  /** The value of a NOT NULL column for null. */
  readonly unset?: 0;
  /** Its name in a message of the protocol, if it has one. */
  readonly wire?: string;
  readonly unit?: "ms" | "s" | "MiB" | "%" | "tokens" | "USD";
  /**
   * By table: the column, as `CREATE TABLE` spells it. A time in a TEXT column is written as a
   * timestamp.
   */
  readonly columns: { readonly [Table in TableName]?: string };
  readonly total?: TotalDeclaration;
  /**
   * Reads this field of a row, and the type checker sees to it that it reads no other. Each field
   * has a function of its own because one function that reads `row[field]` is megamorphic (`pnpm
   * bench store`, main thread per row).
   */
  readonly get: (row: { readonly [Own in Name]?: unknown }) => unknown;
}

type ValueOf<Field> = Field extends { kind: "text" }
  ? string
  : Field extends { kind: "status" }
    ? BotStatus
    : Field extends { kind: "flag" }
      ? boolean
      : number;

type Flat<Type> = { readonly [Key in keyof Type]: Type[Key] };
type NullableOf<Declared> = {
  [Name in keyof Declared]: Declared[Name] extends { nullable: true } ? Name : never;
}[keyof Declared];

/** A row as its writer gives it: a nullable field may be absent or null. */
export type RowOf<Declared> = Flat<
  { [Name in Exclude<keyof Declared, NullableOf<Declared>>]: ValueOf<Declared[Name]> } & {
    [Name in NullableOf<Declared>]?: ValueOf<Declared[Name]> | null;
  }
>;

/** A row as it was stored: it has every field; unknown ones are null. */
export type StoredRowOf<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends { nullable: true; unset?: never }
    ? ValueOf<Declared[Name]> | null
    : ValueOf<Declared[Name]>;
};

/** One kind of record: its name in a batch, and its fields in their order. */
export interface RecordDeclaration<Declared> {
  readonly name: string;
  readonly fields: Declared;
  readonly list: readonly NamedField[];
}

export interface NamedField extends FieldDeclaration {
  readonly name: string;
  /** Its values travel as references into a dictionary, and not as numbers. */
  readonly isText: boolean;
  /** Its place among the record's columns of texts, or among those of numbers. */
  readonly index: number;
}

/** Declares a kind of record. A field whose `get` reads another field does not compile. */
export function declareRecord<
  const Declared extends { readonly [Name in keyof Declared & string]: FieldDeclaration<Name> },
>(name: string, fields: Declared): RecordDeclaration<Declared> {
  let texts = 0;
  let numbers = 0;
  const list = Object.entries<FieldDeclaration>(fields).map(([field, one]): NamedField => {
    const isText = one.kind === "text" || one.kind === "status";
    return { name: field, isText, index: isText ? texts++ : numbers++, ...one };
  });
  return { name, fields, list };
}

/** A column of a table, and the field that it holds. */
export interface StoredColumn {
  readonly field: NamedField;
  readonly column: string;
  /** The rest of its definition: `INTEGER NOT NULL`. */
  readonly definition: string;
  /** A time that is stored as a timestamp. */
  readonly isTimestamp: boolean;
}

/** The columns of a record in one of its tables, in the order of its fields. */
export function columnsOf(record: RecordDeclaration<unknown>, table: TableName): StoredColumn[] {
  return record.list.flatMap((field): StoredColumn[] => {
    const text = field.columns[table];
    if (text === undefined) return [];
    const [column = "", type, ...rest] = text.split(" ");
    const definition = [type, ...rest].join(" ");
    return [{ field, column, definition, isTimestamp: field.kind === "time" && type === "TEXT" }];
  });
}

/** `tokensIn` as `tokens_in`: the name of the same thing in SQL and in JSON. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The same of a type. */
export type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : "";
