import { setTimeout as delay } from "node:timers/promises";
import type { Table } from "../table.js";
import { Baseline } from "./baseline.js";
import { cellOf, ratiosOf, thousands, times } from "./cell.js";
import { cores } from "./cores.js";
import { Monitor } from "./monitor.js";
import type { Called, Calls } from "./old-client-load.js";
import { Peer } from "./peer.js";
import { percentileOf } from "./percentile.js";

const runs = 3;
const calls = 20_000;
const warmUpCalls = 2_000;
const atOnce = 64;
const clients = 1_000;
const processes = 4;
/** Long enough for each process to get the order. */
const headStartMs = 50;

interface Server {
  readonly socketPath: string;
  lines(): Promise<number>;
  cpuNs(): Promise<number>;
  stop(): Promise<void>;
}

interface Steady {
  readonly callsPerS: number;
  readonly cpuUsPerCall: number;
}

interface Burst {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly missing: number;
}

type Figures = Steady & Burst;

/** Clients of the Python era, a connection for each line, beside a bare accept loop. */
export async function oldClientsTables(): Promise<Table[]> {
  const ours: Figures[] = [];
  const bare: Figures[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await measure(await startBaseline()));
    ours.push(await measure(await startMonitor()));
  }
  const all = (of: readonly Figures[], one: (figures: Figures) => number) => of.map(one);
  const rates = (of: readonly Figures[]) => all(of, ({ callsPerS }) => callsPerS);
  const cpu = (of: readonly Figures[]) => all(of, ({ cpuUsPerCall }) => cpuUsPerCall);
  const sum = (of: readonly Figures[], one: (figures: Figures) => number) =>
    String(all(of, one).reduce((a, b) => a + b, 0));
  const steady = (name: string, of: readonly Figures[]) => [
    ...[name, cellOf(rates(of), thousands), cellOf(cpu(of))],
    cellOf(ratiosOf(rates(of), rates(bare)), times),
    cellOf(ratiosOf(cpu(bare), cpu(of)), times),
  ];
  const burst = (name: string, of: readonly Figures[]) => [
    name,
    cellOf(all(of, ({ p50Ms }) => p50Ms)),
    cellOf(all(of, ({ p99Ms }) => p99Ms)),
    ...[sum(of, ({ failed }) => failed), sum(of, ({ missing }) => missing)],
  ];
  const rows = (row: typeof steady) => [row("monitor", ours), row("bare loop", bare)];
  return [
    {
      title: "A connection per line",
      method: `${calls.toLocaleString("en")} heartbeats as a client of the Python era sends them, each over a connection of its own, ${atOnce} at a time. The bare loop accepts, reads, calls \`JSON.parse\` and closes. Where the load takes longer for a connection than the server, both rates are the load's: then the CPU that the server takes for one tells more; the last column is the bare loop's divided by ours. Median of ${runs} runs in turn (least to most). ${cores.text}`,
      columns: ["server", "connections/s", "CPU µs each", "rate to bare", "bare CPU to this"],
      rows: rows(steady),
    },
    {
      title: "1,000 old clients at once",
      method: `${clients.toLocaleString("en")} such clients in ${processes} processes that begin in the same instant: from the call until the line is written and the connection closed. Failed and missing (written, but never read by the server) are sums over all ${runs} runs. ${cores.text}`,
      columns: ["server", "p50, ms", "p99, ms", "failed", "missing"],
      rows: rows(burst),
    },
  ];
}

async function startBaseline(): Promise<Server> {
  const baseline = await Baseline.start(new URL("./bare-accept.ts", import.meta.url));
  return {
    socketPath: baseline.socketPath,
    lines: () => baseline.lines(),
    cpuNs: async () => (await baseline.cpuTime()).all,
    stop: () => baseline.stop(),
  };
}

async function startMonitor(): Promise<Server> {
  const monitor = await Monitor.start();
  return {
    socketPath: monitor.socketPath,
    lines: async () => (await monitor.account()).lines,
    cpuNs: async () => monitor.cpuTime().all,
    stop: () => monitor.stop(),
  };
}

async function measure(server: Server): Promise<Figures> {
  const script = new URL("./old-client-load.ts", import.meta.url);
  const loads = await Promise.all(Array.from({ length: processes }, () => Peer.start(script, cores.load)));
  try {
    return { ...(await measureSteady(server, loads[0] as Peer)), ...(await measureBurst(server, loads)) };
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await server.stop();
  }
}

async function measureSteady(server: Server, load: Peer): Promise<Steady> {
  const { socketPath } = server;
  const order = { socketPath, atOnce, from: 0 };
  // What the compilers need is no part of what is measured.
  await load.ask<Called>("call", { ...order, calls: warmUpCalls } satisfies Calls);
  await missingFrom(server, warmUpCalls);
  const before = await server.cpuNs();
  const { elapsedMs, failed } = await load.ask<Called>("call", { ...order, calls } satisfies Calls);
  if (failed > 0) throw new Error(`${failed} of ${calls} connections failed`);
  await missingFrom(server, warmUpCalls + calls);
  const cpu = (await server.cpuNs()) - before;
  return { callsPerS: (calls / elapsedMs) * 1_000, cpuUsPerCall: cpu / calls / 1_000 };
}

async function measureBurst(server: Server, loads: readonly Peer[]): Promise<Burst> {
  const { socketPath } = server;
  const linesBefore = await server.lines();
  const each = clients / processes;
  const atMs = Date.now() + headStartMs;
  const called = await Promise.all(
    loads.map((load, i) =>
      load.ask<Called>("call", {
        ...{ socketPath, calls: each, atOnce: each, from: i * each, atMs },
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

/** How many lines never come, though they were written: the server has two seconds. */
async function missingFrom(server: Server, expected: number): Promise<number> {
  const deadlineMs = performance.now() + 2_000;
  let missing = expected - (await server.lines());
  while (missing > 0 && performance.now() < deadlineMs) {
    await delay(5);
    missing = expected - (await server.lines());
  }
  return missing;
}
