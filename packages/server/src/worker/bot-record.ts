import type { BotRecord } from "@kissbot/store";
import type { Bot } from "../registry/bot.js";

/** A bot as the store takes it, of this moment. */
export function botRecordFrom(bot: Bot): BotRecord {
  const { channel, pid, status, featuresJson, registeredAtMs, lastSeenMs, statusSinceMs } = bot;
  const { startedAtMs, processSeen, restarts, version, intervalS } = bot;
  return {
    ...{ channel, pid, status, featuresJson, registeredAtMs, lastSeenMs, statusSinceMs },
    ...{ startedAtMs, processSeen, restarts, version, intervalS },
  };
}
