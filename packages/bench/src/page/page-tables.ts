import { setTimeout as delay } from "node:timers/promises";
import { cellOf, percent, short } from "../server/cell.js";
import { cores } from "../server/cores.js";
import type { FleetOrder } from "../server/fleet-load.js";
import { Monitor } from "../server/monitor.js";
import { Peer } from "../server/peer.js";
import { percentileOf } from "../server/percentile.js";
import type { Table } from "../table.js";
import { MeasuredBrowser } from "./measured-browser.js";
import type { MeasuredPage, PageKind, Slowness } from "./measured-page.js";
import { pageSizeKb } from "./page-size.js";
import { Viewers } from "./viewers.js";

/** How much is measured. */
interface Scale {
  readonly bots: number;
  readonly runs: number;
  readonly windowMs: number;
}

const whole: Scale = { bots: 5_000, runs: 3, windowMs: 3_000 };
/** Enough to see that everything is measured; the figures say nothing. */
const quick: Scale = { bots: 100, runs: 1, windowMs: 300 };

const intervalMs = 15_000;
const viewers = 10;
const kinds: readonly PageKind[] = ["ours", "parsing", "blank"];
const slow: Slowness = { cpu: 4, mbitPerS: 10, latencyMs: 60 };
/** Each digit leaves other bots. */
const typed = "1234";

type ByKind<Value> = Readonly<Record<PageKind, Value>>;

/**
 * The page with 5,000 bots, beside a page that only parses and a blank one; and what its viewers
 * cost the monitor.
 */
export async function pageTables(isQuick: boolean): Promise<readonly Table[]> {
  const scale = isQuick ? quick : whole;
  const monitor = await Monitor.start();
  const load = await Peer.start(new URL("../server/fleet-load.ts", import.meta.url), cores.load);
  try {
    const { bots } = scale;
    await load.ask("connect", { socketPath: monitor.socketPath, bots, intervalMs } satisfies FleetOrder);
    const monitorTable = await viewersTable(monitor, scale);
    return [await pageTable(monitor, scale), monitorTable];
  } finally {
    await load.stop();
    await monitor.stop();
  }
}

async function pageTable(monitor: Monitor, scale: Scale): Promise<Table> {
  const browser = await MeasuredBrowser.start(monitor.url);
  try {
    const fast = await openings(browser, scale, null);
    const slowed = await openings(browser, scale, slow);
    const pages: Record<PageKind, MeasuredPage> = {
      ours: await browser.open("ours"),
      parsing: await browser.open("parsing"),
      blank: await browser.open("blank"),
    };
    const startMb = await fromEach(pages, (page) => page.heapMb());
    const main = await inRuns(scale, () => fromEach(pages, (page) => page.mainThread(scale.windowMs)));
    const frames = await fromEach(pages, (page) => page.frames(2 * scale.windowMs));
    const longTasks = await fromEach(pages, (page) => page.value<number>("bench.longTasks"));
    // What a person does to a page, who has one before the eyes.
    const keys = await inTurn(pages, (page) => page.keystrokes(typed));
    const scrolled = await inTurn(pages, (page) => page.frames(scale.windowMs, true));
    const elements = await fromEach(pages, (page) => page.elements());
    const endMb = await fromEach(pages, (page) => page.heapMb());

    const p99 = (gaps: readonly number[]) => short(percentileOf(gaps, 0.99));
    const row = <Value>(
      name: string,
      budget: string,
      value: ByKind<Value>,
      text: (value: Value) => string,
    ) => [name, budget, ...kinds.map((kind) => text(value[kind]))];
    const paint = ({ paintMs }: Opened) => cellOf(paintMs);
    const rows = ({ rowsMs }: Opened) => (rowsMs.length === 0 ? "" : cellOf(rowsMs));
    const slowName = `at a CPU ${slow.cpu} x slower, ${slow.mbitPerS} Mbit/s, ${slow.latencyMs} ms`;
    const perSecond = Math.round((scale.bots / intervalMs) * 1_000);
    return {
      title: `The page with ${scale.bots.toLocaleString("en")} bots and ${perSecond} changes a second`,
      method: `A headless Chromium with three pages of the monitor's origin: its own page, one that reads the same stream and parses it, and a blank one with a field. Each opening is in a new context, in turn, ${scale.runs} of each: from the navigation to the first paint and to the frame with the first rows; of the page that parses, from its request until the snapshot is parsed. Then all three are open at once. Main thread: CPU time of its tasks over ${scale.windowMs / 1_000} s, ${scale.runs} times. Frames and long tasks over ${(2 * scale.windowMs) / 1_000} s. Then one after the other: frames over ${scale.windowMs / 1_000} s in which each scrolls to a place at random, and keystrokes. A keystroke is from the key to the frame with the rows that it leaves, the slowest of ${typed.length}. Heap after a collection, before and after all that. Median (least to most). Load and browser share a core where the monitor is pinned to another.`,
      columns: ["figure", "budget", "page", "parses only", "blank"],
      rows: [
        ["everything of the page, gzip, kB", "60", short(pageSizeKb()), "", ""],
        row("first paint, ms", "300", fast, paint),
        row("rows, ms", "1000", fast, rows),
        row(`first paint ${slowName}, ms`, "", slowed, paint),
        row(`rows ${slowName}, ms`, "1500", slowed, rows),
        row("main thread, of a core", "5 %", main, (shares) => cellOf(shares, percent)),
        row("frames p99, ms", "20", frames, p99),
        row("frames p99 while scrolling, ms", "34", scrolled, p99),
        row("long tasks after the first second", "0", longTasks, String),
        row("keystroke to painted, ms", "50", keys, (took) => short(Math.max(...took))),
        row("heap at the start, MB", "40", startMb, short),
        row("heap at the end, MB", "40", endMb, short),
        row("elements", "3000", elements, String),
      ],
    };
  } finally {
    await browser.close();
  }
}

