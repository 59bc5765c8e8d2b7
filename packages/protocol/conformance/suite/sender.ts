import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { DriverFault } from "../driver-fault.js";
import { judgeP1 } from "../judge/p-1.js";
import { longestEndMs } from "../limits.js";
import { modes } from "../mode.js";
import { awaitEnd } from "../process-end.js";
import { endGroup, watchGroup } from "../process-group.js";
import { ProcessMeter } from "../process-meter.js";
import type { Level, Outcome, Result } from "../result.js";
import { Timeline } from "../timeline.js";
import { tracedEvents } from "../trace.js";
import { messageOf } from "../wire.js";

/** How much a monitor that cuts takes of a sender: within its first line. */
const cutBytes = 20;
/**
 * A sender is waited for so much longer than it may take, to tell a late one from one that hangs.
 */
const patienceMs = 3_000;

/** The modes under which a sender has to end. */
export const senderModes: readonly string[] = Object.keys(modes);

/** A program that does nothing takes a tenth of this on a machine that is free. */
const busyStartMs = 400;

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ms: number;
}

interface Run extends End {
  /** How long the program was ready to run and had no processor. */
  readonly starvedMs: number;
}

/** What the program itself took, as far as it had a processor. */
const ownMs = ({ ms, starvedMs }: Run): number => ms - starvedMs;

/** Starts the program with the socket's path as its last argument, and judges what it does. */
export async function runSender(name: string, command: readonly string[]): Promise<Result[]> {
  const fromMs = performance.now();
  const mode = modes[name];
  if (mode === undefined) throw new Error(`no mode ${name}`);
  const folder = mkdtempSync(join(tmpdir(), "kbs-"));
  const path = join(folder, "monitor.sock");
  const timeline = new Timeline();
  const running = await mode.start(path, timeline, cutBytes);
  try {
    let end = await runToEnd(command, path);
    // A busy machine is given another try, and then a look at how long anything takes to start.
    if (end !== undefined && ownMs(end) > longestEndMs) end = await runToEnd(command, path);
    const isBusy = end !== undefined && ownMs(end) > longestEndMs && (await startMs()) > busyStartMs;
    if (end !== undefined) timeline.tell({ event: "exit", code: end.code, ...signalOf(end) });
    // What it has written last is still on its way.
    await sleep(50);
    return verdictsOf(name, timeline, end, isBusy).map(({ rule, level, outcome, detail }) => ({
      id: `${name}:${rule}`,
      group: `sender/${name}`,
      level,
      spec: [rule],
      outcome,
      detail,
      ms: performance.now() - fromMs,
      ...(outcome === "fail" ? { trace: tracedEvents(timeline.events) } : {}),
    }));
  } finally {
    await running.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const signalOf = ({ signal }: End) => (signal === null ? {} : { signal });

/** Undefined where it does not end; then it is killed. */
async function runToEnd(command: readonly string[], path: string): Promise<Run | undefined> {
  const fromMs = performance.now();
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, path], { stdio: ["ignore", "ignore", "inherit"], detached: true });
  const ended = new Promise<End>((resolve, reject) => {
    child.once("error", (error) =>
      reject(new DriverFault("start", `cannot start ${program}: ${error.message}`)),
    );
    child.once("exit", (code, signal) => resolve({ code, signal, ms: performance.now() - fromMs }));
  });
  if (child.pid !== undefined) watchGroup(child.pid);
  try {
    const meter = new ProcessMeter(child.pid ?? -1);
    const { end, starved_ms } = await awaitEnd(ended, meter, longestEndMs + patienceMs, true);
    return end === undefined ? undefined : { ...end, starvedMs: starved_ms };
  } finally {
    if (child.pid !== undefined) endGroup(child.pid);
  }
}

interface Verdict {
  readonly rule: string;
  readonly level: Level;
  readonly outcome: Outcome;
  readonly detail: string;
}

function verdictsOf(mode: string, timeline: Timeline, end: Run | undefined, isBusy: boolean): Verdict[] {
  const { outcome, detail } = judgeP1(timeline.events);
  return [
    ending(end, isBusy),
    greeting(mode, timeline),
    ...(outcome === "not_exercised" ? [] : [{ rule: "P-1", level: "must" as const, outcome, detail }]),
  ];
}

/** How long a program takes that does nothing. */
async function startMs(): Promise<number> {
  const fromMs = performance.now();
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await new Promise((resolve) => child.once("close", resolve));
  return performance.now() - fromMs;
}

function ending(end: Run | undefined, isBusy: boolean): Verdict {
  const fail = (rule: string, detail: string): Verdict => ({ rule, level: "must", outcome: "fail", detail });
  if (end === undefined) return fail("C-13", "the program did not end by itself");
  if (end.signal === "SIGPIPE") return fail("C-16", "the program was ended by SIGPIPE");
  if (end.signal !== null) return fail("C-13", `the program was ended by ${end.signal}`);
  if (end.code !== 0) return fail("C-13", `the program ended with code ${end.code}, not 0`);
  if (ownMs(end) > longestEndMs && isBusy) {
    const detail = `the program took ${Math.round(end.ms)} ms to end, and the machine is too slow to tell`;
    return { rule: "C-13", level: "must", outcome: "inconclusive", detail };
  }
  if (ownMs(end) > longestEndMs) return fail("C-13", `the program took ${Math.round(end.ms)} ms to end`);
  return { rule: "C-13", level: "must", outcome: "pass", detail: `ended in ${Math.round(end.ms)} ms` };
}

/** To a monitor that reads, the first line of each connection is a registration. */
function greeting(mode: string, timeline: Timeline): Verdict {
  const firsts = new Map<number, string>();
  for (const one of timeline.events)
    if (one.event === "line" && !firsts.has(one.connection)) firsts.set(one.connection, one.line);
  const verdict = (outcome: Outcome, detail: string): Verdict => ({
    rule: "C-1",
    level: "must",
    outcome,
    detail,
  });
  if (firsts.size === 0)
    return mode === "live" ? verdict("fail", "no line came") : verdict("not_exercised", "no line could come");
  const wrong = [...firsts.values()].find((line) => messageOf(line)?.type !== "register");
  return wrong === undefined
    ? verdict("pass", "each connection begins with the registration")
    : verdict("fail", `a connection begins with ${wrong.slice(0, 80)}`);
}
