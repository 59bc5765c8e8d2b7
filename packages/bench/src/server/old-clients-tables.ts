import { setTimeout as delay } from "node:timers/promises";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { Baseline } from "./baseline.js";
import { cellOf, ratiosOf, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import { Monitor } from "./monitor.js";
import type { Called, Calls } from "./old-client-load.js";
import { Peer } from "./peer.js";
import { percentileOf } from "./percentile.js";
import { CpuMeter } from "./process-figures.js";

const runs = 3;
/** Fewer than a backlog of 4,096 holds while nobody accepts. */
const waiting = 2_000;
/** Of each server: a heap and compilers that are new to it cost as much again. */
const warmUps = 4;
const rounds = 5;
const fleet = 200;
const clients = 1_000;
const processes = 4;
/** Long enough for each process to get the order. */
const headStartMs = 50;
const pollMs = 25;
/** A main thread that takes less than this in that time has nothing to do but its timers. */
const idleMs = 50;
const idleNs = 1.5e6;

interface Server {
  readonly socketPath: string;
  readonly pid: number;
  lines(): Promise<number>;
  stop(): Promise<void>;
}

interface Backlog {
  readonly cpuUs: number;
  readonly mainUs: number;
}

interface Burst {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly missing: number;
}

type Figures = Backlog & Burst;

/** Clients of the Python era, a connection for each line, beside a bare accept loop. */
export async function oldClientsTables(): Promise<Table[]> {
  const ours: Figures[] = [];
  const bare: Figures[] = [];
  const toEnd: Figures[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await measure(await startBaseline(false)));
    toEnd.push(await measure(await startBaseline(true)));
    ours.push(await measure(await startMonitor()));
  }
  const all = (of: readonly Figures[], one: (figures: Figures) => number) => of.map(one);
  const cpu = (of: readonly Figures[]) => all(of, ({ cpuUs }) => cpuUs);
  const sum = (of: readonly Figures[], one: (figures: Figures) => number) =>
    String(all(of, one).reduce((a, b) => a + b, 0));
  const backlog = (name: string, of: readonly Figures[]) => [
    name,
    cellOf(cpu(of)),
    cellOf(all(of, ({ mainUs }) => mainUs)),
    cellOf(
      all(of, ({ cpuUs }) => 1e6 / cpuUs),
      thousands,
    ),
    cellOf(ratiosOf(cpu(bare), cpu(of)), times),
  ];
  const burst = (name: string, of: readonly Figures[]) => [
    name,
    cellOf(all(of, ({ p50Ms }) => p50Ms)),
    cellOf(all(of, ({ p99Ms }) => p99Ms)),
    sum(of, ({ failed }) => failed),
    sum(of, ({ missing }) => missing),
  ];
  const rows = (row: typeof backlog) => [
    row("monitor", ours),
    row("bare loop", bare),
    row("bare loop that reads to the end", toEnd),
  ];
  return [
    {
      title: "A connection per line",
      method: `Heartbeats of ${fleet} bots as clients of the Python era send them, each over a connection of its own. A client takes longer for one than a server, so ${waiting.toLocaleString("en")} of them connect, write and close while the server is stopped (SIGSTOP); what is measured is the CPU of its process from when it goes on until it has read all of them, ${rounds} times after ${warmUps} that are not counted. The bare loop accepts, reads, calls \`JSON.parse\` and closes at the first line; one that reads until the client closes shows what a second line may cost. The monitor does that, judges and stores as well. Median of ${runs} runs in turn (least to most). ${cores.text}`,
      columns: ["server", "CPU µs each", "of the main thread", "a core does, connections/s", "speed"],
      rows: rows(backlog),
      figures: [
        {
          name: "server: a connection per line, speed to bare",
          value: medianOf(ratiosOf(cpu(bare), cpu(ours))).median,
          better: "more",
        },
      ],
    },
    {
      title: "1,000 old clients at once",
      method: `${clients.toLocaleString("en")} such clients in ${processes} processes that begin in the same instant: from the call until the line is written. The load is on one core, so it waits for itself: the bare loop shows how much. Failed and missing (written, but never read by the server) are sums over all ${runs} runs. ${cores.text}`,
      columns: ["server", "p50, ms", "p99, ms", "failed", "missing"],
      rows: rows(burst),
      figures: [
        {
          name: "server: 1,000 old clients, p50 to bare",
          value: medianOf(
            ratiosOf(
              all(ours, ({ p50Ms }) => p50Ms),
              all(bare, ({ p50Ms }) => p50Ms),
            ),
          ).median,
          better: "less",
        },
      ],
    },
  ];
}

