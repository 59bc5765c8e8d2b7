import type { Database, Statement } from "better-sqlite3";
import { openReader } from "../file/connection.js";
import { DiskSpace } from "../file/disk-space.js";
import { isSqliteError } from "../file/sqlite-error.js";
import { defineLatencyFunctions } from "../sql/latency-functions.js";
import { defineUtf16Order } from "../sql/text-order.js";

/** What a disk that is full says, and a system without a folder for temporary files. */
const temporaryFailures = ["SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN"];

/**
 * A connection that only reads. Each answer is one short read transaction, so that it sees one
 * moment (cursor, rollups and the rows beyond the cursor agree) and lets the log go at its end.
 *
 * What has to be sorted takes as much memory as the cache at most, 8 MB, and goes into a temporary
 * file beyond that: a question may group millions of rows, each of which would otherwise be a piece
 * of memory that the allocator does not give back. It has no name, and only its owner's process can
 * read it. Where there is no room for such a file, memory is used; and also where little is left
 * beside the database, of whose disk the rest is for what is written.
 */
export class ReadConnection {
  readonly #db: Database;
  readonly #disk: Pick<DiskSpace, "isAmple">;
  #place: "FILE" | "MEMORY" = "FILE";
  readonly #statements = new Map<string, Statement>();
  /** Columns that were seen; they do not go away. */
  readonly #columns = new Set<string>();

  constructor(path: string, disk: Pick<DiskSpace, "isAmple"> = new DiskSpace(path)) {
    this.#disk = disk;
    this.#db = openReader(path);
    this.#db.pragma("cache_size = -8000");
    this.#db.pragma(`temp_store = ${this.#place}`);
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

  /** `read` is called a second time where its temporary files could not be had. */
  inOneMoment<Answer>(read: () => Answer): Answer {
    const moment = this.#db.transaction(read);
    this.#sortIn(this.#disk.isAmple() ? "FILE" : "MEMORY");
    try {
      return moment.deferred();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      const { code } = error;
      if (!temporaryFailures.some((family) => code === family || code.startsWith(`${family}_`))) throw error;
    }
    this.#sortIn("MEMORY");
    return moment.deferred();
  }

  /** Frees the cached pages. After the next write to the file SQLite would drop them anyway. */
  shrink(): void {
    this.#db.exec("PRAGMA shrink_memory");
  }

  get database(): Database {
    return this.#db;
  }

  close(): void {
    this.#db.close();
  }

  #sortIn(place: "FILE" | "MEMORY"): void {
    if (place !== this.#place) this.#db.pragma(`temp_store = ${place}`);
    this.#place = place;
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql).raw();
    this.#statements.set(sql, statement);
    return statement;
  }
}
