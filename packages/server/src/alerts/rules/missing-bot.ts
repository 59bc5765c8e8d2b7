import { isLikeAny } from "../../pattern.js";
import type { Subject } from "../episode.js";
import type { Moment } from "../moment.js";
import type { Finding, RuleTerms, SystemRule } from "../rule.js";

export interface MissingBotOptions {
  readonly terms: RuleTerms;
  /** Bots that the operator expects by name. */
  readonly expected: readonly string[];
  readonly isKnown: (channel: string) => boolean;
  readonly subjectOf: (channel: string) => Subject;
}

/** A bot that should always run was never heard of. */
export class MissingBot implements SystemRule {
  /** A bot that is heard of is judged like any other. */
  readonly isFineUnnamed = false;
  readonly #options: MissingBotOptions;
  #sinceMs: number | null = null;

  constructor(options: MissingBotOptions) {
    this.#options = options;
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  judgeAll({ wallMs }: Moment): readonly Finding[] {
    const { terms, expected, isKnown, subjectOf } = this.#options;
    this.#sinceMs ??= wallMs;
    const sinceMs = this.#sinceMs;
    return expected
      .filter((channel) => !isKnown(channel) && isLikeAny(channel, terms.bots))
      .map((channel) => ({
        subject: subjectOf(channel),
        verdict: {
          state: "wrong",
          cause: "was never heard of",
          sinceMs,
          severity: "critical",
          grade: 0,
          facts: {},
        },
      }));
  }
}
