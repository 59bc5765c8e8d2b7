import { ManualClock, silentLogger } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Bot } from "../../src/registry/bot.js";
import {
  type BotProbeResult,
  goneResult,
  type MeasuredProbeResult,
} from "../../src/registry/probe-result.js";
import { FirstProbe } from "../../src/sampling/first-probe.js";
import type { ProcessProbe } from "../../src/sampling/process-probe.js";

const alive: MeasuredProbeResult = { state: "alive", startedAtMs: 1, startKey: 7, cpuPct: null, rssMb: 5 };
const botOf = (channel: string, pid: number): { -readonly [K in keyof Bot]: Bot[K] } =>
  ({ channel, pid, status: "online", processSeen: false }) as Bot;

let samples: BotProbeResult[];
let asked: number[][];
let looks: Map<number, MeasuredProbeResult>;
let firstProbe: FirstProbe;

beforeEach(async () => {
  vi.useFakeTimers();
  samples = [];
  asked = [];
  looks = new Map();
  const probe = {
    probe: async (pids: readonly number[]) => {
      asked.push([...pids]);
      return looks;
    },
  } as unknown as ProcessProbe;
  firstProbe = new FirstProbe({
    queue: { offerSample: (sample) => samples.push(sample) },
    probe,
    clock: new ManualClock(),
    logger: silentLogger,
  });
  await firstProbe.start();
});

afterEach(async () => {
  await firstProbe.stop();
  vi.useRealTimers();
});

test("newcomers are looked at together, 100 ms after the first, and once", async () => {
  looks.set(1, alive).set(2, goneResult);
  const [a, b] = [botOf("a", 1), botOf("b", 2)];
  firstProbe.botChanged(a);
  firstProbe.botChanged(b);
  firstProbe.botChanged(a);
  await vi.advanceTimersByTimeAsync(99);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([[1, 2]]);
  expect(samples).toMatchObject([
    { channel: "a", pid: 1, state: "alive" },
    { channel: "b", pid: 2, state: "gone" },
  ]);
  firstProbe.botChanged(a);
  firstProbe.botChanged(b);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});

test("another process of a known bot is a newcomer; one that was seen or has gone is none", async () => {
  const bot = botOf("a", 1);
  firstProbe.botChanged(bot);
  await vi.advanceTimersByTimeAsync(100);
  bot.pid = 2;
  firstProbe.botChanged(bot);
  firstProbe.botChanged({ ...botOf("seen", 3), processSeen: true });
  firstProbe.botChanged({ ...botOf("gone", 4), status: "offline" });
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual([[1], [2]]);
});

test("who came before the start is looked at after it", async () => {
  await firstProbe.stop();
  firstProbe.botChanged(botOf("a", 1));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
  await firstProbe.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual([[1]]);
});
