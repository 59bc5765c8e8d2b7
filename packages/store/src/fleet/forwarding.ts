import { Worker } from "node:worker_threads";
import { StoreError } from "../error.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";
import { countThread } from "../sqlite/thread/thread-count.js";
import { youngMb } from "../sqlite/thread/young-space.js";
import { parseStoreUrl } from "../store-url.js";
import { within } from "../within.js";
import type { FleetSetup, FromFleet, ToFleet } from "./fleet-message.js";
import { noCounts } from "./forward-counts.js";
import type { ForwardStatus } from "./forward-loop.js";
import type { IncidentKind } from "./incident.js";
import type { TellingMark } from "./incident-table.js";
import type { LeaderNews } from "./leader-loop.js";

export interface ForwardingOptions {
  /** The database of this host, as `openStore` takes it; something else has it open for writing. */
  readonly store: string;
  /** The fleet's database: `postgres://user@host/database`. */
  readonly fleet: string;
  /** What this host is called there. */
  readonly name: string;
  /** The monitor's version, for people. */
  readonly version?: string;
  /**
   * How many rows of the backlog are sent in a second, at most: 20 000. Rows of now are not held
   * up.
   */
  readonly backlogRowsPerSecond?: number;
  /**
   * Samples of CPU and memory: `minutes`, as sums by minute and hour, or `off`, which keeps them on
   * this host.
   */
  readonly metrics?: "minutes" | "off";
  /**
   * Rows that are older than so many milliseconds when it connects stay on this host; null, if not
   * given: none do.
   */
  readonly mostAgeMs?: number | null;
  /** Whether this monitor may lead the hosts: false. */
  readonly leads?: boolean;
  /** The incidents of hosts that it tells its receivers about: none. */
  readonly tells?: readonly IncidentKind[];
  readonly onStatus?: (status: ForwardStatus) => void;
  /** After each look at the incidents, where it leads or tells. */
  readonly onNews?: (news: LeaderNews) => void;
  /** A sentence about something that was passed over. */
  readonly onWarning?: (sentence: string) => void;
}

const defaultRate = 20_000;
/** How long the thread may take to end: its statement is given up after a second. */
const closeMs = 3_000;
const restartMs = 30_000;

/**
 * Sends the rows of a database to that of the fleet, in a thread of its own, until `close()`. A
 * fleet's database that is slow, full or gone changes nothing for whoever writes here: what cannot
 * be sent stays in the database of this host, as long as its retention keeps it.
 *
 * Throws a `StoreError`: `unsupported` for `memory:`, `invalid_option` for a URL or a number that
 * is none. All else is told in the status, and tried again.
 */
export function startForwarding(options: ForwardingOptions): Forwarding {
  const {
    store,
    fleet,
    name,
    version = null,
    backlogRowsPerSecond = defaultRate,
    metrics = "minutes",
    mostAgeMs = null,
    leads = false,
    tells = [],
  } = options;
  const source = parseStoreUrl(store);
  if (source.scheme !== "sqlite")
    throw new StoreError("unsupported", "only a database file can be sent to a fleet's database");
  parsePostgresUrl(fleet);
  if (!Number.isSafeInteger(backlogRowsPerSecond) || backlogRowsPerSecond < 1)
    throw new StoreError("invalid_option", "backlogRowsPerSecond: expected an integer of at least 1");
  if (mostAgeMs !== null && !(mostAgeMs > 0))
    throw new StoreError("invalid_option", "mostAgeMs: expected a number above 0, or null");
  const choice = { hasMetrics: metrics !== "off", mostAgeMs };
  return new Forwarding(
    { path: source.path, url: fleet, name, version, backlogRowsPerSecond, choice, leads, tells },
    options,
  );
}

export class Forwarding {
  #setup: FleetSetup;
  readonly #options: ForwardingOptions;
  #worker: Worker;
  #exited: Promise<void>;
  #restart: NodeJS.Timeout | undefined;
  #isClosed = false;
  #status: ForwardStatus = {
    state: "connecting",
    detail: null,
    waiting: null,
    counts: noCounts(),
    lagMs: 0,
    skewMs: null,
    isCloned: false,
  };

  /** Whether the thread that runs has told who leads. */
  #hasNews = false;

  /** @internal */
  constructor(setup: FleetSetup, options: ForwardingOptions) {
    this.#setup = setup;
    this.#options = options;
    [this.#worker, this.#exited] = this.#start();
  }

  /** As it was told last; counts are up to a second old. */
  get status(): ForwardStatus {
    return this.#status;
  }

  /** From now on these incidents are told here. */
  setTells(tells: readonly IncidentKind[]): void {
    this.#setup = { ...this.#setup, tells };
    this.#worker.postMessage({ kind: "tells", tells } satisfies ToFleet);
  }

  /** How far the receivers were told of incidents. */
  markIncidents(marks: readonly TellingMark[]): void {
    this.#worker.postMessage({ kind: "marks", marks } satisfies ToFleet);
  }

  /** Ends the thread, within seconds. What was not sent is sent by the next one. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    this.#worker.postMessage({ kind: "close" } satisfies ToFleet);
    if ((await within(this.#exited, closeMs)) === "late") this.#worker.unref();
  }

  #start(): [Worker, Promise<void>] {
    const worker = new Worker(new URL("./fleet-thread.js", import.meta.url), {
      workerData: this.#setup,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    countThread(worker);
    worker.on("message", (message: FromFleet) => {
      if (message.kind === "status") this.#become(message.status);
      else if (message.kind === "news") this.#hear(message.news);
      else this.#options.onWarning?.(message.sentence);
    });
    worker.on("error", (error) => this.#fail(error));
    const exited = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        resolve();
        if (this.#isClosed) return;
        this.#forgetNews();
        this.#restartLater();
      });
    });
    return [worker, exited];
  }

  #restartLater(): void {
    this.#restart = setTimeout(() => {
      try {
        [this.#worker, this.#exited] = this.#start();
      } catch (error) {
        // No thread can be had at the moment.
        this.#fail(error);
        this.#restartLater();
      }
    }, restartMs).unref();
  }

  #fail(error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.#become({ ...this.#status, state: "away", detail: `the fleet's thread failed: ${what}` });
  }

  #hear(news: LeaderNews): void {
    this.#hasNews = true;
    this.#options.onNews?.(news);
  }

  /** A thread that has ended leads nobody, and what it knew grows old. */
  #forgetNews(): void {
    if (this.#hasNews) this.#options.onNews?.({ isLeader: false, leader: null, incidents: null });
    this.#hasNews = false;
  }

  #become(status: ForwardStatus): void {
    this.#status = status;
    this.#options.onStatus?.(status);
  }
}
