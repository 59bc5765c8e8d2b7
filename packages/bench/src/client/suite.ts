import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { type Fault, FaultyMonitor, faults, type Place } from "./fault.js";
import { type SubjectName, subjects } from "./subject.js";

const calls = 1_000_000;
/** The others: enough to see where they tend, and a run still ends within minutes. */
const callsOfOthers = 200_000;
const rounds = 3;
/** How long a process may linger before it counts as held. */
const mostLingerMs = 5_000;

interface Figures {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly grownMb: number;
  readonly closeMs: number;
  readonly lingerMs: number;
}

/** What a call costs under each fault, beside the clients that others use. */
export async function run(): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const fault of faults) tables.push(await tableOf(fault));
  return tables;
}

async function tableOf(fault: Fault): Promise<Table> {
  const figures = new Map<SubjectName, Figures[]>(subjects.map((name) => [name, []]));
  // Round by round, so that a busy minute of the machine hits every client.
  for (let round = 0; round < rounds; round++) {
    for (const name of subjects) figures.get(name)?.push(await measure(name, fault));
  }
  return {
    title: `A call while the monitor is ${fault}`,
    method: `${calls.toLocaleString("en")} calls of our client, ${callsOfOthers.toLocaleString("en")} of each other one, 100 in each turn of the event loop, each client in a process of its own, the monitor in another; median of ${rounds} runs (least to most). Growth is of the heap and of external memory after a collection; closing is cut off after 4 s. The last column is a process that reports 1,000 times and ends by itself: how long after its last line it was gone.`,
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
        4_000,
      ),
      cell(
        runs.map(({ lingerMs }) => lingerMs),
        mostLingerMs,
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

async function measure(name: SubjectName, fault: Fault): Promise<Figures> {
  const monitor = await FaultyMonitor.start(fault);
  try {
    const count = name === subjects[0] ? calls : callsOfOthers;
    const { text } = await runMeasure(count, name, monitor.place, 300_000);
    const figures = JSON.parse(text) as Omit<Figures, "lingerMs">;
    const { text: last, endedAtMs } = await runMeasure(1_000, name, monitor.place, mostLingerMs);
    return { ...figures, lingerMs: endedAtMs - Number(last) };
  } finally {
    monitor.stop();
  }
}

/** Runs `measure.ts`; it is killed when it has printed its last line and does not end within `mostMs`. */
async function runMeasure(
  count: number,
  name: SubjectName,
  { socketPath, port }: Place,
  mostMs: number,
): Promise<{ text: string; endedAtMs: number }> {
  const script = fileURLToPath(new URL("./measure.ts", import.meta.url));
  const flags = ["--expose-gc", "--no-warnings", "--import", "tsx"];
  const child = spawn(process.execPath, [...flags, script, String(count), name, socketPath, String(port)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  let endedAtMs = 0;
  let limit: NodeJS.Timeout | undefined;
  child.on("exit", () => {
    endedAtMs = Date.now();
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    limit ??= setTimeout(() => child.kill("SIGKILL"), mostMs);
  });
  await once(child, "close");
  clearTimeout(limit);
  if (text === "") throw new Error(`${name}: ended without a figure`);
  return { text, endedAtMs };
}
