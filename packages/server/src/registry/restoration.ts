import { isEnded } from "./liveness.js";
import type { ProbeResult } from "./probe-result.js";
import type { KnownProcess } from "./process-identity.js";
import { isResultOf, startToleranceMs } from "./process-identity.js";
import type { RestoredBot } from "./restored-bot.js";
import { isLastWords } from "./trouble-history.js";

/**
 * What the monitor concludes at its start about a recorded bot, after one look at its pid.
 *
 * - `visible`: its process is there. It counts as seen.
 * - `gone`, `reused`: an earlier run of the monitor saw the process, and it is not there any more.
 *   Only for a bot that reported when its process started, or that it ended; for the others see
 *   `isDoubtful`.
 * - `silent`: it was last heard longer ago than its timeout allows.
 * - `kept`: nothing contradicts the recorded status.
 *
 * If the process has another start time than the recorded one, it is another process, or the clock
 * was stepped while no monitor ran. A process that reused the pid started after the bot was last
 * heard. One that started before that, by the present clock, is the bot. After a step forward by
 * more than the bot's age, the bot looks like another process: it is dead until it beats.
 *
 * After a `kill -9` the recorded time of the last heartbeat may be `recordedLagMs` too old. No bot
 * counts as silent for that.
 *
 * Only here is a span measured on the wall clock, since no other clock outlives the monitor. A bot
 * that is online afterwards has its full timeout, and 35 s at least: clients take up to 30 s to
 * find the new socket.
 */
export type Restoration = "kept" | "visible" | "gone" | "reused" | "silent";

/** A heartbeat that changes nothing else is stored within this time. See `StoreWriter`. */
export const recordedLagMs = 15_000;

export function judgeRestored(
  bot: RestoredBot,
  result: ProbeResult | undefined,
  wallMs: number,
  timeoutMs: number,
): Restoration {
  const found = foundAtStart(bot, result);
  if (found === "visible") return found;
  if (found !== "nothing" && isProven(bot)) return found;
  if (isEnded(bot.status)) return "kept";
  const lagMs = bot.origin === "monitor" ? recordedLagMs : 0;
  return bot.status === "online" && wallMs - bot.lastSeenMs > timeoutMs + lagMs ? "silent" : "kept";
}

/**
 * Whether the process that was seen under the bot's pid is not there any more, and nobody told that
 * it was the bot's: in another pid namespace it was a stranger's. So the bot has its full time to
 * be heard.
 */
export function isDoubtful(bot: RestoredBot, result: ProbeResult | undefined): boolean {
  const found = foundAtStart(bot, result);
  return !isProven(bot) && (found === "gone" || found === "reused");
}

/** What was seen under its pid was the bot's process: it told the same start, or told its end. */
function isProven({ startTold, trouble }: RestoredBot): boolean {
  return startTold === true || isLastWords(trouble);
}

function foundAtStart(
  bot: RestoredBot,
  result: ProbeResult | undefined,
): "visible" | "gone" | "reused" | "nothing" {
  if (isEnded(bot.status) || result === undefined) return "nothing";
  if (result.state === "alive" && isRecordedProcess(bot, result)) return "visible";
  if (!bot.processSeen) return "nothing";
  if (result.state === "gone") return "gone";
  if (result.state !== "alive" || result.startedAtMs === null) return "nothing";
  return result.startedAtMs > bot.lastSeenMs ? "reused" : "visible";
}

/**
 * When the process of the row started by the bot's own word; null where it did not say. Rows of
 * older versions do not say whose word it is: taken for the bot's, it tells its processes apart,
 * and makes none dead.
 */
export function toldStartOf({ startTold, startedAtMs }: RestoredBot): number | null {
  return startTold === false ? null : startedAtMs;
}

/**
 * A row of the Python monitor tells no start: its process is the one that has the pid only if that
 * one is known to be older than the row.
 */
function isRecordedProcess(bot: RestoredBot, result: ProbeResult): boolean {
  if (bot.origin === "python" && result.startedAtMs === null) return false;
  return isResultOf(
    { pid: bot.pid, claimedStartMs: bot.startedAtMs, registeredAtMs: bot.registeredAtMs },
    result,
  );
}

/** Whether a bot that was heard before its row could be read is still the process of the row. */
export function isSameAsRecorded(
  live: KnownProcess & { readonly startedAtMs: number | null },
  bot: RestoredBot,
): boolean {
  if (live.pid !== bot.pid) return false;
  // Looks at one pid may have shown strangers, and not the same ones.
  if (live.claimedStartMs === null && bot.startTold !== true && bot.origin === "monitor") return true;
  const startedAtMs = live.claimedStartMs ?? live.startedAtMs;
  if (startedAtMs === null) return true;
  const toldMs = toldStartOf(bot);
  if (toldMs !== null) return Math.abs(startedAtMs - toldMs) <= startToleranceMs;
  return startedAtMs <= bot.registeredAtMs + startToleranceMs;
}

/**
 * A client that finds no monitor tries again after 30 s at the latest; a restored bot has that, and
 * something for its way.
 */
export const reconnectionMs = 35_000;
