// `pnpm soak --minutes N`: the monitor under everything that it meets, for that long, and the
// slopes of what must not grow. With `--snapshots` it also prints what the heap has more of at the
// end than after the warm-up.
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cores } from "./server/cores.js";
import { Monitor } from "./server/monitor.js";
import { Peer } from "./server/peer.js";
import { percentileOf } from "./server/percentile.js";
import { descriptorsOf } from "./server/process-figures.js";
import { type HeapKinds, heapGrowthTable, heapKindsOf } from "./soak/heap-growth.js";
import type { SoakOrder } from "./soak/load.js";
import {
  type Course,
  descriptorCourse,
  latencyCourse,
  liveHeapCourse,
  rowOf,
  rssCourse,
} from "./soak/verdict.js";
import { markdownFromTable } from "./table.js";

/** What was measured at one moment, while the short-lived connections rest. */
interface Sample {
  readonly ms: number;
  readonly liveMb: number;
  readonly rssMb: number;
  readonly descriptors: number;
  readonly latencyP99Ms: number;
}

interface Paused {
  readonly latenciesMs: readonly number[];
  readonly lines: number;
  readonly streamBytes: number;
  readonly oldClientsFailed: number;
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

const monitor = await Monitor.start({ nodeFlags: ["--expose-gc"] });
const load = await Peer.start(new URL("./soak/load.ts", import.meta.url), cores.load);
let passed = false;
/** The first look at the heap, and when. */
let first: { readonly ms: number; readonly kinds: HeapKinds } | undefined;
try {
  const { socketPath, url } = monitor;
  await load.ask("start", { socketPath, url } satisfies SoakOrder);
  const samples: Sample[] = [];
  const since = performance.now();
  let told = await load.ask<Paused>("pause");
  await load.ask("resume");
  for (let nextMs = everyMs; nextMs <= totalMs; nextMs += everyMs) {
    await delay(since + nextMs - performance.now());
    told = await load.ask<Paused>("pause");
    samples.push(await sampleOf(performance.now() - since, told.latenciesMs));
    await load.ask("resume");
    tell(samples.at(-1) as Sample);
    if (values.snapshots && first === undefined && nextMs >= warmUpMs)
      first = { ms: nextMs, kinds: heapKindsOf(await monitor.heapSnapshot()) };
  }
  // A look at the heap holds the monitor for seconds, and leaves it larger.
  const warm = samples.filter(({ ms }) => ms >= (first === undefined ? warmUpMs : first.ms + 1.5 * everyMs));
  const courses = coursesOf(warm);
  const { processed, shed, lines } = await monitor.account();
  console.log(
    markdownFromTable({
      title: `Soak, ${minutes} minutes`,
      method: `200 clients with 1,000 usage rows, 100 metrics and 200 heartbeats a second, one of them made anew each second; 50 old clients a second with a connection each; bad lines; a viewer of the stream; scrapes and lists. ${lines} lines read (${processed["llm_usage"]} usage rows), ${sumOf(shed)} shed, ${told.oldClientsFailed} old clients failed, ${(told.streamBytes / 1_048_576).toFixed(0)} MB streamed. Slopes by least squares after ${(warmUpMs / 60_000).toFixed(1)} minutes of warm-up, over ${warm.length} samples, each after a collection, with 95 % bounds that allow for samples that depend on one another. ${cores.text}`,
      columns: ["what", "median", "least to most", "slope an hour", "95 % bounds", "target", "verdict"],
      rows: courses.map(rowOf),
    }),
  );
  if (first !== undefined) {
    const last = heapKindsOf(await monitor.heapSnapshot());
    const passedMs = performance.now() - since - first.ms;
    console.log(markdownFromTable(heapGrowthTable(first.kinds, last, passedMs / 60_000)));
  }
  passed = courses.every(({ verdict }) => verdict !== "missed");
} finally {
  await load.stop();
  await monitor.stop();
}
process.exit(passed ? 0 : 1);

async function sampleOf(ms: number, latenciesMs: readonly number[]): Promise<Sample> {
  // Until the last short-lived connection is closed on this side, too.
  await delay(50);
  const { liveBytes, rssBytes } = await monitor.memory();
  return {
    ms,
    liveMb: liveBytes / 1_048_576,
    rssMb: rssBytes / 1_048_576,
    descriptors: descriptorsOf(monitor.pid),
    latencyP99Ms: latenciesMs.length === 0 ? 0 : percentileOf(latenciesMs, 0.99),
  };
}

function coursesOf(samples: readonly Sample[]): Course[] {
  const points = (value: (sample: Sample) => number) =>
    samples.map((sample) => ({ ms: sample.ms, value: value(sample) }));
  return [
    liveHeapCourse(points(({ liveMb }) => liveMb)),
    rssCourse(points(({ rssMb }) => rssMb)),
    descriptorCourse(points(({ descriptors }) => descriptors)),
    latencyCourse(points(({ latencyP99Ms }) => latencyP99Ms)),
  ];
}

/** Progress for people, on stderr. */
function tell({ ms, liveMb, rssMb, descriptors, latencyP99Ms }: Sample): void {
  const figures = `live heap ${liveMb.toFixed(1)} MB, RSS ${rssMb.toFixed(1)} MB, ${descriptors} descriptors, beat to API p99 ${latencyP99Ms.toFixed(1)} ms`;
  console.error(`${(ms / 60_000).toFixed(1)} min: ${figures}`);
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
