/** What a store can do beyond the reads and writes that every adapter has; the contract suite asks the rest of nobody. */
export interface Capabilities {
  /** What was committed is there after the store is opened again. */
  readonly durable: boolean;
  /** `backup(path)` works. */
  readonly backup: boolean;
}

/**
 * How the store is. `busy`: another process holds the lock; writes wait. `disk_full`: writes are refused until there is
 * room. `failed`: the writer cannot work, and `detail` says why. `closed`: for good.
 */
export type StoreStatus = "ok" | "busy" | "disk_full" | "failed" | "closed";

/** Somebody holds an old snapshot, so the write-ahead log cannot be reset and grows; SQLite knows no bound for that. */
export interface HeldSnapshot {
  readonly walBytes: number;
  readonly sinceMs: number;
  /** Who: one of our own reads by its name, other processes by their pids where the system tells, else `unknown`. */
  readonly holder: string;
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
}

/** What an operator should hear about at once. */
export type StoreEvent =
  | {
      readonly kind: "status";
      readonly from: StoreStatus;
      readonly to: StoreStatus;
      readonly detail: string | null;
    }
  /** A corrupt file was moved to these paths and a fresh one begun: what the fleet is must be written anew. */
  | { readonly kind: "set_aside"; readonly paths: readonly string[]; readonly reason: string }
  | { readonly kind: "migrated"; readonly versions: readonly number[] }
  | ({ readonly kind: "snapshot_held" } & HeldSnapshot)
  | { readonly kind: "snapshot_released" };
