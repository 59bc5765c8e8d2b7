import { setTimeout as delay } from "node:timers/promises";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { Baseline } from "./baseline.js";
import { cellOf, percent, ratiosOf, short, thousands } from "./cell.js";
import { cores } from "./cores.js";
import { settle, withLineLoad } from "./lines.js";
import { type Account, Monitor } from "./monitor.js";
import type { CpuTime } from "./process-figures.js";

const runs = 5;
const connections = 1_000;
/** Enough for some seconds: a run of one second shows how busy the machine is, and little else. */
const lines = 1_000_000;
const order = { type: "heartbeat", lines, perWrite: 1, botsEach: 1 } as const;

interface Beats {
  readonly linesPerS: number;
  readonly cpuUsPerLine: number;
  readonly mainUsPerLine: number;
  readonly coalesced: number;
  readonly unaccounted: number;
}

/** Heartbeats of 1,000 bots, each over a connection of its own and one to a write. */
export async function beatsTable(): Promise<Table> {
  const ours: Beats[] = [];
  const bare: Beats[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await bareRun());
    ours.push(await monitorRun());
  }
  const rates = (of: readonly Beats[]) => of.map(({ linesPerS }) => linesPerS);
  const cpuRatiosOf = (cpu: (of: Beats) => number) => ratiosOf(bare.map(cpu), ours.map(cpu));
  const cpuRatios = cpuRatiosOf(({ cpuUsPerLine }) => cpuUsPerLine);
  const mainRatios = cpuRatiosOf(({ mainUsPerLine }) => mainUsPerLine);
  const row = (name: string, of: readonly Beats[]) => [
    name,
    cellOf(rates(of), thousands),
    cellOf(of.map(({ cpuUsPerLine }) => cpuUsPerLine)),
    cellOf(of.map(({ mainUsPerLine }) => mainUsPerLine)),
    cellOf(
      of.map(({ cpuUsPerLine }) => 1e6 / cpuUsPerLine),
      thousands,
    ),
    cellOf(
      of.map(({ coalesced }) => coalesced / lines),
      percent,
    ),
    String(of.reduce((sum, { unaccounted }) => sum + unaccounted, 0)),
  ];
  return {
    title: "Heartbeats over 1,000 connections, a line a write",
    method: `${lines.toLocaleString("en")} heartbeats as fast as the sockets take them, until each is processed, after as many that are not counted; of those of one bot that wait, the newest is kept and the others are counted as coalesced. Beside it the bare loop, which reads, splits and calls \`JSON.parse\`, and does nothing else. CPU is that of the whole process, so of the store's thread too, which writes samples of them; the main thread does all that the bare loop does, and judges each bot. A core's worth is what it would do with one core to itself. Median of ${runs} runs in turn (least to most); of the monitor to the bare loop: lines/s ${cellOf(ratiosOf(rates(ours), rates(bare)), short)} x, a core's worth ${cellOf(cpuRatios, short)} x, the main thread alone ${cellOf(mainRatios, short)} x. ${cores.text}`,
    columns: [
      "server",
      "lines/s",
      "CPU µs/line",
      "of the main thread",
      "a core's worth, lines/s",
      "coalesced",
      "unaccounted",
    ],
    rows: [row("monitor", ours), row("bare loop", bare)],
    figures: [
      {
        name: "server: heartbeats, lines of a core to bare",
        value: medianOf(cpuRatios).median,
        better: "more",
      },
    ],
  };
}

async function bareRun(): Promise<Beats> {
  const baseline = await Baseline.start(new URL("./bare-monitor.ts", import.meta.url));
  try {
    return await withLineLoad(baseline.socketPath, connections, async (write) => {
      const readAll = async (read: number) => {
        while ((await baseline.lines()) < read) await delay(2);
      };
      await write(order);
      await readAll(lines);
      const before = baseline.cpuTime();
      const sinceMs = performance.now();
      await write(order);
      await readAll(2 * lines);
      const elapsedMs = performance.now() - sinceMs;
      const cpu = spentOf(before, baseline.cpuTime());
      return figuresOf(elapsedMs, cpu, 0, 0);
    });
  } finally {
    await baseline.stop();
  }
}

async function monitorRun(): Promise<Beats> {
  const monitor = await Monitor.start();
  try {
    return await withLineLoad(monitor.socketPath, connections, async (write) => {
      await write(order);
      const warm = await settle(monitor, lines, performance.now());
      const before = monitor.cpuTime();
      const sinceMs = performance.now();
      const [{ takenMs, account }] = await Promise.all([settle(monitor, 2 * lines, sinceMs), write(order)]);
      const cpu = spentOf(before, monitor.cpuTime());
      const countsOf = ({ processed, shed }: Account) => [
        processed["heartbeat"] ?? 0,
        shed["heartbeat"] ?? 0,
      ];
      const [processedBefore = 0, shedBefore = 0] = countsOf(warm.account);
      const [processed = 0, shed = 0] = countsOf(account);
      const coalesced = shed - shedBefore;
      return figuresOf(takenMs, cpu, coalesced, lines - (processed - processedBefore) - coalesced);
    });
  } finally {
    await monitor.stop();
  }
}

function spentOf(before: CpuTime, after: CpuTime): CpuTime {
  return { main: after.main - before.main, all: after.all - before.all };
}

function figuresOf(elapsedMs: number, cpu: CpuTime, coalesced: number, unaccounted: number): Beats {
  return {
    linesPerS: (lines / elapsedMs) * 1_000,
    cpuUsPerLine: cpu.all / lines / 1_000,
    mainUsPerLine: cpu.main / lines / 1_000,
    coalesced,
    unaccounted,
  };
}
