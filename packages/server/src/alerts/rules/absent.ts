import type { Bot } from "../../registry/bot.js";
import { type BotRule, type Circumstances, fine, type RuleTerms, type Verdict } from "../rule.js";

const dayMs = 86_400_000;

/**
 * The bot said goodbye and stays away: its process had lived for a day, or the operator expects it
 * to run always.
 */
export class Absent implements BotRule {
  readonly terms: RuleTerms;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  judge(bot: Bot, { isExpected }: Circumstances): Verdict {
    if (bot.status !== "offline") return fine;
    const livedMs = bot.livedMs ?? (bot.startedAtMs === null ? 0 : bot.statusSinceMs - bot.startedAtMs);
    if (!isExpected && livedMs < dayMs) return fine;
    return {
      state: "wrong",
      cause: "said goodbye and has not come back",
      sinceMs: bot.statusSinceMs,
      severity: isExpected ? "critical" : "warning",
      grade: 0,
      facts: { lived_ms: livedMs, version: bot.version },
    };
  }
}
