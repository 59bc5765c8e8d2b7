// `pnpm soak --minutes N`: the monitor under everything that it meets, for that long, and the
// slopes of what must not grow. With `--snapshots` it also prints what the heap has more of at the
// end than after the warm-up.
import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { medianOf } from "./median.js";
import type { MeasuredPage } from "./page/measured-page.js";
import { cores, pinThisProcess } from "./server/cores.js";
import { Monitor } from "./server/monitor.js";
import { Peer } from "./server/peer.js";
import { percentileOf } from "./server/percentile.js";
import { descriptorsOf, residentMbOf } from "./server/process-figures.js";
import { accountingTable, isComplete, stepsOf } from "./soak/accounting.js";
import { type HeapKinds, heapGrowthTable, heapKindsOf } from "./soak/heap-growth.js";
import type { SoakOrder, SoakReport, SoakTotals } from "./soak/load.js";
import { MortalBots } from "./soak/mortal-bots.js";
import { OpenPage } from "./soak/open-page.js";
import { Outages } from "./soak/outages.js";
import { type ResidentParts, residentPartsOf } from "./soak/resident-parts.js";
import { Surroundings } from "./soak/surroundings.js";
import {
  type Course,
  courseColumns,
  descriptorCourse,
  freeCourse,
  liveHeapCourse,
  logCourse,
  rowOf,
  rssCourse,
} from "./soak/verdict.js";
import { markdownFromTable } from "./table.js";

/** What was measured at one moment, while the short-lived connections rest. */
interface Sample extends ResidentParts {
  readonly ms: number;
  readonly liveMb: number;
  /** Of it, code: what runs seldom is compiled late, and again after it was thrown away. */
  readonly codeMb: number;
  /** Of it, the bytes of array buffers. */
  readonly bufferMb: number;
  /** The median of a reading a second since the last sample: each thread takes and gives back. */
  readonly rssMb: number;
  /** Of `otherMb`: the main thread's heap. */
  readonly heapMb: number;
  readonly descriptors: number;
  readonly latencyP99Ms: number;
  /** The most of SQLite's log, of a reading a second since the last sample. */
  readonly logMb: number;
  /** Of the page; null where none is open. */
  readonly pageMb: number | null;
}

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "20" }, snapshots: { type: "boolean", default: false } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes: expected a number above 0, got ${values.minutes}`);
  process.exit(2);
}
const totalMs = minutes * 60_000;
/**
 * Caches fill, code is compiled, the heap finds its size: half of it at the most, ten minutes at
 * the most.
 */
const warmUpMs = Math.min(totalMs / 2, 600_000);
/** A collection each time, so not too often; and enough points for a slope. */
const everyMs = Math.min(15_000, Math.max(2_000, (totalMs - warmUpMs) / 60));
const token = "a-token-of-the-soak";
const mb = 1_048_576;

// So that PostgreSQL and the browser, which it starts, leave the server's core alone.
pinThisProcess(cores.load);
process.exitCode = (await soak()) ? 0 : 1;

/** Whether all that was measured is as it has to be. */
async function soak(): Promise<boolean> {
  await using surroundings = await Surroundings.start();
  const monitor = await Monitor.start({ nodeFlags: ["--expose-gc"], token, flags: surroundings.flags });
  const load = await Peer.start(new URL("./soak/load.ts", import.meta.url), cores.load);
  const mortals = new MortalBots(monitor.socketPath);
  const page = await OpenPage.open(monitor);
  const { stage, fleet, principals, receiver } = surroundings;
  const outages = stage === undefined ? undefined : new Outages(stage, totalMs);
  try {
    const { socketPath, url, headers } = monitor;
    await load.ask("start", { socketPath, url, headers, principals } satisfies SoakOrder);
    const course = await samplesOf(monitor, load, page.page);
    await Promise.all([outages?.end(), mortals.end()]);
    const totals = await load.ask<SoakTotals>("end");
    const steps = await stepsOf(monitor, totals.lines + mortals.lines, stage, fleet);
    const accounting = accountingTable(steps);
    const courses = coursesOf(course.samples);
    const { streamBytes, oldClientsFailed } = course.report;
    const parts = [
      "200 clients with 1,000 usage rows, 100 metrics and 200 heartbeats a second, one of them made anew each second",
      "50 old clients a second with a connection each",
      "bad lines",
      "two principals of 20 clients each with 100 usage rows and 50 heartbeats a second, and each second a beat that none of them may send",
      `${mortals.kills} bots killed`,
      `alerts with a receiver, which took ${receiver.messages.length} messages`,
      "calls priced",
      page.page === undefined ? "no page open, as there is no Chromium here" : "the page open in a Chromium",
      `a viewer of the stream (${(streamBytes / mb).toFixed(0)} MB); scrapes and lists`,
      outages === undefined
        ? "no fleet database, as there is no PostgreSQL here"
        : `PostgreSQL as the fleet database, cut off ${outages.count} times, killed and frozen in turn`,
    ];
    console.log(
      markdownFromTable({
        title: `Soak, ${minutes} minutes`,
        method: `${parts.join("; ")}. ${oldClientsFailed} old clients failed; ${totals.reconnects} reconnects; of the calls of clients ${totals.superseded} were superseded and ${totals.dropped} dropped. Slopes by Theil and Sen after ${(warmUpMs / 60_000).toFixed(1)} minutes of warm-up, over ${course.samples.length} samples, with 95 % bounds that allow for samples that depend on one another. Resident memory is the median of a reading a second; its parts and the live heap are those after a collection of the main thread's heap. ${cores.text}`,
        columns: courseColumns,
        rows: courses.map(rowOf),
      }),
    );
    console.log(markdownFromTable(accounting));
    if (course.first !== undefined) {
      const last = heapKindsOf(await monitor.heapSnapshot());
      const passedMs = performance.now() - course.since - course.first.ms;
      console.log(markdownFromTable(heapGrowthTable(course.first.kinds, last, passedMs / 60_000)));
    }
    return courses.every(({ verdict }) => verdict !== "missed") && isComplete(accounting);
  } finally {
    await Promise.all([outages?.end(), mortals.end(), page.close()]);
    await load.stop();
    await monitor.stop();
  }
}

