import type { Batch, BotMetric, BotRecord, CustomMetric, LlmUsage } from "@kissbot/store";

const nowMs = Date.now();

export function usageRows(count: number, change: Partial<LlmUsage> = {}): LlmUsage[] {
  return Array.from({ length: count }, (_, i) => ({
    tsMs: nowMs - i,
    channel: `channel_${i % 20}`,
    model: "model-a",
    feature: "chat",
    tokensIn: 100,
    tokensOut: 20,
    ...change,
  }));
}

export function metricRows(count: number, change: Partial<BotMetric> = {}): BotMetric[] {
  return Array.from({ length: count }, (_, i) => ({
    tsMs: nowMs - i,
    channel: `channel_${i % 20}`,
    pid: 1,
    rssMb: 50,
    cpuPct: 1,
    featuresJson: "{}",
    ...change,
  }));
}

export function customRows(count: number): CustomMetric[] {
  return Array.from({ length: count }, (_, i) => ({
    tsMs: nowMs - i,
    channel: "a",
    metricName: "m",
    value: i,
  }));
}

export function botRow(change: Partial<BotRecord> = {}): BotRecord {
  return {
    channel: "twitch_main",
    pid: 7,
    status: "online",
    featuresJson: '{"chat":true}',
    registeredAtMs: nowMs,
    lastSeenMs: nowMs,
    statusSinceMs: nowMs,
    ...change,
  };
}

/** A batch with a number of its own. */
export function batchOf(rows: Omit<Batch, "producer" | "epoch" | "seq">): Batch {
  seq += 1;
  return { producer: "test", epoch: 1, seq, ...rows };
}

let seq = 0;

export const everything = { fromMs: 0, toMs: nowMs + 86_400_000 };
