import type { Message } from "@kissbot/protocol";
import type { Batch, BotMetric, LlmUsage } from "@kissbot/store";
import { silentLogger as logger, until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import { MessageQueue } from "../../src/queue/message-queue.js";
import { messageTypes } from "../../src/queue/queue-counters.js";
import { Registry } from "../../src/registry/registry.js";
import { ClientLosses } from "../../src/worker/client-losses.js";
import { StoreRecorder } from "../../src/worker/store-recorder.js";
import { StoreWriter } from "../../src/worker/store-writer.js";
import { UsageCounts } from "../../src/worker/usage-counts.js";
import type { UsageListener } from "../../src/worker/usage-listener.js";
import { Worker } from "../../src/worker/worker.js";
import { ScriptedStore } from "./scripted-store.js";

const clock = systemClock;
const now = () => Date.now();
const usage = (tokens: number, more: object = {}): Message => ({
  type: "llm_usage",
  channel: "a",
  model: "m",
  feature: "f",
  tokens_in: tokens,
  tokens_out: 1,
  ...more,
});

let scripted: ScriptedStore;
let queue: MessageQueue;
let registry: Registry;
let worker: Worker;
let writer: StoreWriter;
/** Called with the rows of usage, between the store and the counts. */
let onUsage: (rows: readonly LlmUsage[]) => void;
let usageCounts: UsageCounts;
let losses: ClientLosses;

beforeEach(async () => {
  scripted = new ScriptedStore();
  scripted.reply = () => "applied";
  queue = new MessageQueue({ maxRows: 1_000, maxBots: 3 });
  usageCounts = new UsageCounts(() => "table");
  losses = new ClientLosses();
  writer = new StoreWriter({
    store: () => scripted.store,
    logger,
    onFailed: () => undefined,
    startedAtMs: now(),
    producer: "p",
  });
  const recorder = new StoreRecorder(writer);
  onUsage = () => undefined;
  const between: UsageListener = {
    listenerName: "of a test",
    usageReceived: ({ rows, from, to }) => onUsage([...rows].slice(from, to)),
  };
  const usageListeners = [recorder, between, usageCounts];
  registry = new Registry({ clock, logger, staleTimeoutMs: 60_000, maxBots: 3 });
  registry.announceTo([recorder]);
  worker = new Worker({ queue, registry, writer, usageListeners, losses, clock, logger });
  await worker.start();
});

afterEach(() => worker.stop(0));

const rowsOf = <Kind extends keyof Batch>(kind: Kind) =>
  scripted.batches.flatMap((batch) => (batch[kind] as readonly unknown[] | undefined) ?? []);

function assertSums(): void {
  const { received, processed, shed } = queue.counters;
  let waiting = 0;
  for (const type of messageTypes) {
    const gone = Object.values(shed[type]).reduce((sum, count) => sum + count, 0);
    waiting += received[type] - processed[type] - gone;
  }
  expect(waiting).toBe(queue.depth);
}

test("a message becomes a bot, a row of its history, and a row of its usage", async () => {
  const atMs = now();
  queue.offerMessage({ type: "register", channel: "a", pid: 7, features: { chat: true } }, atMs);
  queue.offerMessage(usage(10, { latency_ms: 3, ts: atMs - 5 }), atMs);
  queue.offerMessage({ type: "custom_metric", channel: "a", metric_name: "n", value: -1 }, atMs);
  await until("all is stored", () => writer.pendingRows === 0 && rowsOf("customMetrics").length === 1);
  expect(registry.get("a")).toMatchObject({ status: "online", pid: 7, features: { chat: true } });
  expect(rowsOf("statusChanges")).toMatchObject([{ channel: "a", from: null, to: "online" }]);
  expect(rowsOf("llmUsage")).toMatchObject([
    { tsMs: atMs - 5, tokensIn: 10, latencyMs: 3, costUsd: null, provider: null },
  ]);
  expect(rowsOf("customMetrics")).toMatchObject([{ tsMs: atMs, metricName: "n", value: -1 }]);
  expect(
    [...usageCounts].map(({ channel, values: [tokensIn, tokensOut, ok] }) => [
      channel,
      tokensIn,
      tokensOut,
      ok,
    ]),
  ).toEqual([["a", 10, 1, 1]]);
});

test("each listener hears of each usage row; one that throws harms neither the worker nor the others", async () => {
  const heard: number[] = [];
  onUsage = (rows) => {
    heard.push(...rows.map(({ tokensIn }) => tokensIn));
    throw new Error("a fault of this listener");
  };
  for (const tokensIn of [1, 2, 3]) queue.offerMessage(usage(tokensIn), now());
  await until("all is stored", () => rowsOf("llmUsage").length === 3);
  expect(heard).toEqual([1, 2, 3]);
  expect([...usageCounts].map(({ values }) => values.slice(0, 3))).toEqual([[6, 3, 3]]);
  assertSums();
});

test("the time of a message is believed within 7 days before and 5 minutes after it came", async () => {
  const atMs = now();
  const [day, minute] = [86_400_000, 60_000];
  const times = [atMs - 7 * day, atMs - 7 * day - 1, atMs + 5 * minute, atMs + 5 * minute + 1, Number.NaN];
  for (const ts of times) queue.offerMessage(usage(1, { ts }), atMs);
  await until("all is stored", () => rowsOf("llmUsage").length === times.length);
  expect(rowsOf("llmUsage").map((row) => (row as { tsMs: number }).tsMs)).toEqual([
    times[0],
    atMs,
    times[2],
    atMs,
    atMs,
  ]);
});

test("an unseen bot's own measurements become its rows, if both are known; a seen one's come from the probe", async () => {
  const atMs = now();
  const beat = (more: object): Message => ({
    type: "heartbeat",
    channel: "a",
    pid: 7,
    started_at: atMs,
    ...more,
  });
  queue.offerMessage(beat({ rss_mb: 5 }), atMs);
  await until("it is known", () => registry.size === 1);
  queue.offerMessage(beat({ rss_mb: 5, cpu_pct: 2 }), atMs);
  await until("its row is stored", () => rowsOf("botMetrics").length === 1);
  expect(rowsOf("botMetrics")).toMatchObject([
    { channel: "a", pid: 7, rssMb: 5, cpuPct: 2, featuresJson: "{}" },
  ]);
  const look = { channel: "a", pid: 7, atMs, state: "alive" as const, startedAtMs: atMs, startKey: 1 };
  queue.offerSample({ ...look, rssMb: 6, cpuPct: null });
  await until("it is seen", () => registry.get("a")?.processSeen === true);
  queue.offerMessage(beat({ rss_mb: 9, cpu_pct: 9 }), atMs);
  queue.offerSample({ ...look, rssMb: 7, cpuPct: 3 });
  await until("the sample is stored", () => rowsOf("botMetrics").length === 2);
  // The first sample had no CPU: that made no row.
  expect(rowsOf("botMetrics")[1]).toMatchObject({ rssMb: 7, cpuPct: 3 });
});

test("the samples of several bots in one process say what part each counts for, and a bot that is alone says nothing", async () => {
  const atMs = now();
  const beat = (channel: string, pid: number): Message => ({
    type: "heartbeat",
    channel,
    pid,
    started_at: atMs,
    rss_mb: 60,
    cpu_pct: 4,
  });
  for (const channel of ["a", "b"]) {
    queue.offerMessage({ type: "register", channel, pid: 7, features: {}, started_at: atMs }, atMs);
  }
  await until("both are known", () => registry.size === 2);
  queue.offerMessage(beat("a", 7), atMs);
  queue.offerMessage(beat("b", 7), atMs);
  queue.offerMessage(beat("c", 8), atMs);
  const shares = () =>
    (rowsOf("botMetrics") as BotMetric[]).map(({ channel, share }) => [channel, share]).sort();
  await until("their beats are stored", () => rowsOf("botMetrics").length === 3);
  expect(shares()).toEqual([
    ["a", 0.5],
    ["b", 0.5],
    ["c", null],
  ]);
  scripted.batches.length = 0;
  const look = { atMs, state: "alive" as const, startedAtMs: atMs, startKey: 1, rssMb: 60, cpuPct: 4 };
  for (const channel of ["a", "b"]) queue.offerSample({ ...look, channel, pid: 7 });
  queue.offerSample({ ...look, channel: "c", pid: 8 });
  await until("the samples are stored", () => rowsOf("botMetrics").length === 3);
  expect(shares()).toEqual([
    ["a", 0.5],
    ["b", 0.5],
    ["c", null],
  ]);
});

test("a store that takes nothing sheds rows in the queue by class, and hinders no register", async () => {
  scripted.reply = null;
  for (let n = 0; n < 40_000; n++) {
    queue.offerMessage(usage(n), now());
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  queue.offerMessage({ type: "custom_metric", channel: "a", metric_name: "n", value: 1 }, now());
  for (let pid = 1; pid <= 3; pid++) queue.offerMessage({ type: "register", channel: `b${pid}`, pid }, now());
  await until("the bots are known", () => registry.size === 3);
  expect(queue.usageDepth).toBe(1_000);
  // Eight batches and a part of a ninth are with the writer; all else had no place.
  expect(queue.counters.shed.llm_usage.queue_full).toBeGreaterThanOrEqual(40_000 - 1_000 - 9 * 2_500);
  assertSums();
  scripted.reply = () => "applied";
  for (const write of [...scripted.waiting]) void write.answer("applied");
  await until("what waited is stored", () => writer.pendingRows === 0 && queue.depth === 0);
  expect(rowsOf("llmUsage")).toHaveLength(40_000 - queue.counters.shed.llm_usage.queue_full);
  assertSums();
});

test("a bot past the most is shed as fleet_full, and nothing that it says is stored as a bot's", async () => {
  for (let pid = 1; pid <= 3; pid++) queue.offerMessage({ type: "register", channel: `b${pid}`, pid }, now());
  await until("three are known", () => registry.size === 3);
  queue.offerMessage({ type: "register", channel: "b4", pid: 4 }, now());
  queue.offerMessage({ type: "heartbeat", channel: "b4", pid: 4, dropped: 7 }, now());
  await until("both are judged", () => queue.depth === 0);
  expect(queue.counters.shed.register.fleet_full).toBe(1);
  expect(queue.counters.shed.heartbeat.fleet_full).toBe(1);
  expect([...losses]).toEqual([]);
  assertSums();
});

test("what a client lost is added up over its lives", async () => {
  const beat = (pid: number, dropped: number): Message => ({ type: "heartbeat", channel: "a", pid, dropped });
  for (const message of [beat(1, 0), beat(1, 4), beat(1, 6), beat(2, 3), beat(2, 1)]) {
    queue.offerMessage(message, now());
    await until("it is taken", () => queue.depth === 0);
  }
  expect([...losses]).toEqual([{ channel: "a", dropped: 10 }]);
});

test("what waits when it is stopped is stored first", async () => {
  for (let n = 0; n < 900; n++) queue.offerMessage(usage(n), now());
  await worker.stop(5_000);
  expect(rowsOf("llmUsage")).toHaveLength(900);
  expect(scripted.batches.filter(({ markOldStatusOffline }) => markOldStatusOffline)).toHaveLength(1);
});
