import { spawn } from "node:child_process";
import { once } from "node:events";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { compile, removeCompiled } from "./compile.js";
import { type Fault, FaultyMonitor, faults, type Place } from "./fault.js";
import { nothing, type SubjectName, subjects } from "./subject.js";

const calls = 1_000_000;
/** The others: enough to see where they tend, and a run still ends within minutes. */
const callsOfOthers = 50_000;
/** Ours once more, as often as the others: the longest of a million is longer than one of a few. */
const asOften = "@kissbot/client, as often as the others";
const rounds = 3;
/**
 * How long closing, and a process that has nothing left to do, may take before it counts as held:
 * twice our deadline.
 */
const mostHeldMs = 1_000;
/** How long a process may take for all its calls before something is wrong with it. */
const mostRunMs = 120_000;

/*
 * Where the time of a call of ours goes, for who wants to make it shorter (`node --cpu-prof` over a
 * few million of them). Live: most of it at the end of the tick, in one write that copies the lines
 * of the tick together and hands them to the kernel; then collecting what a call allocates (its
 * message, its line, its promise); then `encode`. Absent: collecting, then `encode`. Tried and not
 * worth it: asking the runtime for each line's length (line.ts tells why).
 */

interface Figures {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly grownMb: number;
  readonly closeMs: number;
  readonly lingerMs: number;
}

type RowName = SubjectName | typeof asOften;

/** What a call costs under each fault, beside the clients that others use. */
export async function run(): Promise<readonly Table[]> {
  const peers = ["subject-kissbot", "subject-hot-shots", "subject-fluent", "subject-telemetry"];
  const script = compile("measure", "subject", ...peers);
  try {
    const tables: Table[] = [];
    for (const fault of faults) tables.push(await tableOf(script, fault));
    return tables;
  } finally {
    removeCompiled();
  }
}

async function tableOf(script: string, fault: Fault): Promise<Table> {
  const [ours, ...others] = subjects;
  const names: readonly RowName[] = [nothing, ours, asOften, ...others];
  const figures = new Map<RowName, Figures[]>(names.map((name) => [name, []]));
  // Round by round, so that a busy minute of the machine hits every client.
  for (let round = 0; round < rounds; round++) {
    for (const name of names) figures.get(name)?.push(await measure(script, name, fault));
  }
  return {
    title: `A call while the monitor is ${fault}`,
    method: `${calls.toLocaleString("en")} calls of our client and of nothing, ${callsOfOthers.toLocaleString("en")} of each other client and once more of ours, 100 in each turn of the event loop, each client in a process of its own, the monitor in another; median of ${rounds} runs (least to most). Reading the clock before and after a call is part of each time: the first row is that alone. Growth is of the heap and of external memory after a collection; closing is cut off after ${mostHeldMs} ms; ours waits up to 500 ms for a monitor to which it is about to connect again. The last column is a process that reports 1,000 times and ends by itself: how long after its last line it was gone, cut off likewise.`,
    columns: ["client", "p50 µs", "p99 µs", "p99.9 µs", "max ms", "growth MB", "close ms", "exit ms"],
    rows: [...figures].map(([name, runs]) => [
      name,
      cell(runs.map(({ p50Us }) => p50Us)),
      cell(runs.map(({ p99Us }) => p99Us)),
      cell(runs.map(({ p999Us }) => p999Us)),
      cell(runs.map(({ maxUs }) => maxUs / 1_000)),
      cell(runs.map(({ grownMb }) => grownMb)),
      cell(
        runs.map(({ closeMs }) => closeMs),
        mostHeldMs,
      ),
      cell(
        runs.map(({ lingerMs }) => lingerMs),
        mostHeldMs,
      ),
    ]),
  };
}

function cell(values: readonly number[], most = Number.POSITIVE_INFINITY): string {
  const { median, min, max } = medianOf(values);
  if (median >= most) return `over ${most}`;
  return `${round(median)} (${round(min)} to ${round(max)})`;
}

function round(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

async function measure(script: string, row: RowName, fault: Fault): Promise<Figures> {
  const monitor = await FaultyMonitor.start(fault);
  try {
    const count = row === subjects[0] || row === nothing ? calls : callsOfOthers;
    const name = row === asOften ? subjects[0] : row;
    const { text } = await runMeasure(script, count, name, monitor.place);
    const figures = JSON.parse(text) as Omit<Figures, "lingerMs">;
    const { text: last, endedAtMs } = await runMeasure(script, 1_000, name, monitor.place);
    return { ...figures, lingerMs: endedAtMs - Number(last) };
  } finally {
    monitor.stop();
  }
}

/** Runs `measure.js`; it is killed when it has printed its last line and does not end soon. */
async function runMeasure(
  script: string,
  count: number,
  name: SubjectName,
  { socketPath, port }: Place,
): Promise<{ text: string; endedAtMs: number }> {
  const args = [script, String(count), name, socketPath, String(port), String(mostHeldMs)];
  const child = spawn(process.execPath, ["--expose-gc", "--no-warnings", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  let endedAtMs = 0;
  const kill = () => child.kill("SIGKILL");
  let limit = setTimeout(kill, mostRunMs);
  child.on("exit", () => {
    endedAtMs = Date.now();
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    clearTimeout(limit);
    limit = setTimeout(kill, mostHeldMs);
  });
  await once(child, "close");
  clearTimeout(limit);
  if (text === "") throw new Error(`${name}: ended without a figure`);
  return { text, endedAtMs };
}
