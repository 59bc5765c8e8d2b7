import { setTimeout as delay } from "node:timers/promises";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { cellOf, percent, short } from "./cell.js";
import { cores } from "./cores.js";
import type { FleetOrder } from "./fleet-load.js";
import { type Delays, Monitor } from "./monitor.js";
import { Peer } from "./peer.js";
import { percentileOf } from "./percentile.js";

const bots = 10_000;
/** Each bot beats once in it, each process is looked at once, and Prometheus asks once. */
const intervalMs = 15_000;
const runs = 3;
const asks = 40;
const resolutionMs = 5;

interface Figures {
  readonly main: number;
  readonly all: number;
  readonly residentMb: number;
  readonly delays: Delays;
  readonly apiMs: readonly number[];
}

/** Ten thousand bots that are connected and beat every 15 s. */
export async function fleetTable(): Promise<Table> {
  const monitor = await Monitor.start({ flags: ["--metrics-interval", String(intervalMs / 1_000)] });
  const load = await Peer.start(new URL("./fleet-load.ts", import.meta.url), cores.load);
  try {
    const { socketPath } = monitor;
    await load.ask("connect", { socketPath, bots, intervalMs } satisfies FleetOrder);
    // The first interval warms up: what a start alone needs, and what the compilers do.
    await measure(monitor, load, 0);
    const figures: Figures[] = [];
    for (let run = 1; run <= runs; run++) figures.push(await measure(monitor, load, run));
    return tableOf(figures);
  } finally {
    await load.stop();
    await monitor.stop();
  }
}

async function measure(monitor: Monitor, load: Peer, run: number): Promise<Figures> {
  await monitor.watchDelays(resolutionMs);
  const before = monitor.cpuTime();
  const since = performance.now();
  await delay(intervalMs / 2);
  await monitor.scrape();
  await delay(since + intervalMs - performance.now());
  const after = monitor.cpuTime();
  const elapsedNs = (performance.now() - since) * 1e6;
  const residentMb = monitor.residentMb();
  const delays = await monitor.delays();
  const apiMs: number[] = [];
  for (let ask = 0; ask < asks; ask++) {
    const rssMb = 1_000 + run + ask / 1_024;
    apiMs.push(await load.ask("beatAndAsk", { url: monitor.url, bot: (ask * 7_919) % bots, rssMb }));
  }
  return {
    main: (after.main - before.main) / elapsedNs,
    all: (after.all - before.all) / elapsedNs,
    residentMb,
    delays,
    apiMs,
  };
}

function tableOf(figures: readonly Figures[]): Table {
  const cell = (one: (figures: Figures) => number, text = short) => cellOf(figures.map(one), text);
  const figure = (name: string, one: (figures: Figures) => number) =>
    ({
      name: `server: 10,000 bots, ${name}`,
      value: medianOf(figures.map(one)).median,
      better: "less",
    }) as const;
  return {
    title: "10,000 connected bots, a beat each in 15 s",
    method: `${bots.toLocaleString("en")} connections, each a bot with a pid of its own that no process has, so that each is looked at and its own word is stored; a scrape of \`/metrics\` and a round of sampling in each interval. ${runs} intervals of ${intervalMs / 1_000} s after one that is not counted. The event loop is looked at every ${resolutionMs} ms. To the API: from a beat until an answer of \`/api/v1/bots\`, the whole fleet, is there that has it, ${asks} times an interval. Median (least to most). ${cores.text}`,
    columns: ["figure", "measured"],
    rows: [
      ["main thread, of a core", cell(({ main }) => main, percent)],
      ["process, of a core", cell(({ all }) => all, percent)],
      ["resident memory, MB", cell(({ residentMb }) => residentMb)],
      ["event-loop delay p99, ms", cell(({ delays }) => delays.p99Ms)],
      ["event-loop delay, longest, ms", cell(({ delays }) => delays.maxMs)],
      ["beat to API p50, ms", cell(({ apiMs }) => percentileOf(apiMs, 0.5))],
      ["beat to API p99, ms", cell(({ apiMs }) => percentileOf(apiMs, 0.99))],
    ],
    figures: [
      figure("main thread, of a core", ({ main }) => main),
      figure("process, of a core", ({ all }) => all),
      figure("resident memory", ({ residentMb }) => residentMb),
      figure("beat to API p50", ({ apiMs }) => percentileOf(apiMs, 0.5)),
    ],
  };
}
