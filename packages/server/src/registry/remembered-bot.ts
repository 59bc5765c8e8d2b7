import type { BotOwner } from "./bot-owner.js";
import { BotState } from "./bot-state.js";
import { asRecorded } from "./cause.js";
import type { FeatureSet } from "./feature-set.js";
import { isEnded } from "./liveness.js";
import { judgePredecessor } from "./predecessor.js";
import { type ProbeResult, unknownResult } from "./probe-result.js";
import { isSameAsRecorded, type Restoration, toldStartOf } from "./restoration.js";
import type { RestoredBot } from "./restored-bot.js";

/**
 * The bot as its row tells it, in the recorded status. Where its process was seen just now, the
 * probe's word of its start replaces the recorded one, and the bot's own is open: it may have been
 * told by a clock that has stepped since, and must not make another process of it.
 */
export function rememberedBot(
  number: number,
  row: RestoredBot,
  featureSet: FeatureSet,
  owner: BotOwner,
  restoration: Restoration,
  result: ProbeResult | undefined,
): BotState {
  const word = { ...row, startedAtMs: toldStartOf(row), tsMs: row.registeredAtMs };
  const bot = new BotState(number, word, featureSet, owner);
  bot.tellFeatures(featureSet, row.version);
  bot.startedAtMs = row.startedAtMs;
  bot.startTold = row.startTold;
  // Whether it did, nobody wrote down: what is not known makes no death certain.
  bot.hasBeaten = true;
  bot.lastSeenMs = row.lastSeenMs;
  bot.status = row.status;
  bot.statusSinceMs = row.statusSinceMs ?? row.lastSeenMs;
  const { code, text } =
    row.cause === null ? asRecorded : { code: row.causeCode ?? "other", text: row.cause };
  bot.statusCause = text;
  bot.causeCode = code;
  bot.previousPid = row.previousPid;
  bot.livedMs = row.livedMs;
  bot.lastCpuPct = row.lastCpuPct;
  bot.lastRssMb = row.lastRssMb;
  bot.restarts = row.restarts;
  if (!isEnded(row.status)) {
    bot.trouble = row.trouble;
    bot.troubleSinceMs = row.troubleSinceMs;
  }
  bot.processSeen = row.processSeen;
  if (restoration === "visible" && result !== undefined) {
    bot.claimedStartMs = null;
    bot.recognise(result);
  }
  return bot;
}

/**
 * Whether the process of the row ended without a goodbye, and the bot that was heard before its row
 * could be read is the next one.
 */
export function hasCrashedSince(live: BotState, row: RestoredBot, result: ProbeResult | undefined): boolean {
  if (isEnded(row.status) || isSameAsRecorded(live, row)) return false;
  const { pid, registeredAtMs, processSeen } = row;
  const before = { pid, claimedStartMs: toldStartOf(row), registeredAtMs, processSeen };
  return (
    judgePredecessor({ ...before, startKey: null, isConnected: false }, result ?? unknownResult) !== "lives"
  );
}

/**
 * Gives a bot that was heard before its row could be read what only the row knows: how often it was
 * restarted, and, where it is the same process, when it registered; and what it can do, unless it
 * has told that itself.
 */
export function mergeRemembered(live: BotState, row: RestoredBot, featureSet: FeatureSet): void {
  const same = isSameAsRecorded(live, row);
  live.restarts += row.restarts;
  live.lastCpuPct ??= row.lastCpuPct;
  live.lastRssMb ??= row.lastRssMb;
  if (!live.featuresTold) live.tellFeatures(featureSet, row.version);
  if (!same) return;
  live.registeredAtMs = row.registeredAtMs;
  live.startedAtMs ??= row.startedAtMs;
  if (live.trouble !== null) live.troubleSinceMs = row.troubleSinceMs ?? live.troubleSinceMs;
  live.intervalS ??= row.intervalS;
}
