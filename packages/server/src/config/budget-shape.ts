import { quotedText } from "../quoted-text.js";
import { channelPattern, namePattern } from "./alert-rule-shape.js";
import type { BudgetSettings } from "./budget-settings.js";
import { mapping } from "./mapping.js";
import { flag, listOf, made, number, oneOf, type Shape, textOf } from "./shape.js";
import { zone } from "./zone-shape.js";

const mostUsd = 1_000_000_000;
const mostSteps = 20;
const mostPct = 1_000;
const periods = ["day", "week", "month"] as const;
const names = ["channel", "model", "feature"] as const;

/** A budget before its zone is known; null: that of `--timezone`. */
type GivenBudget = Omit<BudgetSettings, "timezone"> & { readonly timezone: string | null };

const budget = made(
  mapping({
    name: {
      shape: textOf("^[A-Za-z0-9_.-]{1,64}$", "a name of letters, digits, _ . and -"),
      help: "What the budget is called in notices and lists.",
      required: true,
    },
    usd: {
      shape: number(0, mostUsd, { exclusive: true }),
      help: "How many US dollars may be spent in each period.",
      required: true,
    },
    per: {
      shape: oneOf(periods),
      help: "The period; weeks begin on Monday.",
      required: true,
    },
    timezone: { shape: zone, help: "Where periods begin at midnight; monitoring.timezone, if not given." },
    each: {
      shape: oneOf(names),
      help: "Each of them may spend so much; all together, if not given.",
    },
    channel: { shape: listOf(channelPattern), help: "Only calls of these bots." },
    model: { shape: listOf(namePattern), help: "Only calls of these models." },
    feature: { shape: listOf(namePattern), help: "Only calls for these features." },
    steps: {
      shape: listOf(number(1, mostPct, { whole: true }), mostSteps),
      help: "Percent of the budget, each told once in a period; 50, 80 and 100, if not given.",
    },
    forecast: {
      shape: flag,
      help: "Whether it is told that the budget will not suffice; yes, if not given.",
    },
  }),
  (given, fault): GivenBudget | undefined => {
    const { name, usd, per, timezone = null, each = null, channel = null, model = null } = given;
    const { feature = null, steps = [50, 80, 100], forecast = true } = given;
    const twice = steps.find((step, i) => steps.indexOf(step) !== i);
    if (twice !== undefined) return fault(`expected each step once; got ${twice} twice`, "steps");
    const rising = [...steps].sort((a, b) => a - b);
    return { name, usd, per, timezone, each, channel, model, feature, steps: rising, forecast };
  },
);

const budgets = listOf(budget);

/** The section `budgets:`; each has a name of its own. */
export const budgetsShape: Shape<readonly GivenBudget[]> = {
  schema: budgets.schema,
  read: (tree, path, reading) => {
    const read = budgets.read(tree, path, reading);
    if (read === undefined || tree.kind !== "list") return read;
    const used = read.map(({ name }) => name);
    const again = used.findIndex((name, i) => used.indexOf(name) !== i);
    const entry = tree.items[again];
    if (entry === undefined) return read;
    const first = used.indexOf(used[again] as string);
    const named = entry.kind === "mapping" ? entry.pairs.find(({ name }) => name === "name") : undefined;
    return reading.fault(
      named?.value ?? entry,
      `${path}[${again}].name`,
      `expected a name of its own; ${quotedText(used[again] as string)} is that of ${path}[${first}]`,
    );
  },
};
