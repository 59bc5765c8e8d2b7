import type { BotStatus } from "./bot.js";
import type { ProbeResult } from "./probe-result.js";
import type { ProcessClaim } from "./process-claim.js";
import { isNewWord, isResultOf, isSameProcess, isSuccessor, type KnownProcess } from "./process-identity.js";

/*
 * What every event means for a bot, as pure functions of its state, the event and the time. They
 * change nothing and tell no cause; the registry does. A channel has one current process; "other"
 * is any other process than that.
 *
 *   event                          | unknown | online | stale | dead | offline
 *   -------------------------------+---------+-------------------+------------+-------------------+-------------------
 *   register, current process      | online | features, version | online | online | online
 *   register, other process        | online | taken over | taken over | taken over | taken over
 *   heartbeat, current process     | online | heard | online | online, after 5 s | online, after 5
 *                                  s
 *   heartbeat, other process       | - | rival | taken over | taken over | taken over
 *   heartbeat, current pid, later  | - | taken over | taken over | taken over | taken over
 *       start                      |         |                   |            |                   |
 *   unregister, current pid        | - | offline | offline | offline | -
 *   unregister, rival              | - | rival gone | - | - | -
 *   unregister, predecessor        | - | - | - | - | -
 *   seen process gone, pid reused  | - | dead | dead | - | -
 *   nothing heard in time          | - | stale | - | - | -
 *
 * *Taken over*: the other process becomes the current one, the bot is online, a restart is counted.
 * *Rival*: the conflict is recorded, the status stays. It ends when the rival says goodbye, is
 * silent for its time, or takes over. Whether the older process still lives after a take-over only
 * its heartbeats can tell, as only current processes are sampled.
 *
 * Where the design is silent:
 * - A stale bot counts as gone for others that beat. In a container a bot restarts under a new pid,
 *   and the line that registered it may be lost; its old process says no goodbye and cannot be
 *   seen. It would stay stale for ever while it beats.
 * - A pid is one process at a time, so a heartbeat under the current pid with a later start is a
 *   restart. With an earlier start it is a late line, or a namesake in another container: a rival.
 * - A heartbeat within 5 s after the death of its process is as late as one after its goodbye: it
 *   was written before, and came in after the sample. If the process does live, its next one
 *   revives it.
 * - Both hold on after a take-over: the last words of the process before are no conflict.
 * - A rival may have the pid of the current process, as both are the first of their containers. Its
 *   goodbye is the one that comes over another connection than that of the current process.
 * - So may a predecessor whose connection was open at the take-over, and which did not beat since:
 *   its goodbye is the one that comes over that connection.
 * - A goodbye is believed after a death as well: who exits in order may be found gone before the
 *   goodbye is read.
 */

/** For how long after the end of a process its heartbeats are late lines. */
export const lateLineMs = 5_000;

/** A process that was current or a rival, and when it ended on the attentive clock. */
export interface EndedProcess {
  readonly pid: number;
  readonly claimedStartMs: number | null;
  readonly endedAtMs: number;
}

/** What a decision needs to know of a bot. Times are the attentive clock's. */
export interface Life extends KnownProcess {
  readonly status: BotStatus;
  readonly processSeen: boolean;
  readonly startKey: number | null;
  /**
   * When the current process said goodbye or was found dead; -Infinity where it did neither, or
   * before the monitor's start.
   */
  readonly endedAtMs: number;
  /** The last processes of this channel that ended and are not current, newest first. */
  readonly departed: readonly EndedProcess[];
  readonly conflict: { readonly pid: number } | null;
  /** Its connection ended without a goodbye, and it was not heard since. */
  readonly hasHungUp: boolean;
}

/** `current`: from the current process; `take_over`: from one that becomes it. */
export type RegisterVerdict = "first" | "current" | "take_over";

export function judgeRegister(life: Life | undefined, claim: ProcessClaim): RegisterVerdict {
  if (life === undefined) return "first";
  if (!isSameProcess(life.pid, life.claimedStartMs, claim)) return "take_over";
  return life.hasHungUp && isNewWord(life.claimedStartMs, claim) ? "take_over" : "current";
}

export type HeartbeatVerdict = RegisterVerdict | "rival" | "late";

export function judgeHeartbeat(life: Life | undefined, claim: ProcessClaim, nowMs: number): HeartbeatVerdict {
  if (life === undefined) return "first";
  if (isSameProcess(life.pid, life.claimedStartMs, claim)) {
    return isEnded(life.status) && nowMs - life.endedAtMs < lateLineMs ? "late" : "current";
  }
  for (const { pid, claimedStartMs, endedAtMs } of life.departed) {
    if (nowMs - endedAtMs < lateLineMs && isSameProcess(pid, claimedStartMs, claim)) return "late";
  }
  return life.status !== "online" || isSuccessor(life, claim) ? "take_over" : "rival";
}

export type UnregisterVerdict = "current" | "rival" | "predecessor" | "nobody";

/** Whose connection a goodbye came over. */
interface GoodbyePlace {
  /** The current process keeps another connection open. */
  readonly isElsewhere: boolean;
  /** It is that of a process with the same pid that was current before. */
  readonly isPredecessors: boolean;
}

export function judgeUnregister(
  life: Life | undefined,
  pid: number,
  { isElsewhere, isPredecessors }: GoodbyePlace,
): UnregisterVerdict {
  if (life === undefined) return "nobody";
  const isRivals = life.conflict?.pid === pid;
  const isNamesakes = isPredecessors || (isElsewhere && isRivals);
  if (life.pid === pid && !isNamesakes) return life.status === "offline" ? "nobody" : "current";
  if (isRivals) return "rival";
  return isPredecessors ? "predecessor" : "nobody";
}

/**
 * `recognised`: this look shows the bot's process; `measured`: it is the one that was recognised
 * before.
 */
export type ProbeVerdict = "recognised" | "measured" | "gone" | "reused" | "nothing";

/**
 * Only a process that was recognised can be found gone. From then on the key is its identity,
 * whatever the wall clock does; where the platform has no key, the pid is. A look that failed is a
 * measurement of which nothing is known.
 */
export function judgeProbeResult(life: Life | undefined, pid: number, result: ProbeResult): ProbeVerdict {
  if (life === undefined || life.pid !== pid || isEnded(life.status)) return "nothing";
  if (result.state === "gone") return life.processSeen ? "gone" : "nothing";
  if (result.state === "unknown") return life.processSeen ? "measured" : "nothing";
  if (!life.processSeen) return isResultOf(life, result) ? "recognised" : "nothing";
  if (result.startKey === null) return "measured";
  if (life.startKey === null) return isResultOf(life, result) ? "recognised" : "nothing";
  return result.startKey === life.startKey ? "measured" : "reused";
}

/** How long a bot may be silent: time for two heartbeats, and for one of them to be late. */
export function timeoutMs(staleTimeoutMs: number, intervalS: number | null): number {
  return intervalS === null ? staleTimeoutMs : Math.max(staleTimeoutMs, 2_500 * intervalS);
}

/** Whether the process is known to have ended: by its own word, or as nothing is there. */
export function isEnded(status: BotStatus): boolean {
  return status === "dead" || status === "offline";
}
