import type { BudgetStanding } from "../../cost/budget-standings.js";
import { coverageText, periodText, shareText, usdText } from "../../cost/budget-text.js";
import type { Episode, Subject } from "../episode.js";
import type { Moment } from "../moment.js";
import type { Facts, Severity } from "../notice.js";
import type { Finding, RuleTerms, Standpoint, SystemRule } from "../rule.js";

/** The state of the budgets. A budget whose sum is not known yet is left out. */
export interface BudgetSource {
  /** Each that passed a step in its period; the same object until the next one. */
  passed(): readonly BudgetStanding[];
  /** Each that will not suffice. */
  expected(): readonly BudgetStanding[];
  /** Budgets of all bots together, and a bot's own. */
  about(name: string): readonly BudgetStanding[];
  /** Whether nothing more is to be said of a period that ended then. */
  isOver(name: string, usd: number, untilMs: number, openedMs: number): boolean;
}

export interface BudgetRuleOptions {
  readonly terms: RuleTerms;
  readonly budgets: BudgetSource;
  /** The operator's words on a bot. */
  readonly subjectOf: (channel: string) => Subject;
}

/** From this share of the budget on it is grave. */
const wholePct = 100;

/**
 * A step of a budget is passed. It is reported once in a period: its alert stays open until the
 * period is over, whatever the sum is after a restart, and ends silently.
 */
export class BudgetSteps implements SystemRule {
  readonly #options: BudgetRuleOptions;
  readonly #findings = new WeakMap<BudgetStanding, Finding>();
  /** The steps that are reported now; null until somebody asks in this turn. */
  #said: ReadonlySet<string> | null = null;

  constructor(options: BudgetRuleOptions) {
    this.#options = options;
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  judgeAll({ wallMs }: Moment): readonly Finding[] {
    this.#said = null;
    return this.#options.budgets.passed().map((standing) => {
      const known = this.#findings.get(standing);
      if (known !== undefined) return known;
      const pct = stepOf(standing) ?? 0;
      const severity = pct >= wholePct ? "critical" : "warning";
      const finding = findingOf(
        standing,
        this.#options,
        spentText(standing),
        severity,
        pct,
        standing.passedMs ?? wallMs,
      );
      this.#findings.set(standing, finding);
      return finding;
    });
  }

  /** Not while the step is still reported, or its alert would be opened and sent again. */
  isOver(episode: Episode): boolean {
    const { budgets } = this.#options;
    if (!isOver(episode, budgets)) return false;
    this.#said ??= new Set(budgets.passed().map(({ subject, budget }) => `${budget.usd} ${subject}`));
    return !this.#said.has(`${episode.facts["limit_usd"]} ${episode.subject.name}`);
  }

  about(name: string): readonly Standpoint[] {
    return this.#options.budgets.about(name).map((standing) => {
      const { budget, step } = standing;
      const next = budget.steps[step + 1];
      const passed = step < 0 ? "no step is passed" : `${budget.steps[step]} % is passed`;
      const then = next === undefined ? "; it was the last step" : `; the next step is ${next} %`;
      return {
        subject: standing.subject,
        state: step < 0 ? "fine" : "wrong",
        text: `${budget.name}: ${spentText(standing)}: ${passed}${then}`,
        facts: factsOf(standing),
      };
    });
  }
}

/** A budget will not suffice, as it looks. Told once in a period. */
export class BudgetForecast implements SystemRule {
  readonly #options: BudgetRuleOptions;

  constructor(options: BudgetRuleOptions) {
    this.#options = options;
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  judgeAll({ wallMs }: Moment): readonly Finding[] {
    return this.#options.budgets
      .expected()
      .map((standing) => findingOf(standing, this.#options, expectedText(standing), "warning", 0, wallMs));
  }

  isOver(episode: Episode): boolean {
    return isOver(episode, this.#options.budgets);
  }

  about(name: string): readonly Standpoint[] {
    return this.#options.budgets
      .about(name)
      .filter(({ budget }) => budget.forecast)
      .map((standing) => {
        const { budget, forecastUsd, spentUsd } = standing;
        const isWrong = forecastUsd !== null && forecastUsd > budget.usd && spentUsd < budget.usd;
        const early = `${budget.name}: nothing is foretold before a fifth of the period is over`;
        return {
          subject: standing.subject,
          state: forecastUsd === null ? "unknown" : isWrong ? "wrong" : "fine",
          text: forecastUsd === null ? early : `${budget.name}: ${expectedText(standing)}`,
          facts: factsOf(standing),
        };
      });
  }
}

/** `$40.10 of $50.00 in November 2026 (80 %), $57.00 expected; cost of 93 % of tokens known` */
function spentText(standing: BudgetStanding): string {
  const { budget, period, spentUsd, forecastUsd, coverage, isAtLeast } = standing;
  const least = isAtLeast ? "at least " : "";
  const share = `${least}${shareText(spentUsd / budget.usd)}`;
  const expected = forecastUsd === null ? "" : `, ${least}${usdText(forecastUsd)} expected`;
  const spent = `${least}${usdText(spentUsd)} of ${usdText(budget.usd)} ${periodText(period)} (${share})`;
  return `${spent}${expected}; ${coverageText(coverage)}`;
}

function expectedText(standing: BudgetStanding): string {
  const { budget, period, spentUsd, forecastUsd, coverage, isAtLeast } = standing;
  const least = isAtLeast ? "at least " : "";
  const expected = `${least}${usdText(forecastUsd ?? 0)} expected of ${usdText(budget.usd)}`;
  const spent = `${least}${usdText(spentUsd)} spent`;
  return `${expected} ${periodText(period)}, ${spent}; ${coverageText(coverage)}`;
}

function findingOf(
  standing: BudgetStanding,
  { subjectOf }: BudgetRuleOptions,
  cause: string,
  severity: Severity,
  grade: number,
  /** When it was passed or forecast; now if unknown, because the period began long before. */
  sinceMs: number,
): Finding {
  const { budget, key, subject: name } = standing;
  const subject: Subject =
    budget.each === "channel" && key !== null
      ? { ...subjectOf(key), kind: "budget", name, bot: key }
      : { kind: "budget", name, note: null, runbook: null, labels: {} };
  const facts = factsOf(standing);
  return { subject, verdict: { state: "wrong", cause, sinceMs, severity, grade, facts } };
}

function factsOf(standing: BudgetStanding): Facts {
  const { budget, key, period, spentUsd, forecastUsd, coverage } = standing;
  return {
    budget: budget.name,
    period: period.name,
    period_from_ms: period.fromMs,
    period_to_ms: period.toMs,
    ...(budget.each === null ? {} : { [budget.each]: key }),
    step_pct: stepOf(standing),
    spent_usd: spentUsd,
    limit_usd: budget.usd,
    forecast_usd: forecastUsd,
    cost_coverage: coverage,
  };
}

function stepOf({ budget, step }: BudgetStanding): number | null {
  return budget.steps[step] ?? null;
}

function isOver({ facts, openedMs }: Episode, budgets: BudgetSource): boolean {
  const { budget, limit_usd: usd, period_to_ms: untilMs } = facts;
  if (typeof budget !== "string" || typeof usd !== "number" || typeof untilMs !== "number") return true;
  return budgets.isOver(budget, usd, untilMs, openedMs);
}
