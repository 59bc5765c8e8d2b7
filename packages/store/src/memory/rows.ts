import type { StoredBot } from "../bot.js";
import type { BotMetric } from "../bot-metric.js";
import { causeCodeOf } from "../cause-code.js";
import type { CustomMetric } from "../custom-metric.js";
import type { LlmUsageFields } from "../llm-usage.js";
import type { ReadTables } from "../packed-batch.js";
import type { StoredPrice } from "../price.js";
import type { StoredRowOf } from "../record.js";
import type { Cuts } from "../retention.js";
import type { StoredStatusChange } from "../status-change.js";
import type { MaintenanceReport } from "../store.js";
import { storedRows } from "./stored-rows.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A sample remembers in which of its three forms a store with rollups would still have it. */
export interface MetricRow extends BotMetric {
  raw: boolean;
  minute: boolean;
  hour: boolean;
}

/** A call likewise; the hour's rollup keeps it for ever. */
export interface UsageRow extends StoredRowOf<LlmUsageFields> {
  raw: boolean;
}

/** The plainest thing that can hold what a store holds: every row, in the order of writing. */
export class Rows {
  readonly bots = new Map<string, StoredBot>();
  statusChanges: StoredStatusChange[] = [];
  metrics: MetricRow[] = [];
  readonly usage: UsageRow[] = [];
  readonly prices = new Map<number, StoredPrice>();
  customMetrics: CustomMetric[] = [];
  #lastId = 0;

  forget(channels: readonly string[]): void {
    for (const channel of channels) this.bots.delete(channel);
  }

  add({ bots, statusChanges, botMetrics, llmUsage, prices, repricings, customMetrics }: ReadTables): void {
    for (const bot of storedRows(bots)) {
      const causeCode = bot.cause === null ? null : causeCodeOf(bot.causeCode, bot.cause);
      this.bots.set(bot.channel, { ...bot, causeCode, origin: "monitor" });
    }
    for (const row of storedRows(statusChanges)) {
      this.#lastId += 1;
      const causeCode = causeCodeOf(row.causeCode, row.cause);
      this.statusChanges.push({ ...row, causeCode, id: this.#lastId });
    }
    for (const row of storedRows(botMetrics)) {
      this.metrics.push({ ...row, raw: true, minute: true, hour: true });
    }
    for (const row of storedRows(llmUsage)) this.usage.push({ ...row, raw: true });
    for (const price of storedRows(prices)) {
      if (!this.prices.has(price.priceId)) this.prices.set(price.priceId, price);
    }
    for (const { usageId, costUsd, priceId } of storedRows(repricings)) {
      const at = usageId - 1;
      const call = this.usage[at];
      if (call?.raw && call.costUsd === null) this.usage[at] = { ...call, costUsd, priceId };
    }
    this.customMetrics.push(...storedRows(customMetrics));
  }

  /** A row of a rollup goes when its start is before the cut; a raw row by its own time. */
  expire(cuts: Cuts): Omit<MaintenanceReport["deleted"], "runs" | "alerts" | "notices" | "silences"> {
    const before = (cut: number | null, ms: number) => cut !== null && ms < cut;
    const minutes = new Set<string>();
    const hours = new Set<string>();
    const deleted = { botMetrics: 0, minutes: 0, hours: 0, customMetrics: 0, statusChanges: 0, llmUsage: 0 };
    for (const row of this.metrics) {
      const minute = Math.floor(row.tsMs / minuteMs) * minuteMs;
      const hour = Math.floor(row.tsMs / hourMs) * hourMs;
      if (row.raw && before(cuts.metricsDays, row.tsMs)) {
        row.raw = false;
        deleted.botMetrics += 1;
      }
      if (row.minute && before(cuts.minuteDays, minute)) {
        row.minute = false;
        minutes.add(`${minute} ${row.channel}`);
      }
      if (row.hour && before(cuts.hourDays, hour)) {
        row.hour = false;
        hours.add(`${hour} ${row.channel}`);
      }
    }
    this.metrics = this.metrics.filter((row) => row.raw || row.minute || row.hour);
    for (const row of this.usage) {
      if (row.raw && before(cuts.usageDays, row.tsMs)) {
        row.raw = false;
        deleted.llmUsage += 1;
      }
    }
    const custom = this.customMetrics.filter((row) => !before(cuts.customMetricsDays, row.tsMs));
    deleted.customMetrics = this.customMetrics.length - custom.length;
    this.customMetrics = custom;
    const changes = this.statusChanges.filter((row) => !before(cuts.statusHistoryDays, row.tsMs));
    deleted.statusChanges = this.statusChanges.length - changes.length;
    this.statusChanges = changes;
    return { ...deleted, minutes: minutes.size, hours: hours.size };
  }
}
