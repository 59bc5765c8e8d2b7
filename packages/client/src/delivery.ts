import type { Diagnostics } from "./diagnostics.js";
import { Line } from "./line.js";
import type { Outbox } from "./outbox.js";
import { type Chance, ReconnectingTransport } from "./reconnecting-transport.js";
import { clearTimeout, NativePromise, outside, sent, setTimeout } from "./runtime.js";
import { atTickEnd } from "./tick-end.js";
import type { Closing, OpenTransport } from "./transport.js";

export interface DeliveryOptions {
  readonly openTransport: OpenTransport;
  readonly chance: Chance;
  readonly outbox: Pick<Outbox, keyof Outbox>;
  readonly diagnostics: Diagnostics;
  /** How long a promise may wait for the outcome of the first attempt to connect. */
  readonly timeoutMs: number;
  /**
   * Called for each new connection: the registration that it begins with, if the bot is registered.
   * Must not throw.
   */
  readonly greeting: () => string | undefined;
  /** The peer closed while it had bytes of ours unread, so the last beat may have been lost. */
  readonly onUnread: () => void;
}

interface Waiter {
  readonly resolve: (done: boolean) => void;
  deadline?: NodeJS.Timeout;
  /** Ends the wait at once if the next attempt to connect is due after this moment. */
  readonly givesUpAtMs: number;
}

/** Shared by all calls whose outcome is known at once. */
export const notSent = NativePromise.resolve(false);

