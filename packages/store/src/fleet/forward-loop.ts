import type { FleetSource } from "../fleet-source.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import { type ForwardCounts, noCounts } from "./forward-counts.js";
import { Forwarder } from "./forwarder.js";
import type { Receiver } from "./receiver.js";
import { RowRate } from "./row-rate.js";
import type { SeenRanges } from "./waiting-ids.js";

/** How often the database is asked whether anybody has committed. */
const pollMs = 250;
/** Without news a round comes so often all the same. */
const quietMs = 5_000;
const shortestBackOffMs = 250;
/** A host that could not be heard has to be heard before it counts as silent (`silence.ts`). */
const longestBackOffMs = 10_000;
/** A try that hung for so long before it failed has waited already. */
const hungMs = 2_000;
const longestAfterHangMs = 1_000;
/**
 * A failure that only somebody can mend is tried again so often: once it is mended, every host is
 * heard before it counts as silent.
 */
const hopelessMs = 20_000;
/** A stop sends the last rows before its goodbye, where so much of its time is not gone yet. */
const farewellMs = 300;
/** From so many rows on the fleet's database is behind. */
const behindRows = 10_000;

/**
 * `connecting`: it was not reached yet. `sending`: it has what there is, but for the last moment.
 * `behind`: older rows follow. `away`: it does not answer; tried again by itself. `refused`: until
 * somebody changes something; `detail` says what.
 */
export type ForwardState = "connecting" | "sending" | "behind" | "away" | "refused";

export interface ForwardStatus {
  readonly state: ForwardState;
  /** A sentence where the state is `away` or `refused`, else null. */
  readonly detail: string | null;
  /**
   * By source: how many ids the fleet's database lacks, as far as is known. While it is away, what
   * it had last counts. Null before it was reached.
   */
  readonly waiting: Readonly<Record<FleetSource, number>> | null;
  readonly counts: Readonly<ForwardCounts>;
  /** For how long rows of now have waited, but for samples. */
  readonly lagMs: number;
  /** The database's clock less this host's; null before the first beat. */
  readonly skewMs: number | null;
  /** A second monitor with this host's identity is there, and is refused. */
  readonly isCloned: boolean;
}

export interface ForwardLoopOptions {
  /** Opens the database anew; throws where it cannot be read. */
  readonly openTail: () => SourceTail;
  readonly receiver: Receiver;
  /** Of the backlog; rows of now are not held up. */
  readonly rowsPerSecond: number;
  readonly onStatus: (status: ForwardStatus) => void;
  /** One sentence about a failure, without a secret. */
  readonly describe: (error: unknown) => string;
  readonly onRejected: (source: FleetSource, id: number, error: unknown) => void;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  /** Resolves after so long, or at once when `signal` says so. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Sends rounds as long as there is something to send, waits for news, and tries again after
 * failures, in turns that grow longer. It runs in a thread of its own and never ends by itself.
 */
export class ForwardLoop {
  readonly #options: ForwardLoopOptions;
  readonly #rate: RowRate;
  readonly #counts = noCounts();
  readonly #seen: SeenRanges = new Map();
  readonly #stop = new AbortController();
  #tail: SourceTail | null = null;
  #forwarder: Forwarder | null = null;
  #failures = 0;
  #stoppedAtMs = 0;

  constructor(options: ForwardLoopOptions) {
    this.#options = options;
    this.#rate = new RowRate(options.rowsPerSecond, options.monotonicMs);
  }

  /** Resolves after `stop`, when the round under way has ended. */
  async run(): Promise<void> {
    this.#tell("connecting", null, null);
    while (!this.#stop.signal.aborted) {
      const sinceMs = this.#options.monotonicMs();
      try {
        const isMore = await this.#opened().round();
        this.#failures = 0;
        const waiting = waitingOf(this.#forwarder);
        const rows = Object.values(waiting ?? {}).reduce((sum, one) => sum + one, 0);
        this.#tell(rows > behindRows ? "behind" : "sending", null, waiting);
        if (!isMore) await this.#untilNews();
      } catch (error) {
        await this.#fail(error, this.#options.monotonicMs() - sinceMs);
      }
    }
    await this.#leave();
    this.#tail?.close();
  }

  /** The last rows of this host, and its goodbye, where the database took what came before. */
  async #leave(): Promise<void> {
    if (this.#failures > 0 || this.#forwarder === null) return;
    try {
      const isShort = this.#options.monotonicMs() - this.#stoppedAtMs < farewellMs;
      if (isShort) {
        this.#forwarder.bots.hurry();
        await this.#forwarder.round();
      }
      await this.#options.receiver.leave();
    } catch {
      // Without a goodbye the host is silent after a while.
    }
  }

  /** Ends the loop after the round under way. */
  stop(): void {
    this.#stoppedAtMs = this.#options.monotonicMs();
    this.#stop.abort();
  }

  /** A database that was replaced is opened anew. */
  #opened(): Forwarder {
    if (this.#forwarder !== null && this.#tail?.isThere() === true) return this.#forwarder;
    this.#closeTail();
    const { openTail, receiver, now, monotonicMs, onRejected } = this.#options;
    this.#tail = openTail();
    this.#forwarder = new Forwarder(this.#tail, receiver, {
      backlogRate: this.#rate,
      counts: this.#counts,
      seen: this.#seen,
      now,
      monotonicMs,
      onRejected,
    });
    return this.#forwarder;
  }

  async #untilNews(): Promise<void> {
    const untilMs = this.#options.monotonicMs() + quietMs;
    do {
      await this.#options.pause(pollMs, this.#stop.signal);
      if (this.#stop.signal.aborted || this.#tail?.hasNews() === true) return;
      if (this.#forwarder?.isHeldBack === true || this.#forwarder?.bots.isDue === true) return;
    } while (this.#options.monotonicMs() < untilMs);
  }

  async #fail(error: unknown, triedForMs: number): Promise<void> {
    const { receiver, describe, pause } = this.#options;
    // What failed may have been the database here: it is opened anew too.
    const waiting = waitingOf(this.#forwarder);
    this.#forwarder?.forget();
    this.#closeTail();
    const isHopeless = receiver.failureOf(error) !== "retry";
    this.#tell(isHopeless ? "refused" : "away", describe(error), waiting);
    const mostMs = triedForMs > hungMs ? longestAfterHangMs : longestBackOffMs;
    const backOffMs = Math.random() * Math.min(mostMs, shortestBackOffMs * 2 ** this.#failures);
    this.#failures += 1;
    await pause(isHopeless ? hopelessMs : backOffMs, this.#stop.signal);
  }

  #closeTail(): void {
    this.#tail?.close();
    this.#tail = null;
    this.#forwarder = null;
  }

  #tell(state: ForwardState, detail: string | null, waiting: ForwardStatus["waiting"]): void {
    const { skewMs = null, isCloned = false } = this.#forwarder?.answer ?? {};
    const lagMs = this.#forwarder?.lagMs() ?? 0;
    this.#options.onStatus({
      state,
      detail,
      waiting,
      counts: structuredClone(this.#counts),
      lagMs,
      skewMs,
      isCloned,
    });
  }
}

function waitingOf(forwarder: Forwarder | null): ForwardStatus["waiting"] {
  try {
    return forwarder?.waiting() ?? null;
  } catch {
    return null;
  }
}
