import type { Bot } from "../../registry/bot.js";
import { type BotRule, fine, type RuleTerms, type Verdict } from "../rule.js";

/** The registry says that the bot crashes again and again. */
export class CrashLoop implements BotRule {
  readonly terms: RuleTerms;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  judge(bot: Bot): Verdict {
    if (!bot.crashLoop) return fine;
    const { crashesInTenMinutes: crashes, typicalLifeMs, version, statusCause } = bot;
    return {
      state: "wrong",
      cause: `${crashes} crashes in 10 min, last: ${statusCause}`,
      sinceMs: bot.statusSinceMs,
      severity: "critical",
      grade: 0,
      facts: {
        crashes,
        typical_life_ms: typicalLifeMs,
        version,
        restarts: bot.restarts,
        restarts_1h: bot.restartsInHour,
      },
    };
  }
}
