import { noWords } from "../episode.js";
import type { Finding, RuleTerms, SystemRule } from "../rule.js";

/** A receiver to which nothing gets through. */
export interface FailingReceiver {
  readonly name: string;
  readonly sinceMs: number;
  readonly detail: string;
  readonly isBroken: boolean;
  /** There is news for it. */
  readonly isOwed: boolean;
}

/** Nothing gets through to a receiver: the others get the alert. */
export class ReceiverFailing implements SystemRule {
  readonly terms: RuleTerms;
  readonly #failing: () => readonly FailingReceiver[];

  constructor(terms: RuleTerms, failing: () => readonly FailingReceiver[]) {
    this.terms = terms;
    this.#failing = failing;
  }

  judgeAll(): readonly Finding[] {
    return this.#failing().map(({ name, sinceMs, detail, isBroken }) => ({
      subject: noWords("receiver", name),
      verdict: {
        state: "wrong",
        cause: `nothing gets through to ${name}: ${detail}`,
        sinceMs,
        severity: "critical",
        grade: isBroken ? 1 : 0,
        facts: { detail },
      },
    }));
  }
}
