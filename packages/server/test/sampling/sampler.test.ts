import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Bot } from "../../src/registry/bot.js";
import {
  type BotProbeResult,
  goneResult,
  type MeasuredProbeResult,
  unknownResult,
} from "../../src/registry/probe-result.js";
import type { ProbeProblem, ProcessProbe } from "../../src/sampling/process-probe.js";
import { Sampler } from "../../src/sampling/sampler.js";

const wallAtStart = 1_700_000_000_000;
const alive: MeasuredProbeResult = { state: "alive", startedAtMs: 5, startKey: 6, cpuPct: 7, rssMb: 8 };

class FakeProbe implements ProcessProbe {
  readonly capabilities = { startTime: true, zombie: true, startKey: true };
  readonly asked: { readonly atMs: number; readonly pids: readonly number[] }[] = [];
  problem: ProbeProblem | null = null;
  underWay = 0;
  takesMs = 0;
  look: (pid: number) => MeasuredProbeResult = () => alive;

  async probe(pids: readonly number[]): Promise<ReadonlyMap<number, MeasuredProbeResult>> {
    this.underWay += 1;
    expect(this.underWay).toBe(1);
    this.asked.push({ atMs: Date.now() - wallAtStart, pids });
    if (this.takesMs > 0) await new Promise((resolve) => setTimeout(resolve, this.takesMs));
    this.underWay -= 1;
    return new Map(pids.map((pid) => [pid, this.look(pid)]));
  }

  close(): void {}
}

let probe: FakeProbe;
let bots: (Pick<Bot, "channel" | "pid" | "status"> & Partial<Bot>)[];
let samples: BotProbeResult[];
let logged: [level: string, sentence: string, fields: object][];
let sampler: Sampler;

beforeEach(() => {
  vi.useFakeTimers({ now: wallAtStart });
  probe = new FakeProbe();
  bots = [{ channel: "a", pid: 1, status: "online" }];
  samples = [];
  logged = [];
  sampler = openSampler(15_000);
});

function openSampler(intervalMs: number): Sampler {
  const log =
    (level: string) =>
    (fields: unknown, sentence?: string): void => {
      logged.push(
        typeof fields === "string" ? [level, fields, {}] : [level, sentence ?? "", fields as object],
      );
    };
  return new Sampler({
    fleet: { bots: () => bots.values() as IterableIterator<Bot> },
    queue: { offerSample: (sample) => samples.push(sample) },
    probe,
    intervalMs,
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    logger: { info: log("info"), warn: log("warn"), error: log("error") },
  });
}

afterEach(async () => {
  probe.takesMs = 0;
  const stopped = sampler.stop();
  await vi.runAllTimersAsync();
  await stopped;
  vi.useRealTimers();
});

/** When the probe was asked, in milliseconds since the start. */
function rounds(): number[] {
  return probe.asked.map(({ atMs }) => atMs);
}

test("the first round is soon, and then there is one per interval, whatever each takes", async () => {
  expect(sampler.lastRoundMs).toBeNull();
  probe.takesMs = 700;
  await sampler.start();
  await vi.advanceTimersByTimeAsync(62_000);
  expect(rounds()).toEqual([1_000, 16_000, 31_000, 46_000, 61_000]);
  expect(sampler.lastRoundMs).toBe(700);
});

test("each bot that is online or stale gets its sample, at the time of the round's start", async () => {
  bots = [
    { channel: "a", pid: 1, status: "online" },
    { channel: "b", pid: 2, status: "stale", processSeen: true },
    { channel: "c", pid: 3, status: "dead", processSeen: true },
    { channel: "d", pid: 4, status: "offline", processSeen: true },
    { channel: "e", pid: 5, status: "online", processSeen: true },
    // Nobody ever saw these, so that nobody sees them says nothing.
    { channel: "f", pid: 2, status: "online", processSeen: false },
    { channel: "g", pid: 6, status: "stale", processSeen: false },
  ];
  probe.takesMs = 300;
  probe.look = (pid) => (pid === 1 ? alive : pid === 2 ? goneResult : unknownResult);
  await sampler.start();
  await vi.advanceTimersByTimeAsync(2_000);
  const atMs = wallAtStart + 1_000;
  const nothing = { startedAtMs: null, startKey: null, cpuPct: null, rssMb: null };
  expect(samples).toEqual([
    { channel: "a", pid: 1, atMs, state: "alive", startedAtMs: 5, startKey: 6, cpuPct: 7, rssMb: 8 },
    { channel: "b", pid: 2, atMs, state: "gone", ...nothing },
    { channel: "e", pid: 5, atMs, state: "unknown", ...nothing },
  ]);
});

