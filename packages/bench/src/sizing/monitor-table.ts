import { setTimeout as delay } from "node:timers/promises";
import { cellOf, percent, short } from "../server/cell.js";
import { cores } from "../server/cores.js";
import type { FleetOrder } from "../server/fleet-load.js";
import { Monitor } from "../server/monitor.js";
import { Peer } from "../server/peer.js";
import type { Table } from "../table.js";

const fleets = [10, 100, 1_000, 10_000];
const intervalMs = 15_000;
const intervals = 3;

/** What the monitor takes of a core and of memory for fleets of different sizes. */
export async function monitorTable(isQuick: boolean): Promise<Table> {
  const rows: string[][] = [];
  for (const bots of isQuick ? fleets.slice(0, 1) : fleets) {
    rows.push(await rowOf(bots, isQuick ? 1 : intervals, isQuick ? 1_000 : intervalMs));
  }
  return {
    title: "CPU and memory by bots",
    method: `Connected bots that beat every ${intervalMs / 1_000} s and are looked at as often, and a scrape of \`/metrics\` in each interval; ${intervals} intervals after one that is not counted. All threads of the monitor's process. Median (least to most). ${cores.text}`,
    columns: ["bots", "CPU, of a core", "resident memory, MB"],
    rows,
  };
}

async function rowOf(bots: number, runs: number, spanMs: number): Promise<string[]> {
  const monitor = await Monitor.start();
  const load = await Peer.start(new URL("../server/fleet-load.ts", import.meta.url), cores.load);
  try {
    const { socketPath } = monitor;
    await load.ask("connect", { socketPath, bots, intervalMs: spanMs } satisfies FleetOrder);
    const shares: number[] = [];
    const sizes: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const before = monitor.cpuTime();
      const since = performance.now();
      await delay(spanMs / 2);
      await monitor.scrape();
      await delay(since + spanMs - performance.now());
      const share = (monitor.cpuTime().all - before.all) / ((performance.now() - since) * 1e6);
      if (run === 0) continue;
      shares.push(share);
      sizes.push(monitor.residentMb());
    }
    return [bots.toLocaleString("en"), cellOf(shares, percent), cellOf(sizes, short)];
  } finally {
    await load.stop();
    await monitor.stop();
  }
}
