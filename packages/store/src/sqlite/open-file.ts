import type { Database } from "better-sqlite3";
import type { WriteOutcome } from "../batch.js";
import type { PackedBatch } from "../packed-batch.js";
import { BatchWriter } from "./batch-writer.js";
import { Rollup } from "./rollup.js";
import { UsageSums } from "./usage-sums.js";
import { WriteAheadLog } from "./write-ahead-log.js";

/** Everything that hangs on one open file; a corrupt file is replaced with all of it. */
export class OpenFile {
  readonly db: Database;
  readonly rollup: Rollup;
  readonly log: WriteAheadLog;
  readonly #usageSums = new UsageSums();
  readonly #batches: BatchWriter;

  constructor(db: Database, path: string, maxWalBytes: number) {
    this.db = db;
    this.#batches = new BatchWriter(db, this.#usageSums);
    this.rollup = new Rollup(db, this.#usageSums);
    this.log = new WriteAheadLog(db, path, maxWalBytes);
  }

  /** One transaction for all of them. Throws SQLite's error, and then none is stored. */
  commit(group: readonly PackedBatch[]): WriteOutcome[] {
    try {
      return this.db.transaction(() => this.#batches.applyAll(group)).immediate();
    } catch (error) {
      this.#usageSums.clear();
      throw error;
    }
  }
}