test("bots of one process get a sample each", async () => {
  bots = ["a", "b", "c"].map((channel) => ({ channel, pid: 9, status: "online" }));
  await sampler.start();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(samples.map(({ channel, pid }) => [channel, pid])).toEqual([
    ["a", 9],
    ["b", 9],
    ["c", 9],
  ]);
});

test("without bots the probe is left alone", async () => {
  bots = [];
  await sampler.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(rounds()).toEqual([]);
  expect(sampler.lastRoundMs).toBe(0);
});

test("a round longer than the interval delays the next, never meets it, and is logged now and then", async () => {
  probe.takesMs = 20_000;
  await sampler.start();
  await vi.advanceTimersByTimeAsync(131_000);
  expect(rounds()).toEqual([1_000, 31_000, 61_000, 91_000, 121_000]);
  expect(logged).toEqual([
    [
      "warn",
      "measuring the processes took longer than --metrics-interval",
      { took_ms: 20_000, interval_ms: 15_000, withheld: 0 },
    ],
  ]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(logged.length).toBe(2);
  expect(logged[1]?.[2]).toMatchObject({ withheld: 19 });
});

test("a probe that throws is logged now and then, yields nothing, and is asked again", async () => {
  const fault = new Error("no");
  probe.look = () => {
    throw fault;
  };
  await sampler.start();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(rounds().length).toBe(3);
  expect(samples).toEqual([]);
  expect(logged).toEqual([["error", "the processes could not be measured", { err: fault, withheld: 0 }]]);
  probe.look = () => alive;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(samples.length).toBe(1);
});

test("a problem of the probe is told when it comes and when it has gone", async () => {
  probe.problem = { code: "processes_hidden", detail: "3 are hidden" };
  await sampler.start();
  await vi.advanceTimersByTimeAsync(40_000);
  probe.problem = null;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(logged.map(([level, sentence]) => `${level}: ${sentence}`)).toEqual([
    "warn: some processes cannot be measured",
    "info: every process can be measured again",
  ]);
  expect(logged[0]?.[2]).toMatchObject({ problem: "processes_hidden", detail: "3 are hidden" });
});

test("a stop waits for the round under way, whose samples still arrive, and no other follows", async () => {
  probe.takesMs = 5_000;
  await sampler.start();
  await vi.advanceTimersByTimeAsync(2_000);
  let stopped = false;
  const stop = sampler.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(stopped).toBe(false);
  await vi.advanceTimersByTimeAsync(2_000);
  await stop;
  expect(samples.length).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(rounds()).toEqual([1_000]);
  await sampler.stop();
});

test("start and stop may be repeated in any order, and there is one schedule", async () => {
  await Promise.all([sampler.start(), sampler.start()]);
  await vi.advanceTimersByTimeAsync(17_000);
  expect(rounds()).toEqual([1_000, 16_000]);
  await sampler.stop();
  await sampler.start();
  await sampler.start();
  await vi.advanceTimersByTimeAsync(17_000);
  expect(rounds()).toEqual([1_000, 16_000, 18_000, 33_000]);
  probe.takesMs = 3_000;
  await vi.advanceTimersByTimeAsync(15_000);
  const again = [sampler.stop(), sampler.start(), sampler.stop(), sampler.start()];
  await vi.advanceTimersByTimeAsync(20_000);
  await Promise.all(again);
  expect(rounds().slice(4)).toEqual([48_000, 63_000]);
});

test("a great fleet is read and offered in slices", async () => {
  vi.useRealTimers();
  bots = Array.from({ length: 5_000 }, (_, index) => ({
    channel: `c${index}`,
    pid: index + 1,
    status: "online",
  }));
  const quick = openSampler(20);
  await quick.start();
  const perTurn: number[] = [];
  while (samples.length < 5_000) {
    const before = samples.length;
    await new Promise((resolve) => setImmediate(resolve));
    perTurn.push(samples.length - before);
  }
  await quick.stop();
  vi.useFakeTimers();
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(1_000);
  expect(new Set(samples.map(({ channel }) => channel)).size).toBe(5_000);
});

test("a process that claims a channel beside the current one is looked at too, and told as such [trial/O13]", async () => {
  bots = [
    {
      channel: "a",
      pid: 1,
      status: "online",
      processSeen: true,
      conflict: { pid: 2, principal: "local", sinceMs: 0 },
    },
    {
      channel: "b",
      pid: 3,
      status: "online",
      processSeen: true,
      conflict: { pid: 3, principal: "local", sinceMs: 0 },
    },
  ];
  probe.look = (pid) => (pid === 2 ? goneResult : alive);
  await sampler.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(probe.asked[0]?.pids).toEqual([1, 2, 3]);
  expect(samples.map(({ channel, pid, state, ofRival }) => [channel, pid, state, ofRival])).toEqual([
    ["a", 1, "alive", undefined],
    ["a", 2, "gone", true],
    ["b", 3, "alive", undefined],
  ]);
});
