import { alertRecord, factRecord, noticeRecord, silenceRecord, tellRecord } from "./alert.js";
import { botRecord } from "./bot.js";
import { botMetricRecord } from "./bot-metric.js";
import { customMetricRecord } from "./custom-metric.js";
import { llmUsageRecord } from "./llm-usage.js";
import { priceRecord } from "./price.js";
import { repricingRecord } from "./repricing.js";
import { statusChangeRecord } from "./status-change.js";

/** Every kind of record, by its name in a batch. */
export const records = {
  bots: botRecord,
  statusChanges: statusChangeRecord,
  botMetrics: botMetricRecord,
  llmUsage: llmUsageRecord,
  prices: priceRecord,
  repricings: repricingRecord,
  customMetrics: customMetricRecord,
  alerts: alertRecord,
  tells: tellRecord,
  notices: noticeRecord,
  silences: silenceRecord,
  facts: factRecord,
} as const;

export type RecordKind = keyof typeof records;

export const recordKinds = Object.keys(records) as readonly RecordKind[];
