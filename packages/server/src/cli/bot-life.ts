import type { EventRow } from "./event-row.js";
import { msFromTimestamp, timestampFromMs } from "./quantity-text.js";

/** One process of a bot, from its first word to its end. Unknown is null. */
export interface BotLife {
  readonly pid: number;
  /** When it was first heard; null where that is before the events that are known. */
  readonly began: string | null;
  /** When it ended, or was found to have; null for one that goes on. */
  readonly ended: string | null;
  /** How long it lived, or has lived until now. */
  readonly lived_ms: number | null;
  /** How it ended: the cause, for people and for programs; null for one that goes on. */
  readonly end: string | null;
  readonly end_code: string | null;
  /** How long until the next process; for the last one that ended, until now. */
  readonly gap_ms: number | null;
}

interface Draft {
  readonly pid: number;
  readonly began: string | null;
  end: { readonly at: string; readonly cause: string; readonly code: string } | null;
  livedMs: number | null;
}

/**
 * The processes that these events of one bot tell of, the newest first. `events` come the newest
 * first, too.
 */
export function livesFrom(events: readonly EventRow[], nowMs: number): BotLife[] {
  const lives: Draft[] = [];
  for (const event of [...events].reverse()) follow(lives, event);
  return lives
    .map((life, i) => finished(life, lives[i + 1]?.began ?? null, i === lives.length - 1, nowMs))
    .reverse();
}

function follow(lives: Draft[], event: EventRow): void {
  let life = lives.at(-1);
  if (event.to_status === "dead" || event.to_status === "offline") {
    if (life?.pid !== event.pid) {
      // It began before the oldest event that is known.
      life = { pid: event.pid, began: null, end: null, livedMs: null };
      lives.push(life);
    }
    life.end ??= { at: event.ts, cause: event.cause, code: event.cause_code };
    life.livedMs ??= event.lived_ms;
    return;
  }
  if (life?.pid === event.pid && !isNewProcess(life, event)) {
    // It was thought dead, or said goodbye and registered again: the same process lives on.
    life.end = null;
    life.livedMs = null;
    return;
  }
  if (life !== undefined) life.end ??= { at: event.ts, cause: event.cause, code: event.cause_code };
  const isStart = event.from_status === null || event.previous_pid !== null || life?.end !== undefined;
  lives.push({ pid: event.pid, began: isStart ? event.ts : null, end: null, livedMs: null });
}

/** A pid can come back, as the pid of another process: that one takes the place of the other. */
function isNewProcess({ end }: Draft, { cause_code, previous_pid, pid }: EventRow): boolean {
  return end !== null && (previous_pid === pid || ["restarted", "taken_over"].includes(cause_code));
}

function finished(life: Draft, next: string | null, isLast: boolean, nowMs: number): BotLife {
  const { pid, began, end } = life;
  const [beganMs, endedMs] = [msFromTimestamp(began), msFromTimestamp(end?.at)];
  const untilMs = endedMs ?? nowMs;
  const nextMs = isLast ? nowMs : msFromTimestamp(next);
  return {
    pid,
    began:
      began ?? (endedMs === null || life.livedMs === null ? null : timestampFromMs(endedMs - life.livedMs)),
    ended: end?.at ?? null,
    lived_ms: life.livedMs ?? (beganMs === null ? null : Math.max(0, untilMs - beganMs)),
    end: end?.cause ?? null,
    end_code: end?.code ?? null,
    gap_ms: endedMs === null || nextMs === null ? null : Math.max(0, nextMs - endedMs),
  };
}
