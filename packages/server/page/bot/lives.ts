import type { Status } from "../fleet/bot.js";
import type { StatusChange } from "./timeline.js";

/** One process of a bot, from when it was first heard to its end. Null is unknown, or not yet. */
export interface Life {
  readonly pid: number;
  readonly beganMs: number | null;
  readonly endedMs: number | null;
  /**
   * How it ended, in a few words; for one that ended as the monitor was told, its own. Null while
   * it lasts.
   */
  readonly end: string | null;
  /** When the next process was there. */
  readonly nextMs: number | null;
}

interface Bot {
  readonly pid: number;
  readonly status: Status;
  readonly sinceMs: number | null;
  readonly cause: string;
  readonly livedMs: number | null;
  readonly lastSeenMs: number | null;
  readonly startedAtMs: number | null;
  readonly registeredAtMs: number | null;
}

/**
 * The processes of a bot, the newest first. `changes` are its changes of status, oldest first; what
 * was before the first of them is not known. The newest life is that of the present process: it
 * lasts while the bot is there, and has ended where the bot is dead or offline, whether or not a
 * change says so.
 */
export function livesOf(bot: Bot, changes: readonly StatusChange[]): readonly Life[] {
  const lives: Life[] = [];
  const last = () => lives.at(-1);
  const amend = (change: Partial<Life>) => {
    const life = lives.pop();
    if (life !== undefined) lives.push({ ...life, ...change });
  };
  /** The present process is another one now, however the one before it ended. */
  const begin = (pid: number, beganMs: number | null, atMs: number, end: string | null) => {
    const before = last();
    if (before?.endedMs === null) amend({ endedMs: atMs, end });
    const endedMs = last()?.endedMs ?? Number.NEGATIVE_INFINITY;
    const isKnown = beganMs !== null && beganMs >= endedMs;
    if (before !== undefined) amend({ nextMs: isKnown ? beganMs : null });
    lives.push({ pid, beganMs: isKnown ? beganMs : null, endedMs: null, end: null, nextMs: null });
  };
  for (const { from, to, tsMs, pid, livedMs, cause, causeCode, previousPid } of changes) {
    const life = last();
    const isSame = life !== undefined && life.endedMs === null && life.pid === pid;
    if (from === to && isSame) continue;
    if (to === "dead" || to === "offline") {
      if (!isSame) begin(pid, livedMs === null ? null : tsMs - livedMs, tsMs, null);
      amend({ endedMs: tsMs, end: cause });
    } else if (to === "online" && !isSame) {
      if (life === undefined && previousPid !== null) begin(previousPid, null, tsMs, null);
      begin(pid, tsMs, tsMs, causeCode === "taken_over" ? "another process took over" : null);
    }
  }
  const newest = last();
  const isThere = bot.status === "online" || bot.status === "stale";
  const isOfBot = newest?.pid === bot.pid;
  const firstMs = bot.startedAtMs ?? bot.registeredAtMs;
  if (isThere) {
    // A change may come before the bot does: then it is the bot that is old.
    const isOld = isOfBot && newest.endedMs !== null && newest.endedMs > (bot.sinceMs ?? Infinity);
    if ((newest?.endedMs !== null || !isOfBot) && !isOld)
      begin(bot.pid, firstMs, Math.max(firstMs ?? 0, newest?.beganMs ?? 0), null);
    return lives.reverse();
  }
  const sinceMs = bot.sinceMs ?? bot.lastSeenMs;
  const beganMs = newest?.beganMs ?? Number.NEGATIVE_INFINITY;
  const end = bot.cause || bot.status;
  if (newest !== undefined && isOfBot) {
    if (newest.endedMs === null) amend({ endedMs: sinceMs && Math.max(sinceMs, beganMs), end });
  } else if (sinceMs !== null && sinceMs >= Math.max(beganMs, newest?.endedMs ?? beganMs)) {
    const bornMs = bot.livedMs === null ? firstMs : sinceMs - bot.livedMs;
    const isBirth = bornMs !== null && bornMs <= sinceMs;
    begin(bot.pid, isBirth ? bornMs : null, isBirth ? Math.max(bornMs, beganMs) : sinceMs, null);
    amend({ endedMs: sinceMs, end });
  }
  return lives.reverse();
}
