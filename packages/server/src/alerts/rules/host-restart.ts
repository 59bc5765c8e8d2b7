import { noWords } from "../episode.js";
import type { Moment } from "../moment.js";
import type { Finding, RuleTerms, SystemRule } from "../rule.js";

/** For how long it is news. */
const newsMs = 3_600_000;

/** The machine was rebooted since the monitor last ran. Reported once. */
export class HostRestart implements SystemRule {
  readonly terms: RuleTerms;
  #noticed: Moment | null = null;

  constructor(terms: RuleTerms) {
    this.terms = terms;
  }

  /** The boot that the monitor knew is another one than this. */
  notice(now: Moment): void {
    this.#noticed = now;
  }

  judgeAll({ clockMs }: Moment): readonly Finding[] {
    const noticed = this.#noticed;
    if (noticed === null || clockMs - noticed.clockMs > newsMs) return [];
    return [
      {
        subject: noWords("monitor", "host"),
        verdict: {
          state: "wrong",
          cause: "the machine was started anew",
          sinceMs: noticed.wallMs,
          severity: "info",
          grade: 0,
          facts: {},
        },
      },
    ];
  }
}