interface Opened {
  readonly paintMs: readonly number[];
  readonly rowsMs: readonly number[];
}

async function openings(
  browser: MeasuredBrowser,
  { runs }: Scale,
  slowness: Slowness | null,
): Promise<ByKind<Opened>> {
  const found = { ours: opened(), parsing: opened(), blank: opened() };
  for (let run = 0; run < runs; run++) {
    for (const kind of kinds) {
      const page = await browser.open(kind, slowness);
      found[kind].paintMs.push(await page.value<number>("bench.firstPaintMs()"));
      if (kind !== "blank") found[kind].rowsMs.push(await page.value<number>("bench.rowsMs"));
      await page.close();
    }
  }
  return found;
}

function opened(): { readonly paintMs: number[]; readonly rowsMs: number[] } {
  return { paintMs: [], rowsMs: [] };
}

/** Asks the three at once, so that what the machine does meanwhile falls on each. */
async function fromEach<Value>(
  pages: ByKind<MeasuredPage>,
  ask: (page: MeasuredPage) => Promise<Value>,
): Promise<ByKind<Value>> {
  const [ours, parsing, blank] = await Promise.all([ask(pages.ours), ask(pages.parsing), ask(pages.blank)]);
  return { ours, parsing, blank };
}

async function inTurn<Value>(
  pages: ByKind<MeasuredPage>,
  ask: (page: MeasuredPage) => Promise<Value>,
): Promise<ByKind<Value>> {
  return { ours: await ask(pages.ours), parsing: await ask(pages.parsing), blank: await ask(pages.blank) };
}

async function inRuns<Value>(
  { runs }: Scale,
  measure: () => Promise<ByKind<Value>>,
): Promise<ByKind<readonly Value[]>> {
  const found: ByKind<Value[]> = { ours: [], parsing: [], blank: [] };
  for (let run = 0; run < runs; run++) {
    const values = await measure();
    for (const kind of kinds) found[kind].push(values[kind]);
  }
  return found;
}

interface Cost {
  readonly main: number;
  readonly all: number;
  readonly delayMs: number;
}

async function viewersTable(monitor: Monitor, { bots, runs, windowMs }: Scale): Promise<Table> {
  const alone: Cost[] = [];
  const watched: Cost[] = [];
  for (let run = 0; run < runs; run++) {
    alone.push(await costOf(monitor, windowMs));
    await using open = await Viewers.open(monitor.url, viewers);
    watched.push(await costOf(monitor, windowMs));
    void open;
  }
  const more = (of: (cost: Cost) => number) => watched.map((cost, run) => of(cost) - of(alone[run] as Cost));
  const row = (name: string, budget: string, of: (cost: Cost) => number, text: (value: number) => string) => [
    name,
    budget,
    cellOf(alone.map(of), text),
    cellOf(watched.map(of), text),
    cellOf(more(of), text),
  ];
  return {
    title: `What ${viewers} viewers cost the monitor`,
    method: `${viewers} viewers who take the stream of the same ${bots.toLocaleString("en")} bots compressed, in turn with none: ${windowMs / 1_000} s each, ${runs} times, after the snapshot. Other threads are those that compress, the store's and the collector's. The event loop is looked at every 5 ms. Median (least to most). ${cores.text}`,
    columns: ["figure", "budget", "no viewer", `${viewers} viewers`, "more"],
    rows: [
      row("monitor's main thread, of a core", "1 % more", ({ main }) => main, percent),
      row("monitor's other threads, of a core", "", ({ main, all }) => all - main, percent),
      row("event-loop delay p99, ms", "10", ({ delayMs }) => delayMs, short),
    ],
  };
}

async function costOf(monitor: Monitor, windowMs: number): Promise<Cost> {
  // What opening or ending viewers costs is over.
  await delay(Math.min(1_000, windowMs));
  await monitor.watchDelays(5);
  const before = monitor.cpuTime();
  const since = performance.now();
  await delay(windowMs);
  const after = monitor.cpuTime();
  const elapsedNs = (performance.now() - since) * 1e6;
  const { p99Ms } = await monitor.delays();
  return {
    main: (after.main - before.main) / elapsedNs,
    all: (after.all - before.all) / elapsedNs,
    delayMs: p99Ms,
  };
}
