import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "@kissbot/store";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { Baseline } from "./baseline.js";
import { cellOf, percent, short, times } from "./cell.js";
import { cores } from "./cores.js";
import type { FleetOrder } from "./fleet-load.js";
import { type Delays, Monitor } from "./monitor.js";
import { Peer } from "./peer.js";
import { percentileOf } from "./percentile.js";

const bots = 10_000;
/** Each bot beats once in it, each process is looked at once, and Prometheus asks once. */
const intervalMs = 15_000;
const runs = 3;
const bareFleet = new URL("./bare-fleet.mjs", import.meta.url);
const asks = 40;
const resolutionMs = 5;

interface Figures extends Cost {
  readonly delays: Delays;
  readonly apiMs: readonly number[];
}

/** What a process takes: of a core, and of memory. */
interface Cost {
  readonly main: number;
  readonly all: number;
  readonly residentMb: number;
}

/** Ten thousand bots that are connected and beat every 15 s. */
export async function fleetTable(): Promise<Table> {
  const monitor = await Monitor.start({ flags: ["--metrics-interval", String(intervalMs / 1_000)] });
  const figures = await withFleet(monitor, (load, run) => measure(monitor, load, run));
  const bare = await costsOf(await Baseline.start(bareFleet));
  const storing = await Baseline.start(bareFleet, { storeEachMs: intervalMs }, async (path) =>
    (await openStore(path)).close(),
  );
  return tableOf(figures, bare, await costsOf(storing));
}

function costsOf(server: Baseline): Promise<Cost[]> {
  return withFleet(server, () => cost(server, () => delay(intervalMs)));
}

/**
 * Each interval but the first, which warms up: what a start alone needs, and what the compilers do.
 */
async function withFleet<Measured>(
  server: Monitor | Baseline,
  interval: (load: Peer, run: number) => Promise<Measured>,
): Promise<Measured[]> {
  const load = await Peer.start(new URL("./fleet-load.ts", import.meta.url), cores.load);
  try {
    const { socketPath } = server;
    await load.ask("connect", { socketPath, bots, intervalMs } satisfies FleetOrder);
    await interval(load, 0);
    const measured: Measured[] = [];
    for (let run = 1; run <= runs; run++) measured.push(await interval(load, run));
    return measured;
  } finally {
    await load.stop();
    await server.stop();
  }
}

/** What the server takes while that happens. */
async function cost(server: Monitor | Baseline, happening: () => Promise<unknown>): Promise<Cost> {
  const before = server.cpuTime();
  const since = performance.now();
  await happening();
  const after = server.cpuTime();
  const elapsedNs = (performance.now() - since) * 1e6;
  return {
    main: (after.main - before.main) / elapsedNs,
    all: (after.all - before.all) / elapsedNs,
    residentMb: server.residentMb(),
  };
}

async function measure(monitor: Monitor, load: Peer, run: number): Promise<Figures> {
  await monitor.watchDelays(resolutionMs);
  const since = performance.now();
  const taken = await cost(monitor, async () => {
    await delay(intervalMs / 2);
    await monitor.scrape();
    await delay(since + intervalMs - performance.now());
  });
  const delays = await monitor.delays();
  const apiMs: number[] = [];
  for (let ask = 0; ask < asks; ask++) {
    const rssMb = 1_000 + run + ask / 1_024;
    apiMs.push(await load.ask("beatAndAsk", { url: monitor.url, bot: (ask * 7_919) % bots, rssMb }));
  }
  return { ...taken, delays, apiMs };
}

function tableOf(figures: readonly Figures[], bare: readonly Cost[], least: readonly Cost[]): Table {
  const cell = (one: (figures: Figures) => number, text = short) => cellOf(figures.map(one), text);
  const beside = (one: (cost: Cost) => number, text = short) => {
    const ratio = medianOf(figures.map(one)).median / medianOf(bare.map(one)).median;
    return [cell(one, text), cellOf(bare.map(one), text), times(ratio), cellOf(least.map(one), text)];
  };
  const figure = (name: string, one: (figures: Figures) => number) =>
    ({
      name: `server: 10,000 bots, ${name}`,
      value: medianOf(figures.map(one)).median,
      better: "less",
    }) as const;
  return {
    title: "10,000 connected bots, a beat each in 15 s",
    method: `${bots.toLocaleString("en")} connections, each a bot with a pid of its own that no process has, so that each is looked at and its own word is stored; a scrape of \`/metrics\` and a round of sampling in each interval. ${runs} intervals of ${intervalMs / 1_000} s after one that is not counted. The event loop is looked at every ${resolutionMs} ms. To the API: from a beat until an answer of \`/api/v1/bots\`, the whole fleet, is there that has it, ${asks} times an interval. Bare: the same bots and beats at a server that calls \`JSON.parse\` for each line and keeps each bot's last one, with a database open; it stores nothing, looks at no process and answers nobody. Least is what storing takes at all: the same server on one thread, which in each interval stores a sample of each bot and the time of its last heartbeat in one transaction, channel by channel, into the tables of the Python monitor with their index, without rollups, records of bots and what a retry needs. Median (least to most). ${cores.text}`,
    columns: ["figure", "measured", "bare", "to bare", "least"],
    rows: [
      ["main thread, of a core", ...beside(({ main }) => main, percent)],
      ["process, of a core", ...beside(({ all }) => all, percent)],
      ["resident memory, MB", ...beside(({ residentMb }) => residentMb)],
      ["event-loop delay p99, ms", cell(({ delays }) => delays.p99Ms), "", "", ""],
      ["event-loop delay, longest, ms", cell(({ delays }) => delays.maxMs), "", "", ""],
      ["beat to API p50, ms", cell(({ apiMs }) => percentileOf(apiMs, 0.5)), "", "", ""],
      ["beat to API p99, ms", cell(({ apiMs }) => percentileOf(apiMs, 0.99)), "", "", ""],
    ],
    figures: [
      figure("main thread, of a core", ({ main }) => main),
      figure("process, of a core", ({ all }) => all),
      figure("resident memory", ({ residentMb }) => residentMb),
      figure("beat to API p50", ({ apiMs }) => percentileOf(apiMs, 0.5)),
    ],
  };
}
