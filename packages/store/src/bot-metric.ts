import { declareRecord, type RowOf } from "./record.js";

export const botMetricRecord = declareRecord("botMetrics", {
  tsMs: {
    kind: "time",
    wire: "ts",
    unit: "ms",
    columns: { bot_metrics: "ts TEXT NOT NULL" },
    get: (row) => row.tsMs,
  },
  channel: {
    kind: "text",
    wire: "channel",
    columns: { bot_metrics: "channel TEXT NOT NULL" },
    get: (row) => row.channel,
  },
  pid: {
    kind: "count",
    wire: "pid",
    columns: { bot_metrics: "pid INTEGER NOT NULL" },
    get: (row) => row.pid,
  },
  /** Bytes / 1 048 576. */
  rssMb: {
    kind: "amount",
    wire: "rss_mb",
    unit: "MiB",
    columns: { bot_metrics: "rss_mb REAL NOT NULL" },
    get: (row) => row.rssMb,
  },
  /** 100 is one core. */
  cpuPct: {
    kind: "amount",
    wire: "cpu_pct",
    unit: "%",
    columns: { bot_metrics: "cpu_pct REAL NOT NULL" },
    get: (row) => row.cpuPct,
  },
  /** As in `BotRecord`: the old table repeats it in every row. */
  featuresJson: {
    kind: "text",
    columns: { bot_metrics: "features_json TEXT NOT NULL" },
    get: (row) => row.featuresJson,
  },
  /**
   * What part of the sample the bot counts for in the fleet's sums; absent or null: all of it. The
   * bots of one process have the same CPU and memory: with shares that come to 1, the sums count it
   * once.
   */
  share: {
    kind: "fraction",
    nullable: true,
    columns: { monitor_metric_shares: "share REAL" },
    get: (row) => row.share,
  },
});

/**
 * One sample of one bot's process. A sample without a known CPU value makes no record: values are
 * never invented.
 */
export interface BotMetric extends RowOf<typeof botMetricRecord.fields> {}
