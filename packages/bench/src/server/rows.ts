import type { Database as Connection, Statement } from "better-sqlite3";
import { Database } from "../store/driver.js";

const tables = { llm_usage: "llm_usage", custom_metric: "monitor_custom_metrics" } as const;

export type RowType = keyof typeof tables;

/**
 * Reads how many rows of a type are committed, from outside: a read-only connection, and the
 * greatest id, as nothing is deleted.
 */
export class CommittedRows {
  readonly #db: Connection;
  readonly #greatest: Statement;

  constructor(databasePath: string, type: RowType = "llm_usage") {
    this.#db = new Database(databasePath, { readonly: true });
    this.#greatest = this.#db.prepare(`SELECT coalesce(max(id), 0) FROM ${tables[type]}`).pluck();
  }

  count(): number {
    return this.#greatest.get() as number;
  }

  close(): void {
    this.#db.close();
  }
}
