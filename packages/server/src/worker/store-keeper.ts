import {
  openStore,
  type Retention,
  type Store,
  StoreError,
  type StoreErrorCode,
  type StoreEvent,
} from "@kissbot/store";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";

export interface StoreKeeperOptions {
  readonly url: string;
  readonly retention: Partial<Retention>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The store is open for the first time. It is handed out when this resolves: until then nothing is written. Must not reject. */
  readonly onFirst: (store: Store) => Promise<void>;
  /** It may be written to, for the first time or again. */
  readonly onReady: () => void;
  /** A corrupt file was set aside: the fleet is to be written anew. */
  readonly onFresh: () => void;
}

export interface StoreProblem {
  readonly code: string;
  readonly detail: string;
  readonly sinceMs: number;
}

/** Errors that no waiting mends: what was configured is wrong, or the installation is. */
const hopeless: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>([
  "unknown_scheme",
  "reserved_scheme",
  "invalid_option",
  "is_directory",
  "not_a_database",
  "foreign_database",
  "cannot_open",
  "read_only",
  "newer_file",
  "migration_mismatch",
  "sqlite_unavailable",
  "sqlite_too_old",
]);

/** After these the store's threads cannot be used any more. */
const broken: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(["thread_failed", "closed", "corrupt"]);

const openTimeoutMs = 10_000;
const pauseMs = 2_000;

/**
 * Keeps a store open, however often it takes.
 *
 * | state | is left by |
 * | --- | --- |
 * | closed | `open`: opening |
 * | opening | success: open, after `onFirst` if it is the first; failure: pausing, except that a hopeless one while `open` is waited for rejects it |
 * | pausing, 2 s | its timer: opening |
 * | open | `failed` with an error that broke it: closed and opening anew |
 * | any | `close`: closed for good |
 */
export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  #store: Store | null = null;
  #opening: Promise<void> | null = null;
  readonly #unopened: StoreProblem;
  #problem: StoreProblem | null = null;
  #timer: NodeJS.Timeout | undefined;
  #wasOpen = false;
  /** `open` has answered: what fails from now on is a problem, not a rejection. */
  #isLate = false;
  #isClosed = false;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
    const detail = "it is being opened; another program may hold its lock";
    this.#unopened = { code: "store_opening", detail, sinceMs: options.clock.wallMs() };
  }

  /** Null while none is open, or its fleet is being restored. */
  get store(): Store | null {
    return this.#store;
  }

  /** What is wrong with the store now. */
  problem(): StoreProblem | null {
    if (this.#store === null) return this.#problem ?? this.#unopened;
    const { status, sinceMs, detail, heldSnapshot } = this.#store.state();
    if (status !== "ok")
      return { code: `store_${status}`, detail: detail ?? `the store is ${status}`, sinceMs };
    if (heldSnapshot === null) return null;
    const { holder, walBytes, sinceMs: heldMs } = heldSnapshot;
    const size = `${Math.round(walBytes / 1_048_576)} MiB`;
    return {
      code: "store_snapshot_held",
      detail: `${holder} holds an old snapshot; the log has grown to ${size}`,
      sinceMs: heldMs,
    };
  }

  /** Resolves with true when the store is open, with false when it is not within that time; it then goes on in the background. Rejects where waiting would not help. */
  async open(withinMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, withinMs, "late");
    });
    const done = this.#open().then(() => "done" as const);
    try {
      return (await Promise.race([done, late])) === "done" && this.#store !== null;
    } finally {
      clearTimeout(timer);
      this.#isLate = true;
      // It may still reject after the race: that failure has been noted as the problem.
      done.catch(() => undefined);
    }
  }

  /** A write was refused. Where that means that the store is of no more use, it is opened anew. */
  failed(error: StoreError): void {
    if (!broken.has(error.code) || this.#store === null || this.#isClosed) return;
    const store = this.#store;
    this.#store = null;
    this.#trouble(error);
    void store.close({ drainMs: 0 }).then(() => this.#open());
  }

  async close(drainMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const store = this.#store;
    this.#store = null;
    await store?.close({ drainMs });
  }

  #open(): Promise<void> {
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #attempt(): Promise<void> {
    const { url, retention, clock, onFirst, onReady } = this.#options;
    try {
      const store = await openStore(url, {
        retention,
        openTimeoutMs,
        now: () => clock.wallMs(),
        onEvent: (event) => this.#hear(event),
      });
      if (this.#isClosed) {
        await store.close({ drainMs: 0 });
        return;
      }
      if (!this.#wasOpen) await onFirst(store);
      else this.#options.logger.info("the store is open again");
      this.#wasOpen = true;
      this.#store = store;
      this.#problem = null;
      onReady();
    } catch (error) {
      const known = error instanceof StoreError ? error : new StoreError("io_error", String(error));
      if (!this.#isLate && hopeless.has(known.code)) throw known;
      this.#trouble(known);
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.#open(), pauseMs);
    }
  }

  #trouble(error: StoreError): void {
    const sinceMs = this.#problem?.sinceMs ?? this.#options.clock.wallMs();
    if (this.#problem?.code !== `store_${error.code}`) {
      this.#options.logger.error({ code: error.code }, `the store cannot be used: ${error.message}`);
    }
    this.#problem = { code: `store_${error.code}`, detail: error.message, sinceMs };
  }

  #hear(event: StoreEvent): void {
    const { logger, onFresh, onReady } = this.#options;
    switch (event.kind) {
      case "status":
        if (event.to === "ok") {
          logger.info({ from: event.from }, "the store takes rows again");
          onReady();
        } else {
          logger.warn({ from: event.from, to: event.to, detail: event.detail }, `the store is ${event.to}`);
        }
        break;
      case "set_aside":
        logger.error(
          { paths: event.paths, reason: event.reason },
          "the database was corrupt: it was set aside, and a fresh one begun",
        );
        onFresh();
        break;
      case "migrated":
        logger.info({ versions: event.versions }, "the database has been migrated");
        break;
      case "snapshot_held":
        logger.warn(
          { holder: event.holder, wal_bytes: event.walBytes },
          "an old snapshot is held: the write-ahead log grows",
        );
        break;
      case "snapshot_released":
        logger.info("the old snapshot was released");
        break;
    }
  }
}
