import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { cellOf } from "./cell.js";
import { cores } from "./cores.js";
import { settle } from "./lines.js";
import { Monitor } from "./monitor.js";
import { Peer } from "./peer.js";
import { Sleepers } from "./sleepers.js";

const processes = 5_000;
const runs = 3;
const intervalMs = 2_000;
const resolutionMs = 1;

interface Figures {
  readonly cpuMs: number;
  readonly maxMs: number;
}

/**
 * A look at 5,000 processes by the whole monitor, which goes on with the rest of its work, beside
 * pidusage.
 */
export async function samplingTable(): Promise<Table> {
  const sleepers = await Sleepers.start(processes);
  try {
    const ours = await monitorRuns(sleepers.pids);
    const pidusage = await pidusageRuns(sleepers.pids);
    const row = (name: string, of: readonly Figures[]) => [
      name,
      cellOf(of.map(({ maxMs }) => maxMs)),
      cellOf(of.map(({ cpuMs }) => cpuMs)),
    ];
    return {
      title: "Sampling 5,000 processes",
      method: `${sleepers.pids.length.toLocaleString("en")} real processes that sleep, each the bot of a channel. The monitor: a round of sampling, with all that follows from it (the registry, a row for each bot). pidusage: one call for all of them in a process that does nothing else. The event loop is looked at each millisecond. CPU is that of the main thread, of pidusage that of its process. Median of ${runs} rounds (least to most). ${cores.text}`,
      columns: ["who", "longest event-loop delay, ms", "CPU a round, ms"],
      rows: [row("monitor", ours), row("pidusage in one call", pidusage)],
      figures: [
        {
          name: "server: sampling 5,000 processes, CPU a round",
          value: medianOf(ours.map(({ cpuMs }) => cpuMs)).median,
          better: "less",
        },
      ],
    };
  } finally {
    await sleepers.stop();
  }
}

async function monitorRuns(pids: readonly number[]): Promise<Figures[]> {
  const monitor = await Monitor.start({ flags: ["--metrics-interval", String(intervalMs / 1_000)] });
  try {
    const socket = connect(monitor.socketPath);
    for (const [i, pid] of pids.entries())
      socket.write(`${JSON.stringify({ type: "register", channel: `bot_${i}`, pid })}\n`);
    await settle(monitor, pids.length, performance.now());
    // The first rounds are not counted: the bots are new in one, and the compilers are at work.
    await delay(3 * intervalMs);
    const figures: Figures[] = [];
    for (let run = 0; run < runs; run++) {
      await monitor.watchDelays(resolutionMs);
      const before = monitor.cpuTime().main;
      await delay(intervalMs);
      const cpuMs = (monitor.cpuTime().main - before) / 1e6;
      figures.push({ cpuMs, maxMs: (await monitor.delays()).maxMs });
    }
    socket.destroy();
    return figures;
  } finally {
    await monitor.stop();
  }
}

async function pidusageRuns(pids: readonly number[]): Promise<Figures[]> {
  const peer = await Peer.start(new URL("./pidusage-call.ts", import.meta.url), cores.server);
  try {
    const figures: Figures[] = [];
    for (let run = -1; run < runs; run++) {
      const look = await peer.ask<Figures & { seen: number }>("look", { pids });
      if (look.seen !== pids.length) throw new Error(`pidusage saw ${look.seen} of ${pids.length}`);
      if (run >= 0) figures.push(look);
    }
    return figures;
  } finally {
    await peer.stop();
  }
}
