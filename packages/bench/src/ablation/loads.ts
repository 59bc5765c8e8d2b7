import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { cores } from "../server/cores.js";
import type { WriteOrder, Written } from "../server/line-load.js";
import { settle } from "../server/lines.js";
import { Monitor } from "../server/monitor.js";
import { Peer } from "../server/peer.js";
import type { Sleepers } from "../server/sleepers.js";

/** What a step of a load took of the monitor. */
export interface Taken {
  readonly cpuNs: number;
  readonly clockMs: number;
}

/** A monitor under a load that comes in steps. */
export interface Session {
  readonly monitor: Monitor;
  /** How many of the load's units a step has. */
  readonly units: number;
  /**
   * Resolves when the monitor is done with the step. `cpuNs` is null where all that its process
   * does belongs to the load, also between two steps; `clockMs` where the load sets the pace.
   */
  step(): Promise<{ readonly [Figure in keyof Taken]: number | null }>;
  close(): Promise<void>;
}

export interface Load {
  /** What it consists of, for the table's method. */
  readonly text: string;
  /** What its time is for. */
  readonly unit: string;
  /** Measured steps of each monitor, after half as many that are not. */
  readonly steps: number;
  /** Starts the monitor of that path. */
  open(command: string, means: LoadMeans): Promise<Session>;
}

/** What a load is made with. */
export interface LoadMeans {
  /** Of each step. */
  readonly lines: number;
  readonly bots: number;
  /** Processes to be looked at, the same for all. */
  readonly sleepers: () => Promise<Sleepers>;
}

export type LoadName = keyof typeof loads;

const sharedBots = { perWrite: 100, botsEach: 200 } as const;
const botsEach = 100;
const lookIntervalMs = 200;

/** The loads of the benchmarks of the server, each of one kind of work. */
export const loads = {
  calls: {
    text: "usage lines over 50 connections, 100 a write, each with all 200 bots, until they are committed",
    unit: "row",
    steps: 8,
    open: (command, { lines }) =>
      callsSession(command, 50, { type: "llm_usage", lines, ...sharedBots, window: 60_000 }),
  },
  "calls, a line a write": {
    text: "usage lines over 1,000 connections, one a write, each with a bot of its own, until they are committed",
    unit: "row",
    steps: 8,
    open: (command, { lines }) =>
      callsSession(command, 1_000, { type: "llm_usage", lines, perWrite: 1, botsEach: 1, window: 60_000 }),
  },
  metrics: {
    text: "lines of custom metrics over 50 connections, 100 a write, until they are committed",
    unit: "row",
    steps: 8,
    open: metricsSession,
  },
  beats: {
    text: "a heartbeat of each of 10,000 bots, over connections that 100 share",
    unit: "beat",
    steps: 12,
    open: async (command, { bots }) => {
      const fleet = await Fleet.start(command, bots);
      return sessionOf(fleet.monitor, bots, fleet, async () => {
        await fleet.beat(bots);
        return { cpuNs: null, clockMs: null };
      });
    },
  },
  list: {
    text: "`/api/v1/bots` of 10,000 bots, of which 500 beat since the one before, not compressed",
    unit: "list",
    steps: 12,
    open: async (command, { bots }) => {
      const fleet = await Fleet.start(command, bots);
      return sessionOf(fleet.monitor, 1, fleet, async () => {
        await fleet.beat(bots / 20);
        return fleet.get("/api/v1/bots");
      });
    },
  },
  scrape: {
    text: "`/metrics` of 10,000 bots, not compressed",
    unit: "scrape",
    steps: 12,
    open: async (command, { bots }) => {
      const fleet = await Fleet.start(command, bots);
      return sessionOf(fleet.monitor, 1, fleet, () => fleet.get("/metrics"));
    },
  },
  looks: {
    text: "a look at each of 2,000 processes that sleep, with what follows from it, every 200 ms",
    unit: "look",
    steps: 4,
    open: looksSession,
  },
  "looks at what is gone": {
    text: "the same of 10,000 bots whose processes are in another namespace",
    unit: "look",
    steps: 4,
    open: async (command, { bots }) => {
      const fleet = await Fleet.start(command, bots, lookFlags);
      return sessionOf(fleet.monitor, looksOf(bots), fleet, waitForLooks);
    },
  },
} satisfies Record<string, Load>;

