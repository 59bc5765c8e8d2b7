import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { medianOf } from "../median.js";
import type { Figure, Table } from "../table.js";
import { cellOf, percent, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import type { WriteOrder } from "./line-load.js";
import { settle, withLineLoad } from "./lines.js";
import { Monitor } from "./monitor.js";
import { CommittedRows, type RowType } from "./rows.js";

interface Case {
  readonly name: string;
  readonly connections: number;
  readonly order: WriteOrder & { readonly type: RowType };
  /** Whether they come through the listener of a user. */
  readonly isOfPrincipal?: boolean;
}

interface Flood {
  readonly losslessPerS: number;
  readonly arrivedPerS: number;
  readonly committedPerS: number;
  readonly goodput: number;
  readonly shedShare: number;
  readonly unaccounted: number;
}

/** How long each part of a run takes at the rate that is stored without loss. */
interface Spans {
  readonly runs: number;
  /** How many rows may wait. */
  readonly queueLimit: number;
  /** On their way while nothing is to be lost. */
  readonly window: number;
  /** Not counted: what a start alone needs, and what the compilers do. */
  readonly warmUpLines: number;
  readonly losslessS: number;
  readonly floodS: number;
  /** So many times as many lines arrive as are stored without loss. */
  readonly excess: number;
}

const usual: Spans = {
  runs: 3,
  queueLimit: 100_000,
  window: 40_000,
  warmUpLines: 150_000,
  losslessS: 1.5,
  floodS: 3,
  excess: 2,
};
/** Of a process that has just started: it gets faster while it is measured. */
const quick: Spans = {
  runs: 1,
  queueLimit: 5_000,
  window: 4_000,
  warmUpLines: 5_000,
  losslessS: 0.5,
  floodS: 0.2,
  excess: 20,
};

/** It is tried so often to fill the queue, with what arrives in half a second. */
const mostFills = 40;
const triesPerRate = 8;

const calls = { type: "llm_usage", lines: 0, perWrite: 100, botsEach: 4 } as const;
const cases: readonly Case[] = [
  { name: "calls, 50 connections, 100 lines a write", connections: 50, order: calls },
  {
    name: "calls, 1,000 connections, a line a write",
    connections: 1_000,
    order: { ...calls, perWrite: 1, botsEach: 1 },
  },
  {
    name: "calls of a user, 50 connections, 100 lines a write",
    connections: 50,
    order: calls,
    isOfPrincipal: true,
  },
  {
    name: "custom metrics, 50 connections, 100 lines a write",
    connections: 50,
    order: { ...calls, type: "custom_metric" },
  },
];

/** What is stored while twice as many rows arrive as can be stored. */
export async function floodTable(isQuick: boolean): Promise<Table> {
  const spans = isQuick ? quick : usual;
  const rows: string[][] = [];
  const figures: Figure[] = [];
  for (const one of isQuick ? cases.filter(({ connections }) => connections === 50) : cases) {
    const floods: Flood[] = [];
    for (let run = 0; run < spans.runs; run++) floods.push(await flood(one, spans));
    const all = (of: (flood: Flood) => number) => floods.map(of);
    const goodputs = all(({ goodput }) => goodput);
    figures.push({
      name: `server: flood of ${one.name}, goodput`,
      value: medianOf(goodputs).median,
      better: "more",
    });
    rows.push([
      one.name,
      cellOf(
        all(({ losslessPerS }) => losslessPerS),
        thousands,
      ),
      cellOf(
        all(({ arrivedPerS }) => arrivedPerS),
        thousands,
      ),
      cellOf(
        all(({ committedPerS }) => committedPerS),
        thousands,
      ),
      cellOf(goodputs, times),
      cellOf(
        all(({ shedShare }) => shedShare),
        percent,
      ),
      String(all(({ unaccounted }) => unaccounted).reduce((sum, count) => sum + count, 0)),
    ]);
  }
  return {
    title: "Goodput in a flood",
    method: `Rows committed in a second while ${spans.excess} times as many lines arrive as are stored without loss, for ${spans.floodS} s after the queue is full: the monitor never pauses a socket, so what is more than ${spans.queueLimit.toLocaleString("en")} rows ahead of the store is shed, the oldest first, and counted. Goodput is their rate to that without loss (at most ${spans.window.toLocaleString("en")} lines on their way), which the same monitor is measured at before and after the flood. Arrived and shed are of those seconds; unaccounted is lines written, less rows committed, less rows shed, over all runs. Median of ${spans.runs} runs (least to most). ${cores.text}`,
    columns: [
      "load",
      "without loss, rows/s",
      "arrived, lines/s",
      "committed, rows/s",
      "goodput",
      "shed",
      "unaccounted",
    ],
    rows,
    figures,
  };
}

async function flood(one: Case, spans: Spans): Promise<Flood> {
  const { connections, order } = one;
  const folder = mkdtempSync(join(tmpdir(), "kissbot-flood-"));
  const path = join(folder, "user.sock");
  const flags = ["--queue-limit", String(spans.queueLimit)];
  const listen = ["--listen", `unix:${path}?as=user&channels=twitch_*`];
  const monitor = await Monitor.start(
    one.isOfPrincipal ? { token: "a-token-of-a-benchmark", flags: [...flags, ...listen] } : { flags },
  );
  try {
    const socketPath = one.isOfPrincipal ? path : monitor.socketPath;
    return await withLineLoad(socketPath, connections, async (write) => {
      const { databasePath } = monitor;
      let written = 0;
      const writeLines = (lines: number, more: Partial<WriteOrder>) => {
        const whole = Math.ceil(lines / order.perWrite) * order.perWrite;
        written += whole;
        return write({ ...order, lines: whole, databasePath, ...more });
      };
      const losslessPerS = async (lines: number): Promise<number> => {
        const before = written;
        const { committedMs } = await writeLines(lines, { window: spans.window });
        return ((written - before) / committedMs) * 1_000;
      };
      const shedNow = async () => (await monitor.account()).shed[order.type] ?? 0;

      const first = await losslessPerS(spans.warmUpLines);
      const before = await losslessPerS(first * spans.losslessS);
      if ((await shedNow()) !== 0) throw new Error("rows were shed at a load without loss");
      let perS = spans.excess * before;
      let shedBefore = 0;
      for (let i = 0; shedBefore === 0; i++) {
        if (i === mostFills) throw new Error("the flood does not fill the queue");
        // When it is behind, it reads several lines at once, and may store more than before.
        if (i % triesPerRate === triesPerRate - 1) perS *= 1.5;
        await writeLines(perS / 2, { perS });
        shedBefore = await shedNow();
      }
      const writtenBefore = written;
      const { handedOverMs, committedRows } = await writeLines(perS * spans.floodS, { perS });
      const shed = (await shedNow()) - shedBefore;
      const arrived = written - writtenBefore;
      await settle(monitor, written, performance.now());
      const after = await losslessPerS(before * spans.losslessS);

      const rows = new CommittedRows(databasePath, order.type);
      const committed = rows.count();
      rows.close();
      const lossless = (before + after) / 2;
      const committedPerS = (committedRows / handedOverMs) * 1_000;
      return {
        losslessPerS: lossless,
        arrivedPerS: (arrived / handedOverMs) * 1_000,
        committedPerS,
        goodput: committedPerS / lossless,
        shedShare: shed / arrived,
        unaccounted: written - committed - (await shedNow()),
      };
    });
  } finally {
    await monitor.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
