import { isolate } from "../isolate.js";
import { medianOf } from "../median.js";
import { Database } from "../store/driver.js";
import type { Table } from "../table.js";
import { cellOf, percent, ratiosOf, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import type { Monitor } from "./monitor.js";
import { sustainedRun } from "./rows-table.js";

const budgetNs = 100;
const budgetRows = 0.9;

const calls = {
  flat: "three models at one price each",
  kinds: "1,024 pairs of a model and a feature, each once in a chunk",
  dated: "a model whose price has changed",
  unpriced: "three models without a price",
  told: "the bot told the cost",
} as const;
export type PricedCalls = keyof typeof calls;

/** Nanoseconds a row, round by round, and how many of the rows got a price. */
export interface PricingTimes {
  readonly ours: number[];
  readonly bare: number[];
  pricedShare: number;
}

const connections = 50;
const order = { type: "llm_usage", perWrite: 100, botsEach: 4, window: 60_000 } as const;
/** Of one length, so that the lines are. */
const pricedModels = ["gpt-4o-mini", "gpt-4o", "o3-mini"];
const unpricedModels = ["my-4o-mini_", "my-4o_", "my-mini"];

/**
 * What pricing costs: the main thread for each row, and the way from the socket to the committed
 * row.
 */
export async function pricingTables(isQuick: boolean): Promise<readonly Table[]> {
  return [await mainThreadTable(isQuick ? 3 : 11), await committedTable(isQuick)];
}

async function mainThreadTable(rounds: number): Promise<Table> {
  const rows: string[][] = [];
  const figures = [];
  for (const [name, words] of Object.entries(calls)) {
    const module = new URL("./pricing.ts", import.meta.url).href;
    const { ours, bare, pricedShare } = await isolate<PricingTimes>(module, [name, String(rounds)]);
    rows.push([words, `${budgetNs}`, cellOf(ours), cellOf(bare), percent(pricedShare)]);
    figures.push({
      name: `server: pricing, ${words}`,
      value: medianOf(ours).median,
      better: "less" as const,
    });
  }
  return {
    title: "Pricing a call",
    method: `Nanoseconds of the main thread for each row of a chunk of the queue, 1,024 rows, by the table of prices that comes with the program. Beside it one price, multiplied and kept. Each case in a process of its own; median of ${rounds} rounds in turn (least to most).`,
    columns: ["calls", "budget, ns a row", "ours, ns a row", "one price, ns a row", "priced"],
    rows,
    figures,
  };
}

async function committedTable(isQuick: boolean): Promise<Table> {
  const runs = isQuick ? 1 : 5;
  const lines = isQuick ? 5_000 : 100_000;
  const priced: Run[] = [];
  const unpriced: Run[] = [];
  for (let run = 0; run < runs; run++) {
    // Who goes first changes from run to run.
    if (run % 2 === 0) unpriced.push(await committedRun(lines, unpricedModels));
    priced.push(await committedRun(lines, pricedModels));
    if (run % 2 === 1) unpriced.push(await committedRun(lines, unpricedModels));
  }
  const rates = (of: readonly Run[]) => of.map(({ rowsPerS }) => rowsPerS);
  const cpu = (of: readonly Run[]) => of.map(({ cpuUsPerRow }) => cpuUsPerRow);
  const shares = (of: readonly Run[]) =>
    cellOf(
      of.map(({ pricedShare }) => pricedShare),
      percent,
    );
  const speed = ratiosOf(rates(priced), rates(unpriced));
  return {
    title: "From the socket to the committed row, priced",
    method: `${lines.toLocaleString("en")} usage lines over ${connections} connections, 100 lines a write, each with 4 bots of its own, as fast as rows are committed; all calls of models that the table has a price for, beside all calls of models that it has none for. Median of ${runs} runs in turn (least to most); speed is above 1 where priced calls are faster. ${cores.text}`,
    columns: ["figure", "budget", "unpriced", "priced", "speed"],
    rows: [
      [
        "rows/s",
        times(budgetRows),
        cellOf(rates(unpriced), thousands),
        cellOf(rates(priced), thousands),
        cellOf(speed, times),
      ],
      ["CPU of the monitor, µs a row", "", cellOf(cpu(unpriced)), cellOf(cpu(priced)), ""],
      ["calls with a price", "", shares(unpriced), shares(priced), ""],
    ],
    figures: [{ name: "server: rows/s priced to unpriced", value: medianOf(speed).median, better: "more" }],
  };
}

interface Run {
  readonly rowsPerS: number;
  readonly cpuUsPerRow: number;
  readonly pricedShare: number;
}

async function committedRun(lines: number, models: readonly string[]): Promise<Run> {
  let pricedShare = Number.NaN;
  const found = await sustainedRun(
    { connections, order: { ...order, lines, models } },
    {
      committed: (monitor) => {
        pricedShare = pricedShareOf(monitor);
      },
    },
  );
  return { ...found, pricedShare };
}

/** Of the calls that are committed. */
function pricedShareOf({ databasePath }: Monitor): number {
  const db = new Database(databasePath, { readonly: true });
  try {
    const share =
      "SELECT avg(x.price_id IS NOT NULL) FROM llm_usage AS u LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id";
    return db.prepare(share).pluck().get() as number;
  } finally {
    db.close();
  }
}
