import { UsageError } from "../config/usage-error.js";
import { shareText, usdText } from "../cost/budget-text.js";
import { answerOf } from "./api-answer.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { unknownText } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import type { Style } from "./terminal.js";

/** A budget as the API has it. */
interface BudgetAnswer {
  readonly name: string;
  readonly usd: number;
  readonly each: string | null;
  readonly period: string;
  readonly known: boolean;
  readonly keys: number;
  readonly standings: readonly StandingAnswer[];
}

interface StandingAnswer {
  readonly key: string | null;
  readonly spent_usd: number;
  readonly share: number;
  readonly forecast_usd: number | null;
  readonly cost_coverage: number | null;
  readonly at_least: boolean;
  readonly steps: readonly {
    readonly pct: number;
    readonly passed: boolean;
    readonly told: readonly string[];
  }[];
}

interface Row extends Pick<BudgetAnswer, "name" | "usd" | "period"> {
  /** Null if its sum is not known yet, or no key has spent anything. */
  readonly standing: StandingAnswer | null;
  readonly note: string;
}

const columns: readonly Column<Row>[] = [
  { head: "BUDGET", text: ({ name }) => name, least: 8, gives: 2 },
  { head: "OF", text: ({ standing }) => standing?.key ?? unknownText, least: 14, gives: 3 },
  { head: "PERIOD", text: ({ period }) => period, gives: 1 },
  { head: "SPENT", text: ({ standing }) => sumText(standing, standing?.spent_usd), align: "right" },
  { head: "LIMIT", text: ({ usd }) => usdText(usd), align: "right" },
  {
    head: "SHARE",
    text: ({ standing }) => (standing === null ? unknownText : shareText(standing.share)),
    align: "right",
    style: ({ standing }) => styleOf(standing),
  },
  { head: "EXPECTED", text: ({ standing }) => sumText(standing, standing?.forecast_usd), align: "right" },
  {
    head: "KNOWN",
    text: ({ standing }) =>
      standing === null || standing.cost_coverage === null ? unknownText : shareText(standing.cost_coverage),
    align: "right",
  },
  { head: "REPORTED", text: ({ note }) => note, below: true },
];

/** Shows the budgets in the current period. The exit code is 1 if one is spent. */
export async function runBudgets(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const top = Number(options["top"] ?? 20);
  if (!(Number.isInteger(top) && top >= 1 && top <= 1_000)) {
    throw new UsageError(["--top: expected a whole number from 1 to 1000"]);
  }
  const answer = await answerOf(context, options, `/api/v1/budgets?top=${top}`);
  const budgets = answer["budgets"] as readonly BudgetAnswer[];
  if (options["json"] === true) terminal.printJson({ budgets });
  else if (budgets.length === 0) terminal.print("No budget is set: see budgets: in the config file.");
  else {
    const rows = budgets.flatMap(rowsOf);
    const isByKey = rows.some(({ standing }) => standing !== null && standing.key !== null);
    terminal.print(
      tableText(
        columns.filter(({ head }) => isByKey || head !== "OF"),
        rows,
        terminal,
      ),
    );
    for (const { name, keys, standings, each } of budgets) {
      if (keys > standings.length)
        terminal.note(`${name}: ${standings.length} of ${keys} (${each}) are shown; --top shows more.`);
    }
  }
  const isSpent = budgets.some(({ standings }) => standings.some(({ share }) => share >= 1));
  return isSpent ? exitCodes.problem : exitCodes.ok;
}

function rowsOf(budget: BudgetAnswer): readonly Row[] {
  const { name, usd, period, known, standings, each } = budget;
  if (!known) {
    return [{ name, usd, period, standing: null, note: "reading what was spent before the start" }];
  }
  if (standings.length === 0) {
    return [{ name, usd, period, standing: null, note: `no ${each} has spent anything` }];
  }
  return standings.map((standing) => ({ name, usd, period, standing, note: noteOf(standing) }));
}

function noteOf({ steps, at_least: isAtLeast }: StandingAnswer): string {
  const passed = steps.filter((step) => step.passed).at(-1);
  const told = new Set(steps.flatMap((step) => step.told));
  const who = told.size === 0 ? "nobody was notified" : `notified: ${[...told].join(", ")}`;
  const step = passed === undefined ? "no step passed" : `${passed.pct} % passed, ${who}`;
  return isAtLeast ? `${step}; more was spent on calls of unknown cost` : step;
}

/** `>` before a sum whose cost is known for less than 80 % of the tokens. */
function sumText(standing: StandingAnswer | null, usd: number | null | undefined): string {
  if (standing === null || usd === null || usd === undefined) return unknownText;
  return `${standing.at_least ? ">" : ""}${usdText(usd)}`;
}

function styleOf(standing: StandingAnswer | null): Style | undefined {
  if (standing === null || !standing.steps.some(({ passed }) => passed)) return undefined;
  return standing.share >= 1 ? "red" : "yellow";
}
