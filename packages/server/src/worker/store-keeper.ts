import {
  openStore,
  type Retention,
  runningThreads,
  type Store,
  StoreError,
  type StoreErrorCode,
  type StoreEvent,
} from "@kissbot/store";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { within } from "../within.js";
import { logStoreEvent } from "./store-news.js";
import { maintenanceProblemOf, problemOf, readProblemOf, type StoreProblem } from "./store-problem.js";

export interface StoreKeeperOptions {
  readonly url: string;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * The store is open for the first time. It is handed out when this resolves: until then nothing
   * is written. Where it rejects, the store is closed and opened anew.
   */
  readonly onFirst: (store: Store) => Promise<void>;
  /** It may be written to, for the first time or again. */
  readonly onReady: () => void;
  /** Another file stands in the place of the one that was: the fleet is to be written anew. */
  readonly onFresh: () => void;
}

/** Errors that do not pass with time: the configuration or the installation is wrong. */
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
  "in_use",
]);

/** After these the store cannot be used any more. */
const broken: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>([
  "thread_failed",
  "closed",
  "corrupt",
  "lost",
]);

/** If these last, a new descriptor may help: after a lost disk, or for a stale handle. */
const mendable: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(["io_error", "cannot_open"]);

const openTimeoutMs = 10_000;
const pauseMs = 2_000;
/** How long a mendable error may last at first; doubled each time a new open does not help. */
const patienceMs = 3_000;
const longestPatienceMs = 60_000;
/**
 * How long a file in the place of a lost one must stay unchanged before it is opened: somebody may
 * still be copying it.
 */
const settleMs = 2_000;
/** How long a mishap is shown after it has been mended, so that somebody sees it. */
const shownMs = 15_000;
/** A thread that hangs in a system call may never end. With this many, no store is opened. */
const mostThreads = 16;

/**
 * Keeps a store open, and opens it again as often as needed.
 *
 * | state | event: next state |
 * | --- | --- |
 * | closed | `open`: opening |
 * | opening | success, the first time of `onFirst` too: open. Failure, also of `onFirst`: pausing; but a hopeless one, before `open` has answered, makes it reject |
 * | pausing, 2 s | its timer: opening |
 * | open | an error that broke the store, an I/O error that has lasted 3 s, or a lost file: the store is closed, opening |
 * | any | `close`: closed for good |
 */
export class StoreKeeper {
  readonly #options: StoreKeeperOptions;
  readonly #givenUp = new AbortController();
  readonly #unopened: StoreProblem;
  #store: Store | null = null;
  /** Open, but its fleet is not restored yet. */
  #unready: Store | null = null;
  #opening: Promise<void> | null = null;
  #problem: StoreProblem | null = null;
  #mishap: { readonly problem: StoreProblem; readonly untilMs: number } | null = null;
  #timer: NodeJS.Timeout | undefined;
  #mendTimer: NodeJS.Timeout | undefined;
  #patienceMs = patienceMs;
  #wasOpen = false;
  #wasLost = false;
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

  /** Why rows wait, or what keeps the log from being emptied. */
  problem(): StoreProblem | null {
    return this.#store === null ? (this.#problem ?? this.#unopened) : problemOf(this.#store.state());
  }

