import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { WriteOrder, Written } from "../server/line-load.js";
import { settle, withLineLoad } from "../server/lines.js";
import { Monitor } from "../server/monitor.js";
import { sustainedRun } from "../server/rows-table.js";
import { Sleepers } from "../server/sleepers.js";

/** What one run of a monitor under a load took. */
export interface LoadFigures {
  /** Of the whole process, microseconds for each of the load's units. */
  readonly cpuUs: number;
  /** Microseconds by the clock; null where it is the load that sets the pace. */
  readonly clockUs: number | null;
  /** At the end. */
  readonly residentMb: number;
}

export interface Load {
  /** What it consists of, for the table's method. */
  readonly text: string;
  /** What its time is for. */
  readonly unit: string;
  /** A run of the monitor of that path, started for it. */
  run(command: string, scale: LoadScale): Promise<LoadFigures>;
}

/** How much there is of each load. */
export interface LoadScale {
  readonly lines: number;
  readonly bots: number;
  /** Measured, after half as many that are not. */
  readonly rounds: number;
  readonly processes: number;
}

export type LoadName = keyof typeof loads;

export const wholeScale: LoadScale = { lines: 60_000, bots: 10_000, rounds: 10, processes: 2_000 };
/** Enough to see that it works. */
export const quickScale: LoadScale = { lines: 5_000, bots: 2_000, rounds: 2, processes: 20 };

const sharedBots = { perWrite: 100, botsEach: 200 } as const;
const botsEach = 100;
const lookIntervalMs = 200;

/** The loads of the benchmarks of the server, each of one kind of work. */
export const loads = {
  calls: {
    text: "usage lines over 50 connections, 100 a write, each with all 200 bots, as fast as they are committed",
    unit: "row",
    run: (command, { lines }) => callsRun(command, 50, { type: "llm_usage", lines, ...sharedBots }),
  },
  "calls, a line a write": {
    text: "usage lines over 1,000 connections, one a write, each with a bot of its own, as fast as they are committed",
    unit: "row",
    run: (command, { lines }) =>
      callsRun(command, 1_000, { type: "llm_usage", lines, perWrite: 1, botsEach: 1 }),
  },
  metrics: {
    text: "as many lines of custom metrics over 50 connections, 100 a write",
    unit: "row",
    run: metricsRun,
  },
  beats: {
    text: "a heartbeat of each of 10,000 bots, over connections that 100 share",
    unit: "beat",
    run: (command, scale) =>
      fleetRun(command, scale, scale.bots, async ({ beat }) => {
        await beat(scale.bots);
        return null;
      }),
  },
  list: {
    text: "`/api/v1/bots` of 10,000 bots, of which 500 beat since the one before, not compressed",
    unit: "list",
    run: (command, scale) =>
      fleetRun(command, scale, 1, async ({ beat, get }) => {
        await beat(scale.bots / 20);
        return get("/api/v1/bots");
      }),
  },
  scrape: {
    text: "`/metrics` of 10,000 bots, not compressed",
    unit: "scrape",
    run: (command, scale) => fleetRun(command, scale, 1, ({ get }) => get("/metrics")),
  },
  looks: {
    text: "a look at each of 2,000 processes that sleep, with what follows from it, every 200 ms",
    unit: "look",
    run: looksRun,
  },
  "looks at what is gone": {
    text: "the same of 10,000 bots whose processes are in another namespace",
    unit: "look",
    run: (command, scale) => goneLooksRun(command, scale),
  },
} satisfies Record<string, Load>;

async function callsRun(command: string, connections: number, order: WriteOrder): Promise<LoadFigures> {
  let residentMb = Number.NaN;
  const { rowsPerS, cpuUsPerRow } = await sustainedRun(
    { connections, order: { ...order, window: 60_000 } },
    {
      monitor: { command },
      committed: (monitor) => {
        residentMb = monitor.residentMb();
      },
    },
  );
  return { cpuUs: cpuUsPerRow, clockUs: 1e6 / rowsPerS, residentMb };
}

async function metricsRun(command: string, { lines }: LoadScale): Promise<LoadFigures> {
  const monitor = await Monitor.start({ command });
  try {
    return await withLineLoad(monitor.socketPath, 50, async (write) => {
      const order: WriteOrder = { type: "custom_metric", lines, ...sharedBots };
      let written = 0;
      const writeAll = async () => {
        written += lines;
        const sinceMs = performance.now();
        await write(order);
        return (await settle(monitor, written, sinceMs)).settledMs;
      };
      await writeAll();
      const before = monitor.cpuTime().all;
      const tookMs = await writeAll();
      const cpuUs = (monitor.cpuTime().all - before) / lines / 1_000;
      const { shed } = await monitor.account();
      if (shed["custom_metric"] !== 0) throw new Error(`${shed["custom_metric"]} rows were shed`);
      return { cpuUs, clockUs: (tookMs * 1_000) / lines, residentMb: monitor.residentMb() };
    });
  } finally {
    await monitor.stop();
  }
}