function sessionOf(
  monitor: Monitor,
  units: number,
  load: { stop(): Promise<void> },
  step: Session["step"],
): Session {
  const close = async () => {
    await load.stop();
    await monitor.stop();
  };
  return { monitor, units, step, close };
}

/** A monitor, and a load of lines over `connections` connections. */
async function started(
  command: string,
  connections: number,
  flags: readonly string[] = [],
): Promise<{ readonly monitor: Monitor; readonly load: Peer }> {
  const monitor = await Monitor.start({ command, flags });
  const load = await Peer.start(new URL("../server/line-load.ts", import.meta.url), cores.load);
  await load.ask("connect", { socketPath: monitor.socketPath, count: connections });
  return { monitor, load };
}

async function callsSession(command: string, connections: number, order: WriteOrder): Promise<Session> {
  const { monitor, load } = await started(command, connections);
  return sessionOf(monitor, order.lines, load, async () => {
    const { databasePath } = monitor;
    const { committedMs } = await load.ask<Written>("write", { ...order, databasePath });
    return { cpuNs: null, clockMs: committedMs };
  });
}

async function metricsSession(command: string, { lines }: LoadMeans): Promise<Session> {
  const { monitor, load } = await started(command, 50);
  const order: WriteOrder = { type: "custom_metric", lines, ...sharedBots };
  let written = 0;
  return sessionOf(monitor, lines, load, async () => {
    written += lines;
    const sinceMs = performance.now();
    await load.ask("write", order);
    const { settledMs, account } = await settle(monitor, written, sinceMs);
    if (account.shed["custom_metric"] !== 0) throw new Error("rows of custom metrics were shed");
    return { cpuNs: null, clockMs: settledMs };
  });
}

/** A monitor whose bots all beat before. */
class Fleet {
  readonly monitor: Monitor;
  readonly #load: Peer;
  #written = 0;

  private constructor(monitor: Monitor, load: Peer) {
    this.monitor = monitor;
    this.#load = load;
  }

  static async start(
    command: string,
    bots: number,
    flags: readonly string[] = ["--metrics-interval", "1d"],
  ): Promise<Fleet> {
    const { monitor, load } = await started(command, bots / botsEach, flags);
    const fleet = new Fleet(monitor, load);
    await fleet.beat(bots);
    return fleet;
  }

  /** How many bots beat; each is heard. */
  async beat(bots: number): Promise<void> {
    this.#written += bots;
    const sinceMs = performance.now();
    await this.#load.ask("write", { type: "heartbeat", lines: bots, perWrite: botsEach, botsEach });
    await settle(this.monitor, this.#written, sinceMs);
  }

  /** An answer as a whole. */
  async get(path: string): Promise<Taken> {
    const before = this.monitor.cpuTime().all;
    const sinceMs = performance.now();
    const headers = { "accept-encoding": "identity" };
    await (await fetch(`${this.monitor.url}${path}`, { headers })).arrayBuffer();
    const clockMs = performance.now() - sinceMs;
    return { cpuNs: this.monitor.cpuTime().all - before, clockMs };
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }
}

const lookFlags = ["--metrics-interval", `${lookIntervalMs}ms`];
const roundsEach = 2;
/**
 * The monitors of a pair look at the same time: while one waits for its step, the other does too.
 */
const looksOf = (processes: number) => 2 * roundsEach * processes;

async function waitForLooks() {
  await delay(roundsEach * lookIntervalMs);
  return { cpuNs: null, clockMs: null };
}

async function looksSession(command: string, { sleepers }: LoadMeans): Promise<Session> {
  const { pids } = await sleepers();
  const monitor = await Monitor.start({ command, flags: lookFlags });
  const socket = connect(monitor.socketPath);
  for (const [i, pid] of pids.entries())
    socket.write(`${JSON.stringify({ type: "register", channel: `bot_${i}`, pid })}\n`);
  await settle(monitor, pids.length, performance.now());
  const stop = async () => {
    socket.destroy();
  };
  return sessionOf(monitor, looksOf(pids.length), { stop }, waitForLooks);
}
