import { failuresAfter, longPauseMs, pauseMsAfter } from "./backoff.js";
import type { Closing, OpenTransport, Transport, TransportEvents, Written } from "./transport.js";

/** A connection that lived this long and was closed by its peer was closed for being idle. */
export const idleMs = 10_000;

/** What the owner of several connections in a row hears. */
export interface ConnectionEvents extends TransportEvents {
  /** `livedMs`: how long the connection lasted; undefined if it never opened. */
  closed(closing: Closing, livedMs?: number): void;
}

/** Where the random numbers and the monotonic time come from. */
export interface Chance {
  random(): number;
  nowMs(): number;
  /** Runs it after that time, without keeping the process alive; what it returns calls that off. */
  later(run: () => void, delayMs: number): () => void;
}

type State = "idle" | "connecting" | "open" | "pausing" | "resting" | "closed";

/**
 * A transport that opens a new connection when one is lost, for ever.
 *
 * | state | is left by |
 * | --- | --- |
 * | idle: nothing was to be sent yet | `wake` or `reopen`: connecting |
 * | connecting | success: open; failure: pausing |
 * | open | the peer, if it had lived 10 s: resting; any other end: pausing. A stall changes nothing: frozen is not dead |
 * | pausing | its unref'd timer (full jitter), or `reopen`: connecting, or pausing anew. `wake` is ignored |
 * | resting | `wake` or `reopen`: connecting at once; an unref'd timer of up to 30 s: connecting |
 * | closed | nothing |
 *
 * Resting is for monitors that close a connection without lines (the Python one, after 30 s): the
 * next line finds its way at once, and until then nobody is bothered. Its timer is there so that a
 * bot which has nothing to say is registered again with a monitor that was restarted.
 */
export class ReconnectingTransport implements Transport {
  readonly #openTransport: OpenTransport;
  readonly #events: ConnectionEvents;
  readonly #chance: Chance;
  #state: State = "idle";
  #transport: Transport | undefined;
  #stopPause: () => void = () => {};
  #failures = 0;
  #openedAtMs = 0;
  #retryAtMs = 0;
  /** How the last connection ended. */
  #code = "";

  constructor(openTransport: OpenTransport, events: ConnectionEvents, chance: Chance) {
    this.#openTransport = openTransport;
    this.#events = events;
    this.#chance = chance;
  }

  get connected(): boolean {
    return this.#state === "open";
  }

  get writable(): boolean {
    return this.#state === "open" && this.#transport?.writable === true;
  }

  /** When the next attempt is due; in the past, unless it is pausing or resting. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  /** There is a line to send: connects, unless it is at it or has just failed. */
  wake(): void {
    if (this.#state === "idle" || this.#state === "resting") this.#connect();
  }

  /**
   * Connects without waiting for the pause to end. An attempt that would surely fail is not made,
   * and not told, but counts as failed: the pause begins anew.
   */
  reopen(): void {
    if (this.#state !== "pausing") {
      this.wake();
    } else if (this.#openTransport.wouldFail?.(this.#code)) {
      this.#stopPause();
      this.#pauseAfterFailure(undefined);
    } else {
      this.#connect();
    }
  }

  write(chunk: string | Uint8Array): Written {
    return this.#transport?.write(chunk) ?? 0;
  }

  close(): void {
    this.#state = "closed";
    this.#stopPause();
    this.#transport?.close();
    this.#transport = undefined;
  }

  #connect(): void {
    this.#stopPause();
    this.#retryAtMs = 0;
    this.#state = "connecting";
    this.#transport = this.#openTransport({
      ...this.#events,
      opened: () => {
        this.#state = "open";
        this.#openedAtMs = this.#chance.nowMs();
        this.#events.opened();
      },
      closed: (closing) => this.#closed(closing),
    });
  }

  #closed(closing: Closing): void {
    // What could not even be begun may tell so after `close`.
    if (this.#state === "closed") return;
    const livedMs = this.#state === "open" ? this.#chance.nowMs() - this.#openedAtMs : undefined;
    this.#transport = undefined;
    this.#code = closing.code;
    if (closing.byPeer && livedMs !== undefined && livedMs >= idleMs) {
      this.#failures = failuresAfter(this.#failures, livedMs);
      this.#state = "resting";
      this.#pause(longPauseMs(this.#chance.random()));
    } else {
      this.#pauseAfterFailure(livedMs);
    }
    this.#events.closed(closing, livedMs);
  }

  #pauseAfterFailure(livedMs: number | undefined): void {
    this.#failures = failuresAfter(this.#failures, livedMs);
    this.#state = "pausing";
    this.#pause(pauseMsAfter(this.#failures, this.#chance.random()));
  }

  #pause(pauseMs: number): void {
    this.#retryAtMs = this.#chance.nowMs() + pauseMs;
    this.#stopPause = this.#chance.later(() => this.#connect(), pauseMs);
  }
}
