import { noWords } from "../episode.js";
import type { Finding, RuleTerms, SystemRule } from "../rule.js";

/** What is wrong with the monitor itself, as `/healthz` says it. */
export interface MonitorProblem {
  readonly code: string;
  readonly detail: string;
  readonly sinceMs: number;
}

/** Problems that have a rule of their own. */
const told: ReadonlySet<string> = new Set(["receiver_broken", "queue_shedding"]);

/** The monitor has a problem: an alert for each code. */
export class MonitorTrouble implements SystemRule {
  readonly terms: RuleTerms;
  readonly #problems: () => readonly MonitorProblem[];

  constructor(terms: RuleTerms, problems: () => readonly MonitorProblem[]) {
    this.terms = terms;
    this.#problems = problems;
  }

  judgeAll(): readonly Finding[] {
    return this.#problems()
      .filter(({ code }) => !told.has(code))
      .map(({ code, detail, sinceMs }) => ({
        subject: noWords("monitor", code),
        verdict: {
          state: "wrong",
          cause: detail,
          sinceMs,
          severity: "critical",
          grade: 0,
          facts: { code },
        },
      }));
  }
}
