import type { Bot } from "../fleet/bot.js";
import { conditionOf } from "../fleet/worst-first.js";
import { plainText } from "../frame/plain-text.js";
import { amountOf, memoryText } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import type { Growth } from "./measurements.js";

/** What the sentence needs to know beside the bot. */
export interface WhyFacts {
  /** By the monitor's clock. */
  readonly nowMs: number;
  /** Null where the monitor did not tell. */
  readonly staleTimeoutMs: number | null;
  /** A clock time for people. */
  readonly clockText: (ms: number) => string;
  /** How its memory grew within the hour before its end. */
  readonly growth?: Growth | null;
  /**
   * What the monitor told of its last process that ended without a goodbye; null where nobody
   * knows.
   */
  readonly lastDeathOf?: (channel: string) => string | null;
}

/** From here on a process is called busy, and below that idle; 100 is one core. */
const busyPct = 90;
const idlePct = 1;
const leastGrowthMb = 200;
/** `exit 1: TokenInvalid at bot.js:12`: the process said it itself before it ended. */
const lastWords = /^exit -?\d+(?::|$)/;

/**
 * Why a bot is as it is, in a sentence or two. What is not known is left out; a guess has a
 * question mark.
 */
export function whyOf(bot: Bot, facts: WhyFacts): string {
  const condition = conditionOf(bot);
  if (condition === "dead")
    return joined([deathText(bot, facts), growthText(facts), loopText(bot) ?? lifeText(bot)]);
  if (condition === "crash_loop") {
    const silence = bot.status === "stale" ? silenceText(bot, facts) : null;
    return joined([loopText(bot), lastWordsText(bot, facts), silence, troubleText(bot)]);
  }
  if (condition === "stale") return silenceText(bot, facts);
  if (condition === "conflict") return conflictText(bot, facts);
  if (condition === "trouble") return troubleText(bot) ?? "";
  if (condition === "offline") return offlineText(bot, facts);
  return joined([lateText(bot, facts), lossText(bot)]);
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join(" ");
}

/** The process that the sentence is about; a pid of 0 is one that nobody knows. */
function processText(bot: Bot, verb: string): string {
  return bot.pid > 0 ? `Process ${bot.pid} ${verb}` : `Its process ${verb}`;
}

function deathText(bot: Bot, { clockText }: WhyFacts): string {
  if (lastWords.test(bot.cause)) return `${processText(bot, "ended and said:")} ${plainText(bot.cause)}.`;
  if (bot.causeCode === "pid_reused")
    return `${processText(bot, "is gone")}; another program has its pid now.`;
  if (bot.causeCode === "gone_at_start") {
    if (bot.lastSeenMs === null || bot.sinceMs === null) return "It died while the monitor was off.";
    const between = `between ${clockText(bot.lastSeenMs)} (last heard) and ${clockText(bot.sinceMs)}`;
    return `It died ${between}, while the monitor was off.`;
  }
  return `${processText(bot, "is gone")}.`;
}

function growthText({ growth }: WhyFacts): string | null {
  if (growth === null || growth === undefined) return null;
  if (!(growth.toMb >= leastGrowthMb && growth.toMb >= 2 * growth.fromMb)) return null;
  return `Its memory had grown from ${memoryText(growth.fromMb)} to ${memoryText(growth.toMb)} within an hour.`;
}

function loopText({ crashLoop, crashesInTenMinutes, typicalLifeMs }: Bot): string | null {
  if (!crashLoop) return null;
  const parts: string[] = [];
  if (crashesInTenMinutes > 0) parts.push(`died ${amountOf(crashesInTenMinutes, "time")} in 10 min`);
  if (typicalLifeMs !== null) parts.push(`lives ${lifeSpanText(typicalLifeMs)} each time`);
  return parts.length === 0 ? "Crash loop." : `Crash loop: ${parts.join(", ")}.`;
}

/** Of a bot that is up again: why it may die again. */
function lastWordsText({ channel }: Bot, { lastDeathOf }: WhyFacts): string | null {
  const words = lastDeathOf?.(channel) ?? null;
  return words !== null && lastWords.test(words) ? `The last one said: ${plainText(words)}.` : null;
}

function lifeSpanText(lifeMs: number): string {
  return lifeMs < 1_000 ? "less than 1 s" : `about ${spanText(lifeMs)}`;
}

function lifeText({ livedMs }: Bot): string | null {
  return livedMs === null ? null : `It had lived ${livedMs < 1_000 ? "less than 1 s" : spanText(livedMs)}.`;
}

function silenceText(bot: Bot, { nowMs }: WhyFacts): string {
  const silence =
    bot.lastSeenMs === null ? "No heartbeat" : `No heartbeat for ${spanText(nowMs - bot.lastSeenMs)}`;
  if (!bot.processSeen)
    return `${silence}. Its process cannot be seen from here (container, other user), so it may be dead.`;
  const process = bot.pid > 0 ? `process ${bot.pid}` : "its process";
  if (bot.cpuPct === null) return `${silence}, though ${process} lives.`;
  if (bot.cpuPct >= busyPct)
    return `${silence}, though ${process} lives and uses ${Math.round(bot.cpuPct)} % of a core: a busy loop?`;
  if (bot.cpuPct < idlePct)
    return `${silence}, though ${process} lives but does nothing: hung, stopped or waiting?`;
  return `${silence}, though ${process} lives and uses ${Math.round(bot.cpuPct)} % of a core.`;
}

function conflictText({ pid, conflict }: Bot, { clockText }: WhyFacts): string {
  const since = conflict?.sinceMs ?? null;
  const who =
    pid > 0 && conflict !== null && conflict.pid > 0
      ? `Processes ${pid} and ${conflict.pid}`
      : "Two processes";
  return `${who} both report as this bot${since === null ? "" : `, since ${clockText(since)}`}.`;
}

/** In its own words. */
function troubleText({ trouble }: Bot): string | null {
  return trouble === null ? null : `It says: ${plainText(trouble)}`;
}

function offlineText({ sinceMs, causeCode }: Bot, { clockText }: WhyFacts): string {
  const verb = causeCode === "as_recorded" ? "Was offline before the monitor's start" : "Said goodbye";
  return sinceMs === null || causeCode === "as_recorded" ? `${verb}.` : `${verb} at ${clockText(sinceMs)}.`;
}

/** A heartbeat is overdue by half an interval. */
function lateText({ lastSeenMs, intervalS }: Bot, { nowMs, staleTimeoutMs }: WhyFacts): string | null {
  if (lastSeenMs === null || intervalS === null) return null;
  const dueMs = lastSeenMs + intervalS * 1_000;
  const overdueMs = nowMs - dueMs;
  if (overdueMs < (intervalS * 1_000) / 2 || overdueMs < 1_000) return null;
  const text = `Late: a heartbeat was due ${spanText(overdueMs)} ago`;
  if (staleTimeoutMs === null) return `${text}.`;
  const leftMs = lastSeenMs + Math.max(staleTimeoutMs, intervalS * 2_500) - nowMs;
  return leftMs < 0 ? `${text}.` : `${text}; called stale in ${spanText(leftMs)}.`;
}

function lossText({ clientDropped }: Bot): string | null {
  return clientDropped > 0 ? `Its client lost ${amountOf(clientDropped, "line")} since its start.` : null;
}
