import type { StoreErrorCode } from "./error.js";

/**
 * What a store can do beyond the reads and writes of every adapter; the contract suite requires
 * nothing else.
 */
export interface Capabilities {
  /** What was committed is there after the store is opened again. */
  readonly durable: boolean;
  /** `backup(path)` works. */
  readonly backup: boolean;
}

/**
 * How the store is. `busy`: another process holds the lock; writes wait. `disk_full`: writes are
 * refused until there is room. `failed`: the writer cannot work, and `detail` says why. `lost`: the
 * file is not at its path any more, or is another one: nothing is written until the store is closed
 * and opened again. `closed`: for good.
 */
export type StoreStatus = "ok" | "busy" | "disk_full" | "failed" | "lost" | "closed";

/**
 * Somebody holds an old snapshot, so the write-ahead log cannot be reset and grows; SQLite knows no
 * bound for that.
 */
export interface HeldSnapshot {
  readonly walBytes: number;
  readonly sinceMs: number;
  /**
   * The holder: a read of ours by its name, other processes by their pids if the system shows them,
   * else `unknown`.
   */
  readonly holder: string;
}

/**
 * A kind of read, or the maintenance, that fails although writing works. Ends with the next
 * success, or 5 minutes after the last failure.
 */
export interface StoreFailure {
  /**
   * The method of the store (`usageTotals`); `maintain` means all work of the writer other than
   * writing.
   */
  readonly what: string;
  readonly code: StoreErrorCode;
  readonly detail: string;
  readonly sinceMs: number;
}

export interface StoreState {
  readonly status: StoreStatus;
  /** Since when, by the store's clock. */
  readonly sinceMs: number;
  readonly detail: string | null;
  /** Taken by `write`, not yet committed. */
  readonly pendingBatches: number;
  readonly pendingRows: number;
  /** Committed since the store was opened. */
  readonly committedRows: number;
  readonly walBytes: number | null;
  readonly heldSnapshot: HeldSnapshot | null;
  readonly failures: readonly StoreFailure[];
}

/** What an operator should hear about at once. */
export type StoreEvent =
  | {
      readonly kind: "status";
      readonly from: StoreStatus;
      readonly to: StoreStatus;
      readonly detail: string | null;
    }
  /**
   * A corrupt file was moved to these paths and a fresh one begun: write the state of the fleet
   * again.
   */
  | { readonly kind: "set_aside"; readonly paths: readonly string[]; readonly reason: string }
  /** Told once for each kind of read, and for the maintenance, until it works again. */
  | {
      readonly kind: "failing";
      readonly what: string;
      readonly code: StoreErrorCode;
      readonly detail: string;
    }
  | { readonly kind: "working"; readonly what: string }
  | { readonly kind: "migrated"; readonly versions: readonly number[] }
  | ({ readonly kind: "snapshot_held" } & HeldSnapshot)
  | { readonly kind: "snapshot_released" };