async function startBaseline(toEnd: boolean): Promise<Server> {
  const baseline = await Baseline.start(new URL("./bare-accept.ts", import.meta.url), { toEnd });
  return {
    socketPath: baseline.socketPath,
    lines: () => baseline.lines(),
    pid: baseline.pid,
    stop: () => baseline.stop(),
  };
}

async function startMonitor(): Promise<Server> {
  const monitor = await Monitor.start();
  return {
    socketPath: monitor.socketPath,
    lines: async () => (await monitor.account()).lines,
    pid: monitor.pid,
    stop: () => monitor.stop(),
  };
}

async function measure(server: Server): Promise<Figures> {
  const script = new URL("./old-client-load.ts", import.meta.url);
  const loads = await Promise.all(Array.from({ length: processes }, () => Peer.start(script, cores.load)));
  try {
    return { ...(await measureBacklog(server, loads[0] as Peer)), ...(await measureBurst(server, loads)) };
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await server.stop();
  }
}

async function measureBacklog(server: Server, load: Peer): Promise<Backlog> {
  const { socketPath, pid } = server;
  const order = { socketPath, calls: waiting, atOnce: waiting, from: 0, fleet } satisfies Calls;
  const meter = new CpuMeter(pid);
  let cpu = 0;
  let main = 0;
  for (let round = 0; round < warmUps + rounds; round++) {
    process.kill(pid, "SIGSTOP");
    const { failed } = await load.ask<Called>("call", order).finally(() => process.kill(pid, "SIGCONT"));
    if (failed > 0) throw new Error(`${failed} of ${waiting} connections failed`);
    const before = meter.read();
    await idle(meter);
    const after = meter.read();
    if (round < warmUps) continue;
    cpu += after.all - before.all;
    main += after.main - before.main;
  }
  const missing = await missingFrom(server, (warmUps + rounds) * waiting);
  if (missing > 0) throw new Error(`${missing} lines that were written never came`);
  const usEach = (ns: number) => ns / (rounds * waiting) / 1_000;
  return { cpuUs: usEach(cpu), mainUs: usEach(main) };
}

/**
 * Resolves when the main thread has nothing to do. Looked at from outside: a monitor that is asked
 * whether it is done does more.
 */
async function idle(meter: CpuMeter): Promise<void> {
  for (let before = -1; ; ) {
    await delay(idleMs);
    const { main } = meter.read();
    if (main - before < idleNs) return;
    before = main;
  }
}

async function measureBurst(server: Server, loads: readonly Peer[]): Promise<Burst> {
  const { socketPath } = server;
  const linesBefore = await server.lines();
  const each = clients / processes;
  const atMs = Date.now() + headStartMs;
  const called = await Promise.all(
    loads.map((load, i) =>
      load.ask<Called>("call", {
        socketPath,
        calls: each,
        atOnce: each,
        from: i * each,
        fleet: clients,
        atMs,
      } satisfies Calls),
    ),
  );
  const durationsMs = called.flatMap((one) => one.durationsMs);
  const failed = called.reduce((sum, one) => sum + one.failed, 0);
  return {
    p50Ms: percentileOf(durationsMs, 0.5),
    p99Ms: percentileOf(durationsMs, 0.99),
    failed,
    missing: await missingFrom(server, linesBefore + clients - failed),
  };
}

/** How many lines never come, though they were written: the server has ten seconds. */
async function missingFrom(server: Server, expected: number): Promise<number> {
  const deadlineMs = performance.now() + 10_000;
  let missing = expected - (await server.lines());
  while (missing > 0 && performance.now() < deadlineMs) {
    await delay(pollMs);
    missing = expected - (await server.lines());
  }
  return missing;
}
