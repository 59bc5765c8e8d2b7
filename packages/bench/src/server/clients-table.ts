import { setTimeout as delay } from "node:timers/promises";
import type { Table } from "../table.js";
import { Baseline } from "./baseline.js";
import type { Latencies } from "./bots-load.js";
import { cellOf, ratiosOf, short, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import { Monitor } from "./monitor.js";
import { Peer } from "./peer.js";

const runs = 3;
const lines = 10_000;
const load = new URL("./bots-load.ts", import.meta.url);

interface Connecting {
  readonly perS: number;
  readonly cpuUs: number;
  readonly at1000: Latencies;
  readonly lost: number;
}

interface Target {
  readonly socketPath: string;
  lines(): Promise<number>;
  cpuNs(): Promise<number>;
}

/** A connection for each line, beside a bare accept loop; and 1,000 bots that beat at once. */
export async function clientsTables(): Promise<Table[]> {
  const ours: Connecting[] = [];
  const bare: Connecting[] = [];
  const beats: Latencies[] = [];
  for (let run = 0; run < runs; run++) {
    const baseline = await Baseline.start(new URL("./bare-accept.ts", import.meta.url));
    try {
      bare.push(
        await connecting({
          socketPath: baseline.socketPath,
          lines: () => baseline.lines(),
          cpuNs: async () => (await baseline.cpuTime()).all,
        }),
      );
    } finally {
      await baseline.stop();
    }
    const monitor = await Monitor.start();
    try {
      ours.push(
        await connecting({
          socketPath: monitor.socketPath,
          lines: async () => (await monitor.account()).lines,
          cpuNs: async () => monitor.cpuTime().all,
        }),
      );
      beats.push(await beating(monitor.socketPath));
    } finally {
      await monitor.stop();
    }
  }
  return [connectingTable(ours, bare), beatingTable(beats)];
}

function connectingTable(ours: readonly Connecting[], bare: readonly Connecting[]): Table {
  const row = (name: string, of: readonly Connecting[]) => [
    name,
    cellOf(
      of.map(({ perS }) => perS),
      thousands,
    ),
    cellOf(
      ratiosOf(
        of.map(({ perS }) => perS),
        bare.map(({ perS }) => perS),
      ),
      times,
    ),
    cellOf(of.map(({ cpuUs }) => cpuUs)),
    String(sumOf(of.map(({ lost }) => lost))),
    cellOf(of.map(({ at1000 }) => quantile(at1000.ms, 0.5))),
    String(sumOf(of.map(({ at1000 }) => at1000.failed))),
  ];
  return {
    title: "A connection for each line",
    method: `${lines} heartbeats, 50 clients at a time; then 1,000 clients at once, from connect to close. Beside it a bare Node server that accepts, reads, parses and keeps nothing (backlog 4,096). Lost: lines sent and never read, over all runs. Median of ${runs} runs in turn (least to most). ${cores.text}`,
    columns: [
      ...["server", "lines/s", "to bare", "CPU µs/line", "lost"],
      ...["1,000 at once, p50 ms", "of these failed"],
    ],
    rows: [row("monitor", ours), row("bare accept loop", bare)],
  };
}

function beatingTable(beats: readonly Latencies[]): Table {
  const at = (q: number) => cellOf(beats.map(({ ms }) => quantile(ms, q)));
  return {
    title: "1,000 connected bots beat in the same instant",
    method: `@kissbot/client, a connection each, all in one process: from the call of heartbeat() to its resolution, and until the last is resolved. Median of ${runs} runs (least to most). ${cores.text}`,
    columns: ["p50 ms", "p99 ms", "all, ms", "failed"],
    rows: [
      [
        ...[
          at(0.5),
          at(0.99),
          cellOf(
            beats.map(({ wallMs }) => wallMs),
            short,
          ),
        ],
        String(sumOf(beats.map(({ failed }) => failed))),
      ],
    ],
  };
}

async function connecting(target: Target): Promise<Connecting> {
  const peer = await Peer.start(load, cores.load);
  try {
    const { socketPath } = target;
    const cpu = await target.cpuNs();
    const { wallMs, failed } = await peer.ask<Latencies>("oldClients", {
      ...{ socketPath, count: lines, concurrent: 50 },
    });
    const cpuUs = ((await target.cpuNs()) - cpu) / 1_000 / lines;
    const at1000 = await peer.ask<Latencies>("oldClients", { socketPath, count: 1_000, concurrent: 1_000 });
    await delay(300);
    const lost = lines + 1_000 - failed - at1000.failed - (await target.lines());
    return { perS: (lines / wallMs) * 1_000, cpuUs, at1000, lost };
  } finally {
    await peer.stop();
  }
}

async function beating(socketPath: string): Promise<Latencies> {
  const peer = await Peer.start(load, cores.load);
  try {
    await peer.ask("persistent", { socketPath, count: 1_000 });
    // The first time compiles.
    await peer.ask("beatAtOnce");
    await delay(500);
    return await peer.ask<Latencies>("beatAtOnce");
  } finally {
    await peer.stop();
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
