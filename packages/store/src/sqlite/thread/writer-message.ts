import type { WriteOutcome } from "../../batch.js";
import type { ErrorNote } from "../../error.js";
import type { PackedBatch } from "../../packed-batch.js";
import type { Retention } from "../../retention.js";
import type { HeldSnapshot, StoreEvent, StoreStatus } from "../../state.js";
import type { MaintenanceReport } from "../../store.js";

/** What the writer's thread is started with. */
export interface WriterSetup {
  readonly path: string;
  readonly openTimeoutMs: number;
  readonly busyTimeoutMs: number;
  readonly maxWalBytes: number;
  readonly exclusive: boolean;
  readonly retention: Retention;
}

/**
 * `replaced`: it was corrupt, was set aside, and a fresh one has begun. `sound`: no check finds a
 * fault.
 */
export type Verdict = "replaced" | "sound";

export type ToWriter =
  | { readonly kind: "write"; readonly id: number; readonly batch: PackedBatch }
  | { readonly kind: "maintain"; readonly id: number; readonly nowMs: number }
  /** Somebody else met damage: look at the file, and replace it if it is corrupt. */
  | { readonly kind: "inspect"; readonly id: number }
  | { readonly kind: "close"; readonly drainMs: number };

export interface WriterHealth {
  readonly status: StoreStatus;
  readonly detail: string | null;
  readonly walBytes: number;
  readonly heldSnapshot: HeldSnapshot | null;
}

/** `settled` carries a whole group: one message per commit, however many batches were in it. */
export type FromWriter =
  | { readonly kind: "opened" }
  | { readonly kind: "not_opened"; readonly error: ErrorNote }
  | { readonly kind: "settled"; readonly outcomes: readonly (readonly [id: number, outcome: WriteOutcome])[] }
  | { readonly kind: "refused"; readonly ids: readonly number[]; readonly error: ErrorNote }
  | { readonly kind: "maintained"; readonly id: number; readonly report: MaintenanceReport }
  | { readonly kind: "inspected"; readonly id: number; readonly verdict: Verdict }
  | { readonly kind: "chores"; readonly failure: ErrorNote | null }
  | { readonly kind: "health"; readonly health: WriterHealth }
  | { readonly kind: "event"; readonly event: StoreEvent };
