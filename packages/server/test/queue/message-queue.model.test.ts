import { encode, type Message } from "@kissbot/protocol";
import type { CustomMetric as MetricRecord, LlmUsage as UsageRecord } from "@kissbot/store";
import { ManualClock, silentLogger } from "@kissbot/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Principal } from "../../src/principals/principal.js";
import { Principals } from "../../src/principals/principals.js";
import { MessageQueue } from "../../src/queue/message-queue.js";
import {
  messageTypes,
  type RefusalReason,
  refusalReasons,
  shedReasons,
} from "../../src/queue/queue-counters.js";
import type { RowType } from "../../src/queue/row-kind.js";
import { bytesOf } from "../../src/queue/row-lane.js";
import type { BotProbeResult } from "../../src/registry/probe-result.js";
import { ReferenceQueue } from "./reference-queue.js";

type Step =
  | { readonly do: "offer"; readonly message: Message; readonly from: number; readonly asLine: boolean }
  | { readonly do: "refuse"; readonly message: Message; readonly reason: RefusalReason }
  | { readonly do: "sample"; readonly channel: string; readonly pid: number }
  | { readonly do: "liveness"; readonly limit: number; readonly fullPid: number }
  | { readonly do: "rows"; readonly limit: number }
  | { readonly do: "samples"; readonly limit: number };

const unbounded = {
  channels: ["*"],
  maxBots: null,
  maxConnections: null,
  rowsPerSecond: null,
  ownUid: null,
};
const channel = fc.constantFrom("a", "b", "c");
const pid = fc.constantFrom(1, 2, 3);
const text = fc.nat(40).map((length) => "x".repeat(length + 1));
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant("register" as const), channel, pid }),
  fc.record({ type: fc.constant("heartbeat" as const), channel, pid }),
  fc.record({ type: fc.constant("unregister" as const), channel, pid }),
  fc.record(
    {
      type: fc.constant("llm_usage" as const),
      channel,
      model: text,
      feature: text,
      provider: text,
      tokens_in: fc.nat(),
      tokens_out: fc.nat(),
    },
    { requiredKeys: ["type", "channel", "model", "feature", "tokens_in", "tokens_out"] },
  ),
  fc.record({ type: fc.constant("custom_metric" as const), channel, metric_name: text, value: fc.nat() }),
);
const limit = fc.nat(8);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("offer" as const),
      message,
      from: fc.nat(2),
      asLine: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("refuse" as const),
      message,
      reason: fc.constantFrom(...refusalReasons),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sample" as const), channel, pid }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("liveness" as const), limit, fullPid: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rows" as const), limit }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("samples" as const), limit }) },
);

/** `expect` is asked only about what differs: a million times it takes half a minute. */
function assertEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

function assertSums(queue: MessageQueue): void {
  const { received, processed, shed } = queue.counters;
  let waiting = 0;
  for (const type of messageTypes) {
    const lost = shedReasons.reduce((sum, reason) => sum + (shed[type][reason] ?? 0), 0);
    const queued = received[type] - processed[type] - lost;
    assertEqual(queued >= 0, true);
    waiting += queued;
  }
  assertEqual(queue.depth, waiting);
  assertEqual(queue.livenessDepth + queue.usageDepth + queue.metricDepth, waiting);
}

/** Each type's counters and what waits of it. */
function assertSame(queue: MessageQueue, reference: ReferenceQueue): void {
  const { received, processed, shed } = queue.counters;
  for (const type of messageTypes) {
    assertEqual(received[type], reference.received[type] ?? 0);
    assertEqual(processed[type], reference.processed[type] ?? 0);
    let lost = 0;
    for (const reason of shedReasons) {
      const count = shed[type][reason] ?? 0;
      assertEqual(count, reference.shed[`${type} ${reason}`] ?? 0);
      lost += count;
    }
    const waiting = [...reference.liveness, ...reference.rows].filter(({ message }) => message.type === type);
    assertEqual(received[type] - processed[type] - lost, waiting.length);
  }
  assertEqual(queue.livenessDepth, reference.liveness.length);
  assertEqual(queue.usageDepth + queue.metricDepth, reference.rows.length);
}

/** What tells one usage row from another here. */
function usageRow({ tsMs, channel, model, feature, provider, tokensIn, tokensOut }: UsageRecord): unknown {
  return { tsMs, channel, model, feature, provider, tokensIn, tokensOut };
}

function rowOf({ message, atMs }: { readonly message: Message; readonly atMs: number }): unknown {
  if (message.type !== "llm_usage") throw new Error(`${message.type} is no usage`);
  const { channel, model, feature, provider = null, tokens_in, tokens_out } = message;
  return { tsMs: atMs, channel, model, feature, provider, tokensIn: tokens_in, tokensOut: tokens_out };
}

