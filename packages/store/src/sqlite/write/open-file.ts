import type { Database } from "better-sqlite3";
import type { WriteOutcome } from "../../batch.js";
import { StoreError } from "../../error.js";
import type { PackedBatch } from "../../packed-batch.js";
import { openReader } from "../file/connection.js";
import { FileWatch } from "../file/file-watch.js";
import { abandonLost } from "../file/lost-file.js";
import { Opening } from "../file/opening.js";
import { WriteAheadLog } from "../file/write-ahead-log.js";
import { BatchInsert } from "./batch-insert.js";
import { ClockDoubt } from "./clock-doubt.js";
import { Rollup } from "./rollup.js";
import { UsageSums } from "./usage-sums.js";

/** Everything that hangs on one open file; a corrupt file is replaced with all of it. */
export class OpenFile {
  readonly db: Database;
  readonly rollup: Rollup;
  readonly log: WriteAheadLog;
  readonly clockDoubt: ClockDoubt;
  readonly #path: string;
  readonly #watch: FileWatch;
  readonly #usageSums = new UsageSums();
  readonly #batches: BatchInsert;
  readonly #opening: Opening;
  /**
   * Holds the file without ever writing to it: as long as it is open, closing `db` plays no log
   * into the file.
   */
  readonly #anchor: Database;

  constructor(db: Database, path: string, maxWalBytes: number) {
    this.db = db;
    this.#path = path;
    this.#batches = new BatchInsert(db, this.#usageSums);
    this.#opening = new Opening(db, path);
    this.clockDoubt = new ClockDoubt(db);
    this.rollup = new Rollup(db, this.#usageSums);
    this.#anchor = openReader(path);
    this.#anchor.prepare("SELECT count(*) FROM sqlite_schema").get();
    this.#watch = new FileWatch(path);
    this.log = new WriteAheadLog(db, path, { maxBytes: maxWalBytes, watch: this.#watch });
    this.#opening.tryWrite();
  }

  /**
   * One transaction for all of them, in the file that stands at the path. Throws SQLite's error,
   * and then none is stored; throws `lost` where the path has another file or none by now, and then
   * nobody will ever find them.
   */
  commitBatches(group: readonly PackedBatch[]): WriteOutcome[] {
    let outcomes: WriteOutcome[];
    try {
      outcomes = this.db
        .transaction(() => {
          this.#opening.write();
          return this.#batches.insertBatches(group);
        })
        .immediate();
    } catch (error) {
      this.#usageSums.clear();
      throw error;
    }
    this.assertThere();
    this.#opening.noteCommitted();
    return outcomes;
  }

  /**
   * Throws `lost` where the path has another file, or none, by now; the file is then closed, and
   * what belongs to it cannot harm the next.
   */
  assertThere(): void {
    const loss = this.#watch.look();
    if (loss === null) return;
    const detail = abandonLost({
      path: this.#path,
      db: this.db,
      anchor: this.#anchor,
      watch: this.#watch,
      loss,
    });
    throw new StoreError("lost", detail);
  }

  /** Plays the log into the file, unless the file is not what it was. */
  close(): void {
    try {
      this.assertThere();
    } catch {
      // Closed already.
      return;
    }
    this.#anchor.close();
    this.db.close();
  }
}
