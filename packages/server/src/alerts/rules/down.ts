import type { Bot } from "../../registry/bot.js";
import type { Facts } from "../notice.js";
import { type BotRule, type Circumstances, fine, type RuleTerms, unknown, type Verdict } from "../rule.js";

/**
 * The bot's process is gone, or it is silent. From silent to gone it is one alert, which got worse.
 */
export class Down implements BotRule {
  readonly terms: RuleTerms;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  judge(bot: Bot, { isBlind }: Circumstances): Verdict {
    if (bot.status !== "dead" && bot.status !== "stale") return fine;
    if (bot.status === "stale" && isBlind) return unknown;
    return {
      state: "wrong",
      cause: bot.statusCause,
      sinceMs: bot.statusSinceMs,
      severity: "critical",
      grade: bot.status === "dead" ? 1 : 0,
      facts: factsOf(bot),
    };
  }
}

function factsOf(bot: Bot): Facts {
  return {
    status: bot.status,
    pid: bot.pid,
    version: bot.version,
    lived_ms: bot.livedMs,
    last_rss_mb: bot.lastRssMb,
    last_cpu_pct: bot.lastCpuPct,
    restarts: bot.restarts,
    restarts_1h: bot.restartsInHour,
  };
}
