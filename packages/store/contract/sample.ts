import type { AlertRecord, NoticeRecord, SilenceRecord, TellRecord } from "../src/alert.js";
import type { Batch } from "../src/batch.js";
import type { BotRecord } from "../src/bot.js";
import type { BotMetric } from "../src/bot-metric.js";
import type { CustomMetric } from "../src/custom-metric.js";
import type { LlmUsage } from "../src/llm-usage.js";
import type { PriceRecord } from "../src/price.js";
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

export function samplePrice(change: Partial<PriceRecord> = {}): PriceRecord {
  return {
    priceId: 7,
    source: "table",
    version: "prices 1",
    provider: "openai",
    model: "model-a",
    priceJson: '{"input":1}',
    firstUsedMs: startMs,
    ...change,
  };
}

export function sampleCustom(change: Partial<CustomMetric> = {}): CustomMetric {
  return { tsMs: startMs, channel: "twitch_main", metricName: "queue", value: 1, ...change };
}

export function sampleAlert(change: Partial<AlertRecord> = {}): AlertRecord {
  return {
    alertId: "a-1",
    rule: "down",
    subject: "twitch_main",
    subjectKind: "bot",
    severity: "critical",
    sinceMs: startMs - 30_000,
    openedMs: startMs,
    closedMs: null,
    outcome: null,
    cause: "process 4242 is gone",
    grade: 1,
    factsJson: '{"pid":4242}',
    ackJson: null,
    ...change,
  };
}

export function sampleTell(change: Partial<TellRecord> = {}): TellRecord {
  return {
    receiver: "ops",
    alertId: "a-1",
    phase: "told",
    noticeId: "n-1",
    tsMs: startMs,
    grade: 1,
    ...change,
  };
}

export function sampleNotice(change: Partial<NoticeRecord> = {}): NoticeRecord {
  return {
    noticeId: "n-1",
    receiver: "ops",
    kind: "news",
    state: "sending",
    madeMs: startMs,
    settledMs: null,
    attempts: 0,
    itemsJson: '[{"alert_id":"a-1","kind":"down"}]',
    body: '{"content":"DOWN twitch_main"}',
    plain: null,
    remoteId: null,
    detail: null,
    ...change,
  };
}

export function sampleSilence(change: Partial<SilenceRecord> = {}): SilenceRecord {
  return {
    silenceId: "s-1",
    matchJson: '{"channels":["twitch_*"]}',
    fromMs: startMs,
    untilMs: startMs + 3_600_000,
    by: "ops",
    why: "deploy",
    endedMs: null,
    ...change,
  };
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
