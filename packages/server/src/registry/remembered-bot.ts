import { BotState } from "./bot-state.js";
import { asRecorded } from "./cause.js";
import type { FeatureSet } from "./feature-set.js";
import { isSameAsRecorded, type Restoration } from "./restoration.js";
import type { RestoredBot } from "./restored-bot.js";
import type { Sight } from "./sight.js";

/**
 * The bot as its row tells it, in the recorded status. Where its process was seen just now, the probe's word of its start replaces
 * the recorded one, and the bot's own is open: it may have been told by a clock that has stepped since, and must not
 * make another process of it.
 */
export function rememberedBot(
  number: number,
  row: RestoredBot,
  featureSet: FeatureSet,
  restoration: Restoration,
  sight: Sight | undefined,
): BotState {
  const word = { ...row, tsMs: row.registeredAtMs };
  const bot = new BotState(number, word, featureSet);
  bot.tellFeatures(featureSet, row.version);
  bot.startedAtMs = row.startedAtMs;
  bot.lastSeenMs = row.lastSeenMs;
  bot.status = row.status;
  bot.statusSinceMs = row.statusSinceMs ?? row.lastSeenMs;
  bot.statusCause = asRecorded;
  bot.restarts = row.restarts;
  bot.processSeen = row.processSeen;
  if (restoration === "visible" && sight !== undefined) {
    bot.claimedStartMs = null;
    bot.recognise(sight);
  }
  return bot;
}

/**
 * Gives a bot that was heard before its row could be read what only the row knows: how often it was restarted, and, where
 * it is the same process, when it registered; and what it can do, unless it has told that itself.
 */
export function mergeRemembered(live: BotState, row: RestoredBot, featureSet: FeatureSet): void {
  const same = isSameAsRecorded(live, row);
  live.restarts += row.restarts + (same ? 0 : 1);
  if (!live.featuresTold) live.tellFeatures(featureSet, row.version);
  if (!same) return;
  live.registeredAtMs = row.registeredAtMs;
  live.startedAtMs ??= row.startedAtMs;
  live.intervalS ??= row.intervalS;
}
