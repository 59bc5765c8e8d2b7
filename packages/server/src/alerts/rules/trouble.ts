import type { Bot } from "../../registry/bot.js";
import { type BotRule, fine, type RuleTerms, type Verdict } from "../rule.js";

/** The bot lives, and says that it does not work. */
export class Trouble implements BotRule {
  readonly terms: RuleTerms;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  judge({ trouble, troubleSinceMs, statusSinceMs, version }: Bot): Verdict {
    if (trouble === null) return fine;
    return {
      state: "wrong",
      cause: trouble,
      sinceMs: troubleSinceMs ?? statusSinceMs,
      severity: "warning",
      grade: 0,
      facts: { version },
    };
  }
}
