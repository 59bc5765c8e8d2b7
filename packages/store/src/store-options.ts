import { StoreError } from "./error.js";
import { type Retention, retentionOf } from "./retention.js";
import type { StoreEvent } from "./state.js";

export interface StoreOptions {
  readonly retention?: Partial<Retention>;
  /** Told of trouble and of recovery, on the caller's thread. What it throws is not caught. */
  readonly onEvent?: (event: StoreEvent) => void;
  /** The clock, in Unix milliseconds; `Date.now` when absent. */
  readonly now?: () => number;
  /** Only the reads work; the file must exist and be migrated, and is not changed. */
  readonly readOnly?: boolean;
  /**
   * For the one monitor of a database: `in_use` where another process has opened it so, and as long
   * as it runs. Others may open it without.
   */
  readonly exclusive?: boolean;
  /**
   * How long the file, or its absence, must stay unchanged before the store opens it, in case a
   * copy is under way. Default 0.
   */
  readonly settleMs?: number;
  /** How long opening waits for a file that another process has locked: 60 000. */
  readonly openTimeoutMs?: number;
  /** How long a write waits for the lock before it rejects with `busy`: 120 000. */
  readonly busyTimeoutMs?: number;
  /** Past this many waiting rows a write rejects with `overloaded`. Default 500 000. */
  readonly maxPendingRows?: number;
  /** Past this size of the write-ahead log the writer waits for readers to let it go: 64 MiB. */
  readonly maxWalBytes?: number;
  /**
   * Gives opening up: `openStore` then rejects with `closed` at once, and its threads end as soon
   * as they can. Ignored afterwards.
   */
  readonly signal?: AbortSignal;
}

export interface StoreSettings {
  readonly retention: Retention;
  readonly onEvent: (event: StoreEvent) => void;
  readonly now: () => number;
  readonly readOnly: boolean;
  readonly exclusive: boolean;
  readonly settleMs: number;
  readonly openTimeoutMs: number;
  readonly busyTimeoutMs: number;
  readonly maxPendingRows: number;
  readonly maxWalBytes: number;
  readonly signal: AbortSignal | null;
}

const known = new Set<string>([
  "retention",
  "onEvent",
  "now",
  "readOnly",
  "exclusive",
  "settleMs",
  "openTimeoutMs",
  "busyTimeoutMs",
  "maxPendingRows",
  "maxWalBytes",
  "signal",
]);

/**
 * Fills in the defaults. Throws `invalid_option`, naming the option: a misspelt one would silently
 * be none.
 */
export function settingsOf(options: StoreOptions): StoreSettings {
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new StoreError(
      "invalid_option",
      `there is no option ${unknown}; there are ${[...known].join(", ")}`,
    );
  }
  return {
    retention: retentionOf(options.retention),
    onEvent: functionOf("onEvent", options.onEvent) ?? (() => undefined),
    now: functionOf("now", options.now) ?? Date.now,
    readOnly: options.readOnly === true,
    exclusive: options.exclusive === true,
    settleMs: amountOf("settleMs", options.settleMs, 0),
    openTimeoutMs: amountOf("openTimeoutMs", options.openTimeoutMs, 60_000),
    busyTimeoutMs: amountOf("busyTimeoutMs", options.busyTimeoutMs, 120_000),
    maxPendingRows: amountOf("maxPendingRows", options.maxPendingRows, 500_000),
    maxWalBytes: amountOf("maxWalBytes", options.maxWalBytes, 64 * 1024 * 1024),
    signal: signalOf(options.signal),
  };
}

function signalOf(value: AbortSignal | undefined): AbortSignal | null {
  if (value === undefined || value instanceof AbortSignal) return value ?? null;
  throw new StoreError("invalid_option", "signal: expected an AbortSignal");
}

function amountOf(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new StoreError("invalid_option", `${name}: expected a number that is not negative`);
}

function functionOf<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw new StoreError("invalid_option", `${name}: expected a function`);
}
