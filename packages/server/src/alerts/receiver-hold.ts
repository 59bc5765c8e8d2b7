import { brokenPauseMs } from "./backoff.js";
import type { Moment } from "./moment.js";

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

/**
 * What keeps a receiver from being asked: it failed so often in a row, and is not asked before
 * then.
 */
export interface Hold {
  readonly failures: number;
  readonly failure: Failure;
  readonly retryClockMs: number;
}

/** Whether a receiver for which there is nothing is to be tried: once an hour while it fails. */
export function isTryDue(failure: Failure | null, triedClockMs: number, { clockMs }: Moment): boolean {
  if (failure === null || clockMs - triedClockMs < brokenPauseMs) return false;
  return failure.isBroken || clockMs - failure.sinceClockMs >= tryAfterMs;
}

/** The name of the fact about this receiver. */
export function holdFactOf(receiver: string): string {
  return `held:${receiver}`;
}

/** Null: nothing keeps it. */
export function holdText(hold: Hold | null, mark: string | undefined, { wallMs, clockMs }: Moment): string {
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