/**
 * Takes lines, and passes them to the operating system at the end of the tick.
 *
 * First attempt: *none*, *pending* from the first line on, *over* at its outcome or after
 * `timeoutMs`, whichever is first. A promise made while it is pending is kept by its end. Later
 * promises are kept by the end of their tick: with `true` if the line went out, with `false` if it
 * waits.
 *
 * Lines go out: at the end of a tick (a microtask), where the transport is writable; when a
 * connection opens; when the transport is writable again; and before a row would be dropped because
 * the buffer is full.
 *
 * The timers made here are ref'd, and they are the only ones of the client: each stands for a
 * promise that is pending. Without them Node would find nothing to wait for and end a program that
 * awaits it with exit code 13.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: DeliveryOptions["outbox"];
  readonly #transport: ReconnectingTransport;
  readonly #waiters = new Set<Waiter>();
  readonly #onTickEnd = (): void => {
    this.#scheduled = false;
    if (this.#transport.writable) this.#writeLines();
    else this.#outbox.stay(this.#firstAttempt !== "pending");
  };
  #firstAttempt: "none" | "pending" | "over" = "none";
  #firstDeadline: NodeJS.Timeout | undefined;
  #scheduled = false;
  #exiting = false;
  /** A write is under way that cannot be taken back (`StreamTransport` only). */
  #pending = false;
  #stalled = false;
  #connections = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#transport = new ReconnectingTransport(
      options.openTransport,
      {
        opened: () => this.#opened(),
        writable: () => this.#writeLines(),
        taken: () => {
          this.#pending = false;
          this.#outbox.markTaken(this.#outbox.leavingBytes);
        },
        closed: (closing, livedMs) => this.#closed(closing, livedMs),
      },
      options.chance,
    );
  }

  get connected(): boolean {
    return this.#transport.connected;
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  get reconnects(): number {
    return Math.max(0, this.#connections - 1);
  }

  /**
   * Takes a line. The promise resolves with its outcome, at the latest at the end of the tick.
   * Never throws.
   */
  offerLine(line: Line): Promise<boolean> {
    if (!this.#outbox.fits(line) && this.#transport.writable) this.#writeLines();
    this.#transport.wake();
    if (this.#firstAttempt === "none") this.#beginFirstAttempt();
    if (this.#exiting) {
      this.#outbox.putLine(line);
      this.drain();
      return notSent;
    }
    const isKnown = !this.#transport.writable && this.#firstAttempt !== "pending";
    const outcome = isKnown ? notSent : outcomeOf(line);
    this.#outbox.putLine(line);
    if (!this.#scheduled) {
      this.#scheduled = true;
      atTickEnd(this.#onTickEnd);
    }
    return outcome;
  }

  /**
   * Like `flush`, for the last time. A client without a connection tries to connect at once,
   * whatever pause it is in. If that fails, or would surely fail, and the next attempt is due after
   * the deadline, it stops waiting. The pauses grow with the failures, so a client waits for a
   * monitor that it lost a moment ago, which may be restarting, and not for one that has been away
   * for long.
   */
  flushLast(timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#options.chance.nowMs() + timeoutMs;
    if (!this.#transport.connected && this.#outbox.waiting > 0) {
      this.#transport.reopen();
      if (this.#transport.retryAtMs > deadlineMs) return notSent;
    }
    return this.flush(timeoutMs, deadlineMs);
  }

  /**
   * Resolves with true as soon as nothing waits; with false after `timeoutMs`, or as soon as the
   * next attempt to connect is due only after `givesUpAtMs`.
   */
  flush(timeoutMs: number, givesUpAtMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (this.#transport.writable) this.#writeLines();
    if (this.#outbox.waiting === 0) return sent;
    return new NativePromise((resolve) => {
      const waiter: Waiter = { resolve, givesUpAtMs };
      this.#waiters.add(waiter);
      const onTimeout = () => {
        this.#waiters.delete(waiter);
        resolve(this.#outbox.waiting === 0);
      };
      waiter.deadline = outside(() => setTimeout(onTimeout, timeoutMs));
    });
  }

  /**
   * Writes now as much as the kernel takes, at the end of the process or of the client, when no
   * more events come. Connects first if necessary: connecting to a Unix socket does not wait
   * either.
   */
  drain(): void {
    if (this.#outbox.isEmpty) return;
    if (!this.#transport.connected) {
      this.#transport.reopen();
      this.#greet();
    }
    this.#writeLines();
  }

  /**
   * As `drain`, and from now on every line goes out as it comes: the process is ending, no
   * microtask will run.
   */
  drainForExit(): void {
    this.#exiting = true;
    this.drain();
  }

  /** Drops what waits and gives the connection up, for good. */
  end(): void {
    const done = this.#outbox.waiting === 0;
    this.#endFirstAttempt();
    this.#firstAttempt = "over";
    this.#outbox.abandon();
    this.#transport.close();
    this.#tellWaiters(done);
  }

  #writeLines(): void {
    const outbox = this.#outbox;
    if (this.#pending) {
      outbox.stay();
      return;
    }
    while (!outbox.isEmpty) {
      const chunk = outbox.nextChunk();
      if (chunk === undefined) break;
      const written = this.#transport.write(chunk);
      this.#pending = written === "pending";
      if (written === "pending") break;
      outbox.markTaken(written);
      if (written === 0) break;
    }
    if (outbox.isEmpty) {
      if (this.#stalled) this.#options.diagnostics.caughtUp();
      this.#stalled = false;
    } else {
      outbox.stay();
      if (this.#transport.connected && !this.#transport.writable) {
        const isNew = !this.#stalled;
        this.#stalled = true;
        this.#options.diagnostics.stalled(outbox.waiting, isNew);
      }
    }
    if (this.#waiters.size > 0 && outbox.waiting === 0) this.#tellWaiters(true);
  }

  #opened(): void {
    this.#connections++;
    // First of all: listeners of the connection may make calls, which may write.
    this.#greet();
    this.#options.diagnostics.connected(this.reconnects);
    this.#endFirstAttempt();
    this.#writeLines();
  }

  #greet(): void {
    const text = this.#options.greeting();
    if (text !== undefined) this.#outbox.greet(new Line("register", text, false));
  }

  #closed(closing: Closing, livedMs: number | undefined): void {
    // The attempt for the exit itself failed: do not report that.
    if (this.#exiting) return;
    this.#options.diagnostics.disconnected(closing, livedMs);
    this.#stalled = false;
    this.#pending = false;
    this.#outbox.lose();
    this.#endFirstAttempt();
    if (closing.code === "ECONNRESET") this.#options.onUnread();
    const isDone = this.#outbox.waiting === 0;
    if (!isDone) this.#transport.wake();
    this.#tellWaiters(false, isDone ? Number.POSITIVE_INFINITY : this.#transport.retryAtMs);
  }

  #beginFirstAttempt(): void {
    this.#firstAttempt = "pending";
    this.#firstDeadline = outside(() => setTimeout(() => this.#endFirstAttempt(), this.#options.timeoutMs));
  }

  #endFirstAttempt(): void {
    if (this.#firstAttempt !== "pending") return;
    this.#firstAttempt = "over";
    clearTimeout(this.#firstDeadline);
    if (!this.#transport.writable) this.#outbox.stay();
  }

  /** Ends all waits, or only those that end before the next attempt. */
  #tellWaiters(done: boolean, retryAtMs = Number.POSITIVE_INFINITY): void {
    for (const waiter of this.#waiters) {
      if (waiter.givesUpAtMs > retryAtMs) continue;
      this.#waiters.delete(waiter);
      clearTimeout(waiter.deadline);
      waiter.resolve(done);
    }
  }
}

/** Separate from `offerLine`, so that a call with a known outcome creates no closure. */
function outcomeOf(line: Line): Promise<boolean> {
  return new NativePromise((resolve) => {
    line.settle = resolve;
  });
}