  /** Everything that is wrong with the store, each asked for on its own. */
  readonly problems: readonly (() => StoreProblem | null)[] = [
    () => this.problem(),
    () => this.#recentMishap(),
    () => readProblemOf(this.#store?.state().failures ?? []),
    () => maintenanceProblemOf(this.#store?.state().failures ?? []),
  ];

  /**
   * Resolves with true when the store is open, with false when it is not within that time; it then
   * goes on in the background. Rejects where waiting would not help.
   */
  async open(withinMs: number): Promise<boolean> {
    try {
      return (await within(this.#open(), withinMs)) !== "late" && this.#store !== null;
    } finally {
      this.#isLate = true;
    }
  }

  /** A write was refused. Where that means that the store is of no more use, it is opened anew. */
  failed(error: StoreError): void {
    if (broken.has(error.code)) this.#renew(error);
    else if (mendable.has(error.code)) this.#renewIfItLasts(error);
  }

  /** Nobody waits for a store that is not open yet. */
  stopOpening(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#givenUp.abort();
    void this.#unready?.close({ drainMs: 0 });
  }

  /** Resolves 2 s after `drainMs` at the latest. */
  async close(drainMs: number): Promise<void> {
    this.stopOpening();
    clearTimeout(this.#mendTimer);
    const store = this.#store;
    this.#store = null;
    await Promise.all([store?.close({ drainMs }), within(this.#opening ?? Promise.resolve(), drainMs)]);
  }

  /** What happened to the file a moment ago, although it is mended. */
  #recentMishap(): StoreProblem | null {
    if (this.#mishap === null || this.#options.clock.monotonicMs() > this.#mishap.untilMs) return null;
    return this.problem()?.code === this.#mishap.problem.code ? null : this.#mishap.problem;
  }

  #open(): Promise<void> {
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #attempt(): Promise<void> {
    const { url, retention, clock, logger, onFirst, onReady, onFresh } = this.#options;
    try {
      this.#assertFewThreads();
      const store = await openStore(url, {
        retention,
        openTimeoutMs,
        exclusive: true,
        signal: this.#givenUp.signal,
        ...(this.#wasLost ? { settleMs } : {}),
        now: () => clock.wallMs(),
        onEvent: (event) => this.#hear(event),
      });
      this.#unready = store;
      if (this.#isClosed) throw new StoreError("closed", "the monitor stops");
      if (!this.#wasOpen) await onFirst(store);
      else logger.info("the database is open again");
      if (this.#isClosed) throw new StoreError("closed", "the monitor stops");
      this.#unready = null;
      this.#wasOpen = true;
      this.#store = store;
      this.#problem = null;
      if (this.#wasLost) onFresh();
      this.#wasLost = false;
      onReady();
    } catch (error) {
      await this.#unready?.close({ drainMs: 0 });
      this.#unready = null;
      if (this.#isClosed) return;
      const known =
        error instanceof StoreError ? error : new StoreError("refused", String(error), { cause: error });
      if (!this.#isLate && hopeless.has(known.code)) throw known;
      this.#trouble(known);
      this.#timer = setTimeout(() => void this.#open(), pauseMs);
    }
  }

  #assertFewThreads(): void {
    if (runningThreads() < mostThreads) return;
    const detail = `${runningThreads()} threads of stores that were closed hang in calls of the system`;
    throw new StoreError("thread_failed", `${detail}; the next is opened when they end`);
  }

  #renew(error: StoreError): void {
    const store = this.#store;
    if (store === null || this.#isClosed) return;
    this.#store = null;
    clearTimeout(this.#mendTimer);
    this.#mendTimer = undefined;
    this.#trouble(error);
    if (error.code === "lost") {
      this.#wasLost = true;
      this.#show("store_lost", `${error.message}; the database was opened anew`);
    }
    void store.close({ drainMs: 0 }).then(() => this.#open());
  }

  #renewIfItLasts(error: StoreError): void {
    if (this.#mendTimer !== undefined || this.#isClosed) return;
    const store = this.#store;
    this.#mendTimer = setTimeout(() => {
      this.#mendTimer = undefined;
      if (store !== this.#store || store === null) return;
      const { status, failures } = store.state();
      const fails = status === "failed" || failures.some(({ code }) => mendable.has(code));
      this.#patienceMs = fails ? Math.min(2 * this.#patienceMs, longestPatienceMs) : patienceMs;
      if (fails) this.#renew(error);
    }, this.#patienceMs);
  }

  #trouble(error: StoreError): void {
    const sinceMs = this.#problem?.sinceMs ?? this.#options.clock.wallMs();
    if (this.#problem?.code !== `store_${error.code}`) {
      this.#options.logger.error({ code: error.code }, `the database cannot be used: ${error.message}`);
    }
    this.#problem = { code: `store_${error.code}`, detail: error.message, sinceMs };
  }

  #show(code: string, detail: string): void {
    const { clock } = this.#options;
    const problem = { code, detail, sinceMs: clock.wallMs() };
    this.#mishap = { problem, untilMs: clock.monotonicMs() + shownMs };
  }

  #hear(event: StoreEvent): void {
    const { logger, onFresh, onReady } = this.#options;
    logStoreEvent(event, logger);
    if (event.kind === "set_aside") {
      this.#show(
        "store_corrupt",
        `${event.reason}; set aside as ${event.paths.at(-1)}, and a fresh one begun`,
      );
      onFresh();
    }
    if (event.kind === "failing" && mendable.has(event.code))
      this.#renewIfItLasts(new StoreError(event.code, event.detail));
    if (event.kind !== "status") return;
    if (event.to === "lost") this.failed(new StoreError("lost", event.detail ?? "the file is gone"));
    if (event.to === "ok") {
      this.#patienceMs = patienceMs;
      onReady();
    }
  }
}