interface Measured {
  readonly since: number;
  /** Those after the warm-up. */
  readonly samples: readonly Sample[];
  readonly report: SoakReport;
  /** The first look at the heap, and when. */
  readonly first: { readonly ms: number; readonly kinds: HeapKinds } | undefined;
}

async function samplesOf(monitor: Monitor, load: Peer, page: MeasuredPage | undefined): Promise<Measured> {
  const samples: Sample[] = [];
  let first: Measured["first"];
  const since = performance.now();
  let report = await load.ask<SoakReport>("pause");
  await load.ask("resume");
  for (let nextMs = everyMs; nextMs <= totalMs; nextMs += everyMs) {
    const readings = await readingsUntil(monitor, since + nextMs);
    report = await load.ask<SoakReport>("pause");
    const sample = await sampleOf(monitor, performance.now() - since, readings, report.latenciesMs, page);
    samples.push(sample);
    await load.ask("resume");
    tell(sample);
    if (values.snapshots && first === undefined && nextMs >= warmUpMs)
      first = { ms: nextMs, kinds: heapKindsOf(await monitor.heapSnapshot()) };
  }
  // A look at the heap holds the monitor for seconds, and leaves it larger.
  const fromMs = first === undefined ? warmUpMs : first.ms + 1.5 * everyMs;
  return { since, samples: samples.filter(({ ms }) => ms >= fromMs), report, first };
}

/** What is read once a second, and not in one moment: both come and go. */
type Readings = Pick<Sample, "rssMb" | "logMb">;

