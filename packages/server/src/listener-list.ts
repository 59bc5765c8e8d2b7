import type { Clock } from "./clock.js";
import type { Logger } from "./logger.js";

/** One entry of a list of listeners. */
export interface Listener<Event> {
  /** For the log: `live feed`. */
  readonly listenerName: string;
  /** Called at once and synchronously, with the event as it is now. */
  readonly hear: (event: Event) => void;
}

export interface ListenerListOptions {
  /** What they hear of, for the log: `a change of status`. */
  readonly event: string;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Pick<Logger, "error">;
}

interface Entry<Event> extends Listener<Event> {
  /** Failures that no log line has named yet. */
  failures: number;
  nextLogAtMs: number;
}

const logIntervalMs = 60_000;

/**
 * Hands each event to every listener, in the order of the list. A listener that throws has a fault.
 * The others hear of the event all the same, whoever caused it is not harmed, and the faulty
 * listener hears of the next event as well. A log line names it, with the number of its failures,
 * at most once a minute.
 */
export class ListenerList<Event> {
  readonly #entries: readonly Entry<Event>[];
  readonly #options: ListenerListOptions;

  constructor(listeners: readonly Listener<Event>[], options: ListenerListOptions) {
    this.#entries = listeners.map(({ listenerName, hear }) => ({
      listenerName,
      hear,
      failures: 0,
      nextLogAtMs: Number.NEGATIVE_INFINITY,
    }));
    this.#options = options;
  }

  /** Never throws. */
  notify(event: Event): void {
    for (const entry of this.#entries) {
      try {
        entry.hear(event);
      } catch (error) {
        this.#logFailure(entry, error);
      }
    }
  }

  #logFailure(entry: Entry<Event>, error: unknown): void {
    const { event, clock, logger } = this.#options;
    entry.failures++;
    const nowMs = clock.monotonicMs();
    if (nowMs < entry.nextLogAtMs) return;
    const { listenerName: listener, failures } = entry;
    entry.nextLogAtMs = nowMs + logIntervalMs;
    entry.failures = 0;
    logger.error({ err: error, listener, failures }, `a listener failed to handle ${event}`);
  }
}
