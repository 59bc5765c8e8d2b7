import type { Database } from "better-sqlite3";
import type { BatchId } from "../../batch.js";

interface Run {
  readonly first_seq: number;
  readonly last_seq: number;
}

/**
 * Which batches are stored. Sequence numbers of one producer and epoch are kept as runs without
 * gaps, so that a producer that counts takes one row for its whole life, and one whose batches
 * arrive in any order is remembered exactly.
 */
export class BatchLedger {
  readonly #runBefore;
  readonly #runAfter;
  readonly #insert;
  readonly #extend;
  readonly #remove;

  constructor(db: Database) {
    this.#runBefore = db.prepare(
      `SELECT first_seq, last_seq FROM monitor_ledger
       WHERE producer = ? AND epoch = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1`,
    );
    this.#runAfter = db.prepare(
      "SELECT first_seq, last_seq FROM monitor_ledger WHERE producer = ? AND epoch = ? AND first_seq = ?",
    );
    this.#insert = db.prepare(
      "INSERT INTO monitor_ledger (producer, epoch, first_seq, last_seq) VALUES (?, ?, ?, ?)",
    );
    this.#extend = db.prepare(
      "UPDATE monitor_ledger SET last_seq = ? WHERE producer = ? AND epoch = ? AND first_seq = ?",
    );
    this.#remove = db.prepare(
      "DELETE FROM monitor_ledger WHERE producer = ? AND epoch = ? AND first_seq = ?",
    );
  }

  /** Notes a batch in the transaction that is open; false when it is there already. */
  enterBatch({ producer, epoch, seq }: BatchId): boolean {
    const before = this.#runBefore.get(producer, epoch, seq) as Run | undefined;
    if (before !== undefined && before.last_seq >= seq) return false;
    const after = this.#runAfter.get(producer, epoch, seq + 1) as Run | undefined;
    if (after !== undefined) this.#remove.run(producer, epoch, after.first_seq);
    const lastSeq = after?.last_seq ?? seq;
    if (before?.last_seq === seq - 1) this.#extend.run(lastSeq, producer, epoch, before.first_seq);
    else this.#insert.run(producer, epoch, seq, lastSeq);
    return true;
  }
}
