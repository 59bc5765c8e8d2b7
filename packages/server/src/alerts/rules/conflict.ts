import type { Bot } from "../../registry/bot.js";
import { type BotRule, fine, type RuleTerms, type Verdict } from "../rule.js";

/** Two live processes claim one channel. */
export class Conflict implements BotRule {
  readonly terms: RuleTerms;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  judge({ conflict, pid }: Bot): Verdict {
    if (conflict === null) return fine;
    return {
      state: "wrong",
      cause: `processes ${pid} and ${conflict.pid} both claim this channel`,
      sinceMs: conflict.sinceMs,
      severity: "warning",
      grade: 0,
      facts: { pid, other_pid: conflict.pid },
    };
  }
}