async function readingsUntil({ pid, databasePath }: Monitor, untilMs: number): Promise<Readings> {
  const resident: number[] = [];
  let logMb = 0;
  do {
    await delay(Math.min(1_000, untilMs - performance.now()));
    resident.push(residentMbOf(pid));
    logMb = Math.max(logMb, (statSync(`${databasePath}-wal`, { throwIfNoEntry: false })?.size ?? 0) / mb);
  } while (performance.now() < untilMs);
  return { rssMb: medianOf(resident).median, logMb };
}

async function sampleOf(
  monitor: Monitor,
  ms: number,
  readings: Readings,
  latenciesMs: readonly number[],
  page: MeasuredPage | undefined,
): Promise<Sample> {
  // Until the last short-lived connection is closed on this side, too.
  await delay(50);
  const { liveBytes, codeBytes, bufferBytes, heapBytes } = await monitor.memory();
  return {
    ms,
    liveMb: liveBytes / mb,
    codeMb: codeBytes / mb,
    bufferMb: bufferBytes / mb,
    ...readings,
    heapMb: heapBytes / mb,
    ...residentPartsOf(readFileSync(`/proc/${monitor.pid}/smaps`, "utf8")),
    descriptors: descriptorsOf(monitor.pid),
    latencyP99Ms: latenciesMs.length === 0 ? 0 : percentileOf(latenciesMs, 0.99),
    pageMb: (await page?.heapMb()) ?? null,
  };
}

function coursesOf(samples: readonly Sample[]): Course[] {
  const points = (value: (sample: Sample) => number | null) =>
    samples.flatMap((sample) => {
      const found = value(sample);
      return found === null ? [] : [{ ms: sample.ms, value: found }];
    });
  const page = points(({ pageMb }) => pageMb);
  return [
    liveHeapCourse(points(({ liveMb }) => liveMb)),
    freeCourse(
      "of it compiled code, MB",
      points(({ codeMb }) => codeMb),
    ),
    freeCourse(
      "of it array buffers, MB",
      points(({ bufferMb }) => bufferMb),
    ),
    rssCourse(points(({ rssMb }) => rssMb)),
    freeCourse(
      "of it the main thread's heap, MB",
      points(({ heapMb }) => heapMb),
    ),
    freeCourse(
      "of it heaps of other threads, code and stacks, MB",
      points(({ otherMb, heapMb }) => otherMb - heapMb),
    ),
    freeCourse(
      "of it malloc, of SQLite and the runtime, MB",
      points(({ mallocMb }) => mallocMb),
    ),
    freeCourse(
      "of it files, MB",
      points(({ filesMb }) => filesMb),
    ),
    descriptorCourse(points(({ descriptors }) => descriptors)),
    freeCourse(
      "beat to API p99, ms",
      points(({ latencyP99Ms }) => latencyP99Ms),
    ),
    logCourse(points(({ logMb }) => logMb)),
    ...(page.length === 0 ? [] : [freeCourse("heap of the page after a collection, MB", page)]),
  ];
}

/** Progress for people, on stderr. */
function tell(sample: Sample): void {
  const {
    ms,
    liveMb,
    codeMb,
    bufferMb,
    rssMb,
    heapMb,
    otherMb,
    mallocMb,
    filesMb,
    descriptors,
    latencyP99Ms,
    logMb,
    pageMb,
  } = sample;
  const figures = [
    `live heap ${liveMb.toFixed(1)} MB (code ${codeMb.toFixed(1)}, buffers ${bufferMb.toFixed(1)})`,
    `RSS ${rssMb.toFixed(1)} MB (heap ${heapMb.toFixed(1)}, other threads ${(otherMb - heapMb).toFixed(1)}, malloc ${mallocMb.toFixed(1)}, files ${filesMb.toFixed(1)})`,
    `${descriptors} descriptors`,
    `beat to API p99 ${latencyP99Ms.toFixed(1)} ms`,
    `log ${logMb.toFixed(1)} MB`,
    ...(pageMb === null ? [] : [`page ${pageMb.toFixed(1)} MB`]),
  ];
  console.error(`${(ms / 60_000).toFixed(1)} min: ${figures.join(", ")}`);
}
