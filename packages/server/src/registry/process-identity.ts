import type { ProbeResult } from "./probe-result.js";
import type { ProcessClaim } from "./process-claim.js";

/**
 * How far two readings of one start may lie apart. A client computes it from its clock and its
 * uptime, to the millisecond; a probe from the machine's boot, which the kernel tells in whole
 * seconds, and ticks of 10 ms; other clients cut to seconds. That is less than 2 s in sum, and a
 * pid comes round again only after thousands of others. A clock that stepped in between puts them
 * further apart: then the process counts as unseen, which is never wrong, only less.
 */
export const startToleranceMs = 2_000;

/** What is known of a channel's current process. */
export interface KnownProcess {
  readonly pid: number;
  /** When it started by its own word; null where it did not say. */
  readonly claimedStartMs: number | null;
  readonly registeredAtMs: number;
}

/**
 * Whether the message can be from that process: the pid is equal, and no two words about its start
 * contradict each other.
 */
export function isSameProcess(pid: number, claimedStartMs: number | null, claim: ProcessClaim): boolean {
  return (
    claim.pid === pid &&
    (claim.startedAtMs === null ||
      claimedStartMs === null ||
      Math.abs(claim.startedAtMs - claimedStartMs) <= startToleranceMs)
  );
}

/**
 * Whether the message is from a later process under the same pid, which proves that the known one
 * has ended.
 */
export function isSuccessor(known: KnownProcess, claim: ProcessClaim): boolean {
  return (
    claim.pid === known.pid &&
    claim.startedAtMs !== null &&
    known.claimedStartMs !== null &&
    claim.startedAtMs - known.claimedStartMs > startToleranceMs
  );
}

/**
 * Whether the start that a message tells is later than that which the known process told, by
 * however little: a process tells the same one all its life. In a container every process may have
 * pid 1, and one that is restarted at once starts within the tolerance.
 */
export function isNewWord(claimedStartMs: number | null, { startedAtMs }: ProcessClaim): boolean {
  return startedAtMs !== null && claimedStartMs !== null && startedAtMs - claimedStartMs > 100;
}

/**
 * Whether a living process under the known pid is the known one. Where the bot told its start, only
 * the same start counts (in a container, pid 7 is somebody else's on the host); where it did not,
 * whatever lived when the bot registered.
 */
export function isResultOf(known: KnownProcess, result: ProbeResult): boolean {
  const { claimedStartMs, registeredAtMs } = known;
  const { startedAtMs } = result;
  if (claimedStartMs !== null) {
    return startedAtMs !== null && Math.abs(startedAtMs - claimedStartMs) <= startToleranceMs;
  }
  return startedAtMs === null || startedAtMs <= registeredAtMs + startToleranceMs;
}

/**
 * The start as it is shown and stored: null where a process cannot have started then, such as after
 * it was heard.
 */
export function believableStart(startedAtMs: number | null, heardAtMs: number): number | null {
  if (startedAtMs === null || startedAtMs < 0 || startedAtMs > heardAtMs + startToleranceMs) return null;
  return Math.floor(startedAtMs);
}
