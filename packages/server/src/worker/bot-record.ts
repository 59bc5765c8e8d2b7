import type { BotRecord } from "@kissbot/store";
import type { Bot } from "../registry/bot.js";

/**
 * A bot as the store takes it, of this moment. One literal, as spreads of several made it ten times
 * as slow: each beat of each bot comes by here.
 */
export function botRecordFrom(bot: Bot): BotRecord {
  return {
    channel: bot.channel,
    pid: bot.pid,
    status: bot.status,
    featuresJson: bot.featuresJson,
    registeredAtMs: bot.registeredAtMs,
    lastSeenMs: bot.lastSeenMs,
    statusSinceMs: bot.statusSinceMs,
    cause: bot.statusCause,
    causeCode: bot.causeCode,
    previousPid: bot.previousPid,
    livedMs: bot.livedMs,
    startedAtMs: bot.startedAtMs,
    startTold: bot.startTold,
    processSeen: bot.processSeen,
    restarts: bot.restarts,
    lastCpuPct: bot.lastCpuPct,
    lastRssMb: bot.lastRssMb,
    version: bot.version,
    intervalS: bot.intervalS,
    trouble: bot.trouble,
    troubleSinceMs: bot.troubleSinceMs,
  };
}
