import type { HeldSnapshot, StoreEvent, StoreStatus } from "../../state.js";
import type { FromWriter, WriterHealth } from "./writer-message.js";

/**
 * The writer's status; tells the main thread of changes, and an event of each that an operator
 * should hear.
 */
export class WriterStatus {
  readonly #post: (message: FromWriter) => void;
  #health: WriterHealth = { status: "ok", detail: null, walBytes: 0, heldSnapshot: null };

  constructor(post: (message: FromWriter) => void) {
    this.#post = post;
  }

  get status(): StoreStatus {
    return this.#health.status;
  }

  /**
   * Nothing is told when nothing changes: writing calls this after every commit. A newer detail of
   * the same status is no event.
   */
  become(status: StoreStatus, detail: string | null): void {
    const from = this.#health.status;
    if (from === status) {
      if (detail !== this.#health.detail) this.#change({ detail });
      return;
    }
    this.#change({ status, detail });
    this.postEvent({ kind: "status", from, to: status, detail });
  }

  measure(walBytes: number, heldSnapshot: HeldSnapshot | null): void {
    const before = this.#health;
    if (before.walBytes === walBytes && before.heldSnapshot === null && heldSnapshot === null) return;
    this.#change({ walBytes, heldSnapshot });
    if (before.heldSnapshot === null && heldSnapshot !== null)
      this.postEvent({ kind: "snapshot_held", ...heldSnapshot });
    if (before.heldSnapshot !== null && heldSnapshot === null) this.postEvent({ kind: "snapshot_released" });
  }

  postEvent(event: StoreEvent): void {
    this.#post({ kind: "event", event });
  }

  #change(change: Partial<WriterHealth>): void {
    this.#health = { ...this.#health, ...change };
    this.#post({ kind: "health", health: this.#health });
  }
}
