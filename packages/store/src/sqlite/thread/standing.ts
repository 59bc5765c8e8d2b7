import type { PackedBatch } from "../../packed-batch.js";
import type { StoreStatus } from "../../state.js";
import type { DiskSpace } from "../file/disk-space.js";
import { Refusals } from "./refusals.js";
import type { WriterStatus } from "./writer-status.js";

/**
 * How writing stands: what was refused and the room that is left come to one status, whose words
 * hold the room of now.
 */
export class Standing {
  readonly #status: WriterStatus;
  readonly #space: DiskSpace;
  readonly #refusals = new Refusals();

  constructor(status: WriterStatus, space: DiskSpace) {
    this.#status = status;
    this.#space = space;
  }

  noteStored(batches: readonly PackedBatch[]): void {
    this.#refusals.noteStored(batches);
    this.recover();
  }

  noteRefused(batch: PackedBatch, status: "disk_full" | "failed", detail: string): void {
    const forRoom = status === "disk_full" && this.#space.isShort();
    this.#refusals.noteRefused({ batch, status, detail, forRoom }, performance.now());
    this.fail(status, detail);
  }

  fail(status: StoreStatus, detail: string): void {
    this.#status.become(status, status === "disk_full" ? this.#space.told(detail) : detail);
  }

  /** Writing works again, as far as is known. */
  recover(): void {
    const isShort = this.#space.isShort();
    if (!isShort) this.#refusals.noteRoom();
    if (this.retell()) return;
    if (!isShort) this.#status.become("ok", null);
    else if (this.#status.status === "disk_full") this.#status.become("disk_full", this.#space.shortage);
  }

  /** Tells anew what is refused; false where nothing is. */
  retell(): boolean {
    const refusal = this.#refusals.current(performance.now());
    if (refusal !== null) this.fail(refusal.status, refusal.detail);
    return refusal !== null;
  }
}
