import { quoted } from "./record-columns.js";

/**
 * One statement that is made of parts: common table expressions and their parameters. It is sent
 * unnamed, so that a pooler may run each on another connection.
 */
export class Statement {
  readonly values: unknown[] = [];
  readonly #schema: string;
  readonly #parts: string[] = [];

  constructor(schema: string) {
    this.#schema = quoted(schema);
  }

  /** A table or function of the schema. */
  name(name: string): string {
    return `${this.#schema}.${name}`;
  }

  /** The place of a value. */
  value(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }

  add(name: string, sql: string): void {
    this.#parts.push(`${name} AS (${sql})`);
  }

  /** Before the parts that are there. */
  addFirst(name: string, sql: string): void {
    this.#parts.unshift(`${name} AS (${sql})`);
  }

  text(answer: string): string {
    return `WITH ${this.#parts.join(",\n")}\n${answer}`;
  }
}

/** Where the rows of a source stand: who sent them, and which version of its ranges was read. */
export interface CursorPlace {
  readonly hostNo: number;
  readonly source: string;
  readonly opening: number;
  readonly version: number;
}

/**
 * Ids of the ranges whose rows did not come: the source had deleted them, or no database takes
 * them.
 */
export interface LostRows {
  readonly deleted?: number;
  readonly rejected?: number;
}

/**
 * Moves the cursor if nobody has moved it since it was read. Every other part takes the host from
 * `moved`, so where that is empty nothing is written: a statement is done once, whoever sends it
 * again. The parts may be there before it.
 */
export function moveCursor(
  statement: Statement,
  place: CursorPlace,
  ranges: readonly number[],
  { deleted = 0, rejected = 0 }: LostRows = {},
): void {
  const { hostNo, source, opening, version } = place;
  statement.addFirst(
    "moved",
    `UPDATE ${statement.name("cursors")} SET ranges = ${statement.value(ranges, "bigint[]")}, version = version + 1,
 deleted = deleted + ${statement.value(deleted, "bigint")}, rejected = rejected + ${statement.value(rejected, "bigint")}
 WHERE host_no = ${statement.value(hostNo, "int")} AND source = ${statement.value(source, "text")}
 AND opening = ${statement.value(opening, "bigint")} AND version = ${statement.value(version, "bigint")} RETURNING host_no`,
  );
}