function metricOf({ message, atMs }: { readonly message: Message; readonly atMs: number }): MetricRecord {
  if (message.type !== "custom_metric") throw new Error(`${message.type} is no metric`);
  return { tsMs: atMs, channel: message.channel, metricName: message.metric_name, value: message.value };
}

function drainBoth(queue: MessageQueue, reference: ReferenceQueue, step: Step): void {
  if (step.do === "liveness") {
    const taken: unknown[] = [];
    const count = queue.drainLiveness(step.limit, (message, atMs) => {
      taken.push({ message, atMs });
      assertSums(queue);
      return message.pid === step.fullPid ? "fleet_full" : "processed";
    });
    const expected = reference.drainLiveness(
      step.limit,
      ({ message }) => "pid" in message && message.pid === step.fullPid,
    );
    expect(taken).toEqual(expected.map(({ message, atMs }) => ({ message, atMs })));
    expect(count).toBe(expected.length);
  } else if (step.do === "rows") {
    const usage: UsageRecord[] = [];
    const usages = queue.drainUsage(step.limit, (rows, from, to) => {
      usage.push(...rows.slice(from, to));
      assertSums(queue);
    });
    const metrics: MetricRecord[] = [];
    const count = queue.drainMetrics(step.limit, (rows, from, to) => {
      metrics.push(...rows.slice(from, to));
      assertSums(queue);
    });
    expect([usages, count]).toEqual([usage.length, metrics.length]);
    const tsMs = usage.map((row) => row.tsMs);
    expect(usage.map(usageRow)).toEqual(reference.drainRows("llm_usage", step.limit, tsMs).map(rowOf));
    const atMs = metrics.map((metric) => metric.tsMs);
    expect(metrics).toEqual(reference.drainRows("custom_metric", step.limit, atMs).map(metricOf));
  } else if (step.do === "samples") {
    const taken: unknown[] = [];
    const count = queue.drainSamples(step.limit, (sample) => taken.push(sample));
    expect(taken).toEqual(reference.drainSamples(step.limit));
    expect(count).toBe(taken.length);
  }
}

/** Rows as messages or as lines, which are counted by the same rules and take other bytes. */
function offerBoth(
  queue: MessageQueue,
  reference: ReferenceQueue,
  { message, asLine }: Extract<Step, { readonly do: "offer" }>,
  atMs: number,
  principal: Principal | null,
  maxRowBytes: number,
): void {
  const { type } = message;
  const line = asLine && (type === "llm_usage" || type === "custom_metric") ? encode(message) : null;
  // No line is near the bound of a queue.
  if (line === null || bytesOf(1, line.length / 2) > maxRowBytes) {
    queue.offerMessage(message, atMs, 0, principal);
    reference.offer(message, atMs, principal);
  } else {
    queue.offerRowLines(type as RowType, line, 1, atMs, principal);
    reference.offer(message, atMs, principal, bytesOf(1, line.length / 2));
  }
}

test("does what the plain rules say, and every message is accounted for at every moment", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120, size: "max" }),
      fc.nat(12),
      fc.integer({ min: 100, max: 3_000 }),
      fc.integer({ min: 1, max: 6 }),
      (steps, maxRows, maxRowBytes, maxBots) => {
        const queue = new MessageQueue({ maxRows, maxRowBytes, maxBots });
        const reference = new ReferenceQueue(maxRows, maxRowBytes, maxBots);
        const policies = ["a", "b"].map((name) => ({ name, ...unbounded }));
        const principals = new Principals({ policies, clock: new ManualClock(), logger: silentLogger });
        const senders = [null, principals.get("a"), principals.get("b")];
        let ready = 0;
        queue.onReady = () => {
          ready++;
          assertSums(queue);
        };
        for (const [atMs, step] of steps.entries()) {
          if (step.do === "offer") {
            offerBoth(queue, reference, step, atMs, senders[step.from] ?? null, maxRowBytes);
          } else if (step.do === "refuse") {
            queue.refuseMessage(step.message.type, step.reason);
            reference.refuse(step.message, step.reason);
          } else if (step.do === "sample") {
            const sample = { channel: step.channel, pid: step.pid, atMs } as BotProbeResult;
            queue.offerSample(sample);
            reference.offerSample(sample);
          } else {
            drainBoth(queue, reference, step);
          }
          assertSame(queue, reference);
          assertSums(queue);
          assertEqual(ready, reference.ready);
        }
        for (const lane of ["liveness", "rows", "samples"] as const) {
          drainBoth(queue, reference, { do: lane, limit: 1_000, fullPid: 0 });
        }
        assertSame(queue, reference);
        expect(queue.depth).toBe(0);
      },
    ),
    { numRuns: 1_000 },
  );
});
