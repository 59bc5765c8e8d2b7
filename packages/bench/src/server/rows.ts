import type { Database as Connection, Statement } from "better-sqlite3";
import { Database } from "../store/driver.js";

/**
 * Reads how many usage rows are committed, from outside: a read-only connection, and the greatest
 * id, as nothing is deleted.
 */
export class CommittedRows {
  readonly #db: Connection;
  readonly #greatest: Statement;

  constructor(databasePath: string) {
    this.#db = new Database(databasePath, { readonly: true });
    this.#greatest = this.#db.prepare("SELECT coalesce(max(id), 0) FROM llm_usage").pluck();
  }

  count(): number {
    return this.#greatest.get() as number;
  }

  close(): void {
    this.#db.close();
  }
}
