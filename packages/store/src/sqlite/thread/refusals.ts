import type { PackedBatch } from "../../packed-batch.js";
import { type RecordKind, recordKinds } from "../../records.js";
import type { StoreStatus } from "../../state.js";

/**
 * A table whose rows nobody has tried to write for so long fails no more: whoever has such rows
 * tries again every few seconds.
 */
const forgetMs = 30_000;

interface Refusal {
  readonly status: StoreStatus;
  readonly detail: string;
  readonly lastMs: number;
  /** The disk had no room: over as soon as it has, without another try. */
  readonly forRoom: boolean;
}

export interface RefusedBatch {
  readonly batch: PackedBatch;
  readonly status: StoreStatus;
  readonly detail: string;
  readonly forRoom: boolean;
}

/**
 * Tables whose rows are refused although others are taken. The writer's status is that of the
 * oldest of them, for as long as one is left; so one kind of row that fails for long, between
 * others that do not, is one change of status and not hundreds.
 */
export class Refusals {
  readonly #refused = new Map<RecordKind, Refusal>();

  noteRefused({ batch, status, detail, forRoom }: RefusedBatch, nowMs: number): void {
    for (const table of tablesOf(batch)) {
      const before = this.#refused.get(table);
      this.#refused.set(table, { status: before?.status ?? status, detail, lastMs: nowMs, forRoom });
    }
  }

  /** The disk has room again. */
  noteRoom(): void {
    for (const [table, { forRoom }] of this.#refused) if (forRoom) this.#refused.delete(table);
  }

  noteStored(batches: readonly PackedBatch[]): void {
    if (this.#refused.size === 0) return;
    for (const batch of batches) for (const table of tablesOf(batch)) this.#refused.delete(table);
  }

  current(nowMs: number): Refusal | null {
    for (const [table, refusal] of this.#refused) {
      if (nowMs - refusal.lastMs < forgetMs) return refusal;
      this.#refused.delete(table);
    }
    return null;
  }
}

function tablesOf({ tables }: PackedBatch): RecordKind[] {
  return recordKinds.filter((kind) => (tables[kind]?.rows ?? 0) > 0);
}
