import { medianOf } from "../median.js";
import type { Figure, Table } from "../table.js";
import { Baseline } from "./baseline.js";
import { cellOf, ratiosOf, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import type { WriteOrder } from "./line-load.js";
import { withLineLoad } from "./lines.js";
import { Monitor, type MonitorOptions } from "./monitor.js";

const runs = 3;
/**
 * As many lines first, that are not counted: what a start alone needs, and what the compilers do.
 */
const warmUp = 1;
/**
 * What the Python monitor commits per second over one connection, as it was measured when this one
 * was planned.
 */
const pythonRowsPerS = 2_618;

interface Sustained {
  readonly rowsPerS: number;
  readonly cpuUsPerRow: number;
}

interface Case {
  readonly name: string;
  readonly connections: number;
  readonly order: WriteOrder;
  /**
   * The bare loop has a transaction per chunk: with chunks of one line it gets fewer of them, to be
   * done today.
   */
  readonly bareLines: number;
}

const cases: readonly Case[] = [
  {
    name: "50 connections, 100 lines a write, each with all 200 bots",
    connections: 50,
    order: { type: "llm_usage", lines: 100_000, perWrite: 100, botsEach: 200, window: 60_000 },
    bareLines: 100_000,
  },
  {
    name: "50 connections, 100 lines a write, each with 4 bots of its own",
    connections: 50,
    order: { type: "llm_usage", lines: 100_000, perWrite: 100, botsEach: 4, window: 60_000 },
    bareLines: 100_000,
  },
  {
    name: "the same, of models without a price",
    connections: 50,
    order: {
      type: "llm_usage",
      lines: 100_000,
      perWrite: 100,
      botsEach: 4,
      models: ["own-1", "own-2", "own-3"],
      window: 60_000,
    },
    bareLines: 100_000,
  },
  {
    name: "1,000 connections, a line a write, each with a bot of its own",
    connections: 1_000,
    order: { type: "llm_usage", lines: 80_000, perWrite: 1, botsEach: 1, window: 60_000 },
    bareLines: 3_000,
  },
];

/** Usage lines from the socket to the committed row: what is sustained without loss. */
export async function rowsTables(): Promise<Table[]> {
  const sustained: string[][] = [];
  const sustainedFigures: Figure[] = [];
  for (const one of cases) {
    const ours: Sustained[] = [];
    const bare: Sustained[] = [];
    const least: Sustained[] = [];
    for (let run = 0; run < runs; run++) {
      bare.push(await loopRun(one, await Baseline.start(bareLoop), one.bareLines));
      least.push(await loopRun(one, await Baseline.start(gatheringLoop, withCostsOf(one)), one.order.lines));
      ours.push(await sustainedRun(one));
    }
    const rates = (of: readonly Sustained[]) => of.map(({ rowsPerS }) => rowsPerS);
    const cpu = (of: readonly Sustained[]) => cellOf(of.map(({ cpuUsPerRow }) => cpuUsPerRow));
    const toBare = medianOf(ratiosOf(rates(ours), rates(bare))).median;
    sustainedFigures.push(
      { name: `server: ${one.name}, rows/s to bare`, value: toBare, better: "more" },
      {
        name: `server: ${one.name}, CPU a row`,
        value: medianOf(ours.map(({ cpuUsPerRow }) => cpuUsPerRow)).median,
        better: "less",
      },
    );
    sustained.push([
      one.name,
      cellOf(rates(ours), thousands),
      cellOf(rates(bare), thousands),
      cellOf(ratiosOf(rates(ours), rates(bare)), times),
      `${(medianOf(rates(ours)).median / pythonRowsPerS).toFixed(0)} x`,
      cpu(ours),
      cpu(bare),
      cellOf(rates(least), thousands),
      cellOf(ratiosOf(rates(least), rates(bare)), times),
      cpu(least),
    ]);
  }
  return [
    {
      title: "From the socket to the committed row, without loss",
      method: `Usage lines of models that have a price, but where the row says otherwise, until the last row can be read by another connection. The load writes as fast as rows are committed: at most 60,000 lines are on their way, of the 100,000 that may wait. Beside it a bare loop, one thread that reads, splits, calls \`JSON.parse\` and inserts with better-sqlite3 into the same table and index (WAL, synchronous FULL), a transaction per chunk, after as many lines that are not counted; so what it costs depends on how many channels a chunk holds, each with a page of the index to write. Least is what storing these rows takes at all: one such thread with all that makes inserting cheap (10,000 rows a transaction, channel by channel, 20 a statement, and a second row for the cost where the model has a price), without validation, registry, counters, prices, rollups and what a retry needs: the monitor has that to do as well. The Python monitor committed ${pythonRowsPerS} rows/s on the machine of the plan. Median of ${runs} runs in turn (least to most). ${cores.text}`,
      columns: [
        "load",
        "monitor, rows/s",
        "bare loop, rows/s",
        "ratio",
        "to Python",
        "monitor, CPU µs/row",
        "bare, CPU µs/row",
        "least, rows/s",
        "least to bare",
        "least, CPU µs/row",
      ],
      rows: sustained,
      figures: sustainedFigures,
    },
  ];
}

const bareLoop = new URL("./bare-monitor.ts", import.meta.url);
const gatheringLoop = new URL("./gathering-loop.ts", import.meta.url);
const withCostsOf = ({ order }: Case) => ({ withCosts: order.models === undefined });

/** What a loop sustains, which is ended afterwards. */
async function loopRun({ connections, order }: Case, baseline: Baseline, lines: number): Promise<Sustained> {
  try {
    const { socketPath, databasePath } = baseline;
    return await withLineLoad(socketPath, connections, async (write) => {
      await write({ ...order, lines: lines * warmUp, databasePath });
      const before = baseline.cpuTime().all;
      const { committedMs } = await write({ ...order, lines, databasePath });
      const cpu = baseline.cpuTime().all - before;
      return { rowsPerS: (lines / committedMs) * 1_000, cpuUsPerRow: cpu / lines / 1_000 };
    });
  } finally {
    await baseline.stop();
  }
}

/** How a sustained load is measured. */
export interface SustainedOptions {
  readonly monitor?: MonitorOptions;
  /** Resolves when the monitor can be measured. */
  readonly ready?: () => Promise<void>;
  /** Called when its rows are committed. */
  readonly committed?: (monitor: Monitor) => void;
}

/** After a warm-up, as fast as rows are committed. */
export async function sustainedRun(
  { connections, order }: Pick<Case, "connections" | "order">,
  { monitor: options, ready, committed }: SustainedOptions = {},
): Promise<Sustained> {
  const monitor = await Monitor.start(options);
  try {
    await ready?.();
    const { socketPath, databasePath } = monitor;
    return await withLineLoad(socketPath, connections, async (write) => {
      await write({ ...order, lines: order.lines * warmUp, databasePath });
      const before = monitor.cpuTime().all;
      const { committedMs } = await write({ ...order, databasePath });
      const cpu = monitor.cpuTime().all - before;
      const { shed } = await monitor.account();
      if (shed["llm_usage"] !== 0) throw new Error(`${shed["llm_usage"]} rows were shed at a sustained load`);
      committed?.(monitor);
      return { rowsPerS: (order.lines / committedMs) * 1_000, cpuUsPerRow: cpu / order.lines / 1_000 };
    });
  } finally {
    await monitor.stop();
  }
}
