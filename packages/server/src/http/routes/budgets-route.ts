import type { BudgetStanding, BudgetState } from "../../cost/budget-standings.js";
import type { AlertsView } from "../alerts-view.js";
import { integerParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "../schema.js";
import { timestampFromMs } from "../timestamp.js";

/** The state of the budgets. */
export interface BudgetsView {
  /** With at most this many keys each, highest spend first. */
  states(mostKeys: number): readonly BudgetState[];
}

interface Parts {
  readonly budgets: BudgetsView;
  readonly alerts: Pick<AlertsView, "openAlerts" | "tellsOf">;
}

const parameters = {
  top: integerParameter(
    1,
    1_000,
    "With `each`: at most this many keys, the highest spend first; 100 if not given.",
  ),
};

const patterns = { type: ["array", "null"], items: textSchema };

const standingSchema = objectSchema({
  key: { ...orNull(textSchema), description: "With `each`, the channel, model or feature; else null." },
  spent_usd: { ...amountSchema, description: "The known cost of the calls of the period." },
  share: { ...amountSchema, description: "That divided by the budget." },
  forecast_usd: {
    ...orNull(amountSchema),
    description:
      "What will have been spent at the period's end; null before a fifth of it is over, or where `forecast` is off.",
  },
  calls: countSchema,
  tokens: { ...countSchema, description: "In and out." },
  cost_coverage: {
    ...orNull(amountSchema),
    description: "The share of the tokens whose cost is known; null where there are none.",
  },
  at_least: { type: "boolean", description: "Less than 80 % of the tokens have a known cost." },
  steps: listSchema(
    objectSchema({
      pct: countSchema,
      usd: amountSchema,
      passed: { type: "boolean" },
      told: { ...listSchema(textSchema), description: "The receivers that were told of it in this period." },
    }),
  ),
  forecast_told: { ...listSchema(textSchema), description: "The receivers that were told of the forecast." },
});

const schema = objectSchema({
  budgets: listSchema(
    objectSchema({
      name: textSchema,
      usd: amountSchema,
      per: { type: "string", enum: ["day", "week", "month"] },
      timezone: textSchema,
      each: { type: ["string", "null"], enum: ["channel", "model", "feature", null] },
      channel: { ...patterns, description: "Only calls of these; null: all." },
      model: patterns,
      feature: patterns,
      forecast: { type: "boolean", description: "Whether the forecast is told." },
      period: { ...textSchema, description: "The period that runs: 2026-11-26, 2026-W48 or 2026-11." },
      from: { ...timeSchema, description: "Its start, in UTC." },
      to: { ...timeSchema, description: "Its end, not included." },
      known: {
        type: "boolean",
        description:
          "Whether it is known what was spent before the monitor's start; if not, nothing is said.",
      },
      keys: { ...countSchema, description: "Number of keys, including those beyond `top`." },
      standings: listSchema(standingSchema),
    }),
  ),
});

/** How much of each budget is spent in the current period, and who was notified. */
export function budgetsRoute({ budgets, alerts }: Parts): Route {
  return routeOf({
    path: "/api/v1/budgets",
    id: "listBudgets",
    summary: "The budgets: what is spent, what is expected, and who was told",
    parameters,
    schema,
    answer: ({ query }) => {
      const { top = 100 } = query;
      const told = toldOf(alerts);
      return { kind: "json", value: { budgets: budgets.states(top).map((state) => stateJson(state, told)) } };
    },
  });
}

/** Who knows of a step, or of the forecast, of a subject. */
type Told = (rule: string, subject: string, pct: number) => readonly string[];

function toldOf(alerts: Pick<AlertsView, "openAlerts" | "tellsOf">): Told {
  const open = new Map(
    alerts
      .openAlerts()
      .filter(({ subject }) => subject.kind === "budget")
      .map(({ rule, subject, alertId }) => [`${rule}\n${subject.name}`, alertId]),
  );
  return (rule, subject, pct) => {
    const alertId = open.get(`${rule}\n${subject}`);
    if (alertId === undefined) return [];
    const knows = alerts.tellsOf(alertId).filter(({ phase, grade }) => phase === "told" && grade >= pct);
    return knows.map(({ receiver }) => receiver);
  };
}

function stateJson({ budget, period, isKnown, standings, keys }: BudgetState, told: Told): object {
  const { name, usd, per, timezone, each, channel, model, feature, forecast } = budget;
  return {
    name,
    usd,
    per,
    timezone,
    each,
    channel,
    model,
    feature,
    forecast,
    period: period.name,
    from: timestampFromMs(period.fromMs),
    to: timestampFromMs(period.toMs),
    known: isKnown,
    keys,
    standings: standings.map((standing) => standingJson(standing, told)),
  };
}

function standingJson(standing: BudgetStanding, told: Told): object {
  const { budget, key, spentUsd, forecastUsd, calls, tokens, coverage, step, subject, isAtLeast } = standing;
  return {
    key,
    spent_usd: rounded(spentUsd),
    share: rounded(spentUsd / budget.usd),
    forecast_usd: forecastUsd === null ? null : rounded(forecastUsd),
    calls,
    tokens,
    cost_coverage: coverage,
    at_least: isAtLeast,
    steps: budget.steps.map((pct, i) => ({
      pct,
      usd: rounded((budget.usd * pct) / 100),
      passed: i <= step,
      told: told("budget", subject, pct),
    })),
    forecast_told: told("forecast", subject, 0),
  };
}

/** Without what binary sums have behind the last place that anybody pays. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