interface Fleet {
  /** So many bots beat, and each is heard. */
  beat(bots: number): Promise<void>;
  /** Nanoseconds of the process that answering took, and milliseconds by the clock. */
  get(path: string): Promise<Taken>;
}

interface Taken {
  readonly cpuNs: number;
  readonly clockMs: number;
}

/** Rounds with a fleet that beat before; `units`: of the load in each round. */
async function fleetRun(
  command: string,
  { bots, rounds }: LoadScale,
  units: number,
  round: (fleet: Fleet) => Promise<Taken | null>,
): Promise<LoadFigures> {
  const monitor = await Monitor.start({ command, flags: ["--metrics-interval", "86400"] });
  try {
    return await withLineLoad(monitor.socketPath, bots / botsEach, async (write) => {
      const fleet = fleetOf(monitor, write);
      await fleet.beat(bots);
      for (let i = 0; i < rounds / 2; i++) await round(fleet);
      const before = monitor.cpuTime().all;
      const taken: Taken[] = [];
      for (let i = 0; i < rounds; i++) {
        const one = await round(fleet);
        if (one !== null) taken.push(one);
      }
      // Where a round does more than is measured of it, it says so itself.
      const cpuNs =
        taken.length > 0 ? taken.reduce((sum, one) => sum + one.cpuNs, 0) : monitor.cpuTime().all - before;
      const clockMs = taken.reduce((sum, one) => sum + one.clockMs, 0);
      return {
        cpuUs: cpuNs / rounds / units / 1_000,
        clockUs: taken.length > 0 ? (clockMs * 1_000) / rounds / units : null,
        residentMb: monitor.residentMb(),
      };
    });
  } finally {
    await monitor.stop();
  }
}

function fleetOf(monitor: Monitor, write: (order: WriteOrder) => Promise<Written>): Fleet {
  let written = 0;
  return {
    beat: async (bots) => {
      written += bots;
      const sinceMs = performance.now();
      await write({ type: "heartbeat", lines: bots, perWrite: botsEach, botsEach });
      await settle(monitor, written, sinceMs);
    },
    get: async (path) => {
      const before = monitor.cpuTime().all;
      const sinceMs = performance.now();
      const headers = { "accept-encoding": "identity" };
      await (await fetch(`${monitor.url}${path}`, { headers })).arrayBuffer();
      const clockMs = performance.now() - sinceMs;
      return { cpuNs: monitor.cpuTime().all - before, clockMs };
    },
  };
}

async function looksRun(command: string, { processes, rounds }: LoadScale): Promise<LoadFigures> {
  const sleepers = await Sleepers.start(processes);
  const monitor = await Monitor.start({ command, flags: ["--metrics-interval", `${lookIntervalMs}ms`] });
  const socket = connect(monitor.socketPath);
  try {
    for (const [i, pid] of sleepers.pids.entries())
      socket.write(`${JSON.stringify({ type: "register", channel: `bot_${i}`, pid })}\n`);
    await settle(monitor, sleepers.pids.length, performance.now());
    return await lookFigures(monitor, sleepers.pids.length, rounds);
  } finally {
    socket.destroy();
    await monitor.stop();
    await sleepers.stop();
  }
}

async function goneLooksRun(command: string, { bots, rounds }: LoadScale): Promise<LoadFigures> {
  const monitor = await Monitor.start({ command, flags: ["--metrics-interval", `${lookIntervalMs}ms`] });
  try {
    return await withLineLoad(monitor.socketPath, bots / botsEach, async (write) => {
      await fleetOf(monitor, write).beat(bots);
      return lookFigures(monitor, bots, rounds);
    });
  } finally {
    await monitor.stop();
  }
}

async function lookFigures(monitor: Monitor, processes: number, rounds: number): Promise<LoadFigures> {
  await delay((rounds * lookIntervalMs) / 4);
  const before = monitor.cpuTime().all;
  await delay((rounds * lookIntervalMs) / 2);
  const cpuUs = (monitor.cpuTime().all - before) / (rounds / 2) / processes / 1_000;
  return { cpuUs, clockUs: null, residentMb: monitor.residentMb() };
}
