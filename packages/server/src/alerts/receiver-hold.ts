import { askedPause, brokenPauseMs, pauseAfter } from "./backoff.js";
import type { Moment } from "./moment.js";
import type { Answer } from "./receiver-door.js";

const longestMs = 3_600_000;
/** One that failed for another reason than its address is not tried before. */
const tryAfterMs = 300_000;

/** Since when nothing gets through, and why. */
export interface Failure {
  readonly sinceMs: number;
  readonly sinceClockMs: number;
  readonly detail: string;
  readonly isBroken: boolean;
}

/** What keeps a receiver from being asked, as it is stored. Times are Unix milliseconds. */
interface HoldRecord {
  readonly mark: string | null;
  readonly failures: number;
  readonly since_ms: number;
  readonly until_ms: number;
  readonly broken: boolean;
  readonly detail: string;
}

/** It failed so often in a row, and is not asked before then. */
export interface Hold {
  readonly failures: number;
  readonly failure: Failure;
  readonly retryClockMs: number;
}

/** What keeps a receiver from being asked: its failures in a row, and the pause after them. */
export class ReceiverHold {
  #failures = 0;
  #failure: Failure | null = null;
  #retryClockMs = Number.NEGATIVE_INFINITY;
  #triedClockMs = Number.NEGATIVE_INFINITY;
  /** Set in this run, not restored from the one before. */
  #isCurrent = false;

  get failure(): Failure | null {
    return this.#failure;
  }

  /** It is not asked before, on the desk's clock. */
  get retryClockMs(): number {
    return this.#retryClockMs;
  }

  /** `chance` from 0 to below 1. */
  fail(answer: Exclude<Answer, { kind: "delivered" }>, chance: number, { wallMs, clockMs }: Moment): void {
    this.#failures++;
    this.#isCurrent = true;
    const pauseMs = pauseAfter(this.#failures, chance);
    const isBroken = answer.kind === "broken";
    const askedMs = answer.kind === "refused" ? askedPause(answer.retryAfterMs, pauseMs) : pauseMs;
    this.#retryClockMs = clockMs + (isBroken ? brokenPauseMs : askedMs);
    this.#failure = {
      sinceMs: this.#failure?.sinceMs ?? wallMs,
      sinceClockMs: this.#failure?.sinceClockMs ?? clockMs,
      detail: answer.detail,
      isBroken,
    };
  }

  /** Nothing keeps it from being asked any more. Returns whether something did. */
  release(): boolean {
    const hasFailed = this.#failure !== null;
    this.#failures = 0;
    this.#failure = null;
    this.#isCurrent = true;
    this.#retryClockMs = Number.NEGATIVE_INFINITY;
    return hasFailed;
  }

  /**
   * Whether to try a receiver that has no news waiting: once an hour while it fails.
   */
  takesTry({ clockMs }: Moment): boolean {
    if (this.#failure === null || clockMs - this.#triedClockMs < brokenPauseMs) return false;
    if (!this.#failure.isBroken && clockMs - this.#failure.sinceClockMs < tryAfterMs) return false;
    this.#triedClockMs = clockMs;
    return true;
  }

  /**
   * Restores the hold of the last run. Returns false, and restores nothing, if this run already
   * knows better: the stored hold is out of date.
   */
  restore(text: string | undefined, mark: string | undefined, now: Moment): boolean {
    const hold = holdFrom(text, mark, now);
    if (hold === null) return true;
    if (this.#isCurrent) return false;
    this.#failures = hold.failures;
    this.#failure = hold.failure;
    this.#retryClockMs = hold.retryClockMs;
    return true;
  }

  /** For the facts: the pause goes on when the monitor has been started again. */
  text(mark: string | undefined, now: Moment): string {
    const [failures, failure, retryClockMs] = [this.#failures, this.#failure, this.#retryClockMs];
    return holdText(failure === null ? null : { failures, failure, retryClockMs }, mark, now);
  }
}

/** The name of the fact about this receiver. */
export function holdFactOf(receiver: string): string {
  return `held:${receiver}`;
}

/** Null: nothing keeps it. */
function holdText(hold: Hold | null, mark: string | undefined, { wallMs, clockMs }: Moment): string {
  if (hold === null) return "null";
  const { failures, failure, retryClockMs } = hold;
  const record: HoldRecord = {
    mark: mark ?? null,
    failures,
    since_ms: Math.trunc(failure.sinceMs),
    until_ms: Math.ceil(wallMs + retryClockMs - clockMs),
    broken: failure.isBroken,
    detail: failure.detail,
  };
  return JSON.stringify(record);
}

/**
 * Null if nothing holds it, or its address has changed. If the wall clock was set, it is held for
 * at most an hour.
 */
export function holdFrom(text: string | undefined, mark: string | undefined, now: Moment): Hold | null {
  const record = recordFrom(text);
  if (record === null || record.mark !== (mark ?? null)) return null;
  const { failures, since_ms: sinceMs, until_ms: untilMs, broken: isBroken, detail } = record;
  const leftMs = Math.min(longestMs, Math.max(0, untilMs - now.wallMs));
  const sinceClockMs = now.clockMs - Math.max(0, now.wallMs - sinceMs);
  return {
    failures,
    failure: { sinceMs, sinceClockMs, detail, isBroken },
    retryClockMs: now.clockMs + leftMs,
  };
}

/** Text of another form counts as empty. */
function recordFrom(text: string | undefined): HoldRecord | null {
  try {
    const record = JSON.parse(text ?? "null") as HoldRecord | null;
    const isSound =
      Number.isInteger(record?.failures) &&
      Number.isFinite(record?.since_ms) &&
      Number.isFinite(record?.until_ms);
    return isSound ? record : null;
  } catch {
    return null;
  }
}
