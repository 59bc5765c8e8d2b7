import type { Database, Statement } from "better-sqlite3";
import { openReader } from "../file/connection.js";
import { defineLatencyFunctions } from "../sql/latency-functions.js";
import { defineUtf16Order } from "../sql/text-order.js";

/**
 * A connection that only reads. Each answer is one short read transaction, so that it sees one
 * moment (cursor, rollups and the rows beyond the cursor agree) and lets the log go at its end.
 */
export class ReadConnection {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();
  /** Columns that were seen; they do not go away. */
  readonly #columns = new Set<string>();

  constructor(path: string) {
    this.#db = openReader(path);
    defineUtf16Order(this.#db);
    defineLatencyFunctions(this.#db);
  }

  /** Rows as arrays. */
  rows(sql: string, values: readonly unknown[] = []): unknown[][] {
    return this.#prepared(sql).all(...values) as unknown[][];
  }

  /** Rows as arrays, one after the other: to be read to their end before anything else is asked. */
  each(sql: string, values: readonly unknown[] = []): Iterable<unknown[]> {
    return this.#prepared(sql).iterate(...values) as Iterable<unknown[]>;
  }

  /** The first column of the first row. */
  value(sql: string, values: readonly unknown[] = []): unknown {
    return (this.#prepared(sql).get(...values) as unknown[] | undefined)?.[0];
  }

  /**
   * Whether a table has a column: a file that is only read may be older than we are, until a writer
   * migrates it.
   */
  readonly hasColumn = (table: string, column: string): boolean => {
    const known = `${table}.${column}`;
    if (this.#columns.has(known)) return true;
    const has = this.value("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", [table, column]) === 1;
    if (has) this.#columns.add(known);
    return has;
  };

  inOneMoment<Answer>(read: () => Answer): Answer {
    return this.#db.transaction(read).deferred();
  }

  get database(): Database {
    return this.#db;
  }

  close(): void {
    this.#db.close();
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql).raw();
    this.#statements.set(sql, statement);
    return statement;
  }
}
