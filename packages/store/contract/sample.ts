import type { Batch } from "../src/batch.js";
import type { BotRecord } from "../src/bot.js";
import type { BotMetric } from "../src/bot-metric.js";
import type { CustomMetric } from "../src/custom-metric.js";
import type { LlmUsage } from "../src/llm-usage.js";
import type { StatusChange } from "../src/status-change.js";
import { startMs } from "./contract-case.js";

// Records to vary: each is complete and unremarkable, so that a case shows only what it is about.

export function sampleBot(change: Partial<BotRecord> = {}): BotRecord {
  return {
    channel: "twitch_main",
    pid: 4242,
    status: "online",
    featuresJson: '{"chat":true}',
    registeredAtMs: startMs - 60_000,
    lastSeenMs: startMs,
    statusSinceMs: startMs - 60_000,
    ...change,
  };
}

export function sampleChange(change: Partial<StatusChange> = {}): StatusChange {
  return {
    tsMs: startMs,
    channel: "twitch_main",
    pid: 4242,
    from: "online",
    to: "stale",
    cause: "no heartbeat",
    ...change,
  };
}

export function sampleMetric(change: Partial<BotMetric> = {}): BotMetric {
  return {
    tsMs: startMs,
    channel: "twitch_main",
    pid: 4242,
    rssMb: 100,
    cpuPct: 2,
    featuresJson: "{}",
    ...change,
  };
}

export function sampleUsage(change: Partial<LlmUsage> = {}): LlmUsage {
  return {
    tsMs: startMs,
    channel: "twitch_main",
    model: "model-a",
    feature: "chat",
    tokensIn: 100,
    tokensOut: 20,
    ...change,
  };
}

export function sampleCustom(change: Partial<CustomMetric> = {}): CustomMetric {
  return { tsMs: startMs, channel: "twitch_main", metricName: "queue", value: 1, ...change };
}

/** Numbers batches as a producer does. */
export function batches(
  producer = "contract",
  epoch = 1,
): (rows: Omit<Batch, "producer" | "epoch" | "seq">) => Batch {
  let seq = 0;
  return (rows) => {
    seq += 1;
    return { producer, epoch, seq, ...rows };
  };
}
