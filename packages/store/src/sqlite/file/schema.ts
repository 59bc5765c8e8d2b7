import { alertTables } from "./alert-tables.js";
import { identityTables } from "./identity-tables.js";
import { pricedCalls } from "./price-tables.js";

/**
 * One step of the schema. It is applied once, whole, and never edited afterwards: its checksum is
 * kept in the file.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** An older version of this package can go on using the file. */
  readonly additive: boolean;
  /**
   * The version of this package that knows this step: what an older one tells its operator to
   * install.
   */
  readonly needs: string;
  readonly sql: string;
}

/**
 * The old tables, as the Python monitor creates them. They are created where they are missing and
 * never altered.
 */
const oldTables = `
CREATE TABLE IF NOT EXISTS bot_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  channel TEXT NOT NULL,
  pid INTEGER NOT NULL,
  rss_mb REAL NOT NULL,
  cpu_pct REAL NOT NULL,
  features_json TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bot_status (
  channel TEXT PRIMARY KEY NOT NULL,
  pid INTEGER NOT NULL,
  status TEXT NOT NULL,
  features_json TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  last_seen TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS llm_usage (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  channel TEXT NOT NULL,
  model TEXT NOT NULL,
  feature TEXT NOT NULL,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  latency_ms REAL
);
CREATE INDEX IF NOT EXISTS idx_bot_metrics_channel_ts ON bot_metrics (channel, ts);
CREATE INDEX IF NOT EXISTS idx_llm_usage_channel_ts ON llm_usage (channel, ts);
`;

/**
 * The table of usage as the newer loggers of the Python era create it, which write it themselves:
 * with a ninth column. Where the table is absent it is created like this before the first
 * migration, whose text stays. Our rows leave the column null.
 */
export const usageTableWithCost = `
CREATE TABLE IF NOT EXISTS llm_usage (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  channel TEXT NOT NULL,
  model TEXT NOT NULL,
  feature TEXT NOT NULL,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  latency_ms REAL,
  cost_usd REAL
);
`;

const metricRollup = (name: string) => `
CREATE TABLE ${name} (
  channel TEXT NOT NULL,
  bucket_ms INTEGER NOT NULL,
  n INTEGER NOT NULL,
  rss_sum REAL NOT NULL,
  rss_min REAL NOT NULL,
  rss_max REAL NOT NULL,
  cpu_sum REAL NOT NULL,
  cpu_min REAL NOT NULL,
  cpu_max REAL NOT NULL,
  PRIMARY KEY (channel, bucket_ms)
) STRICT, WITHOUT ROWID;
`;

/**
 * Sums of tokens are REAL: an integer sum overflows at 2^63 and SQLite's \`sum()\` then fails for
 * good, while a double is exact up to 2^53, which is as far as a JavaScript number goes anyway.
 * Whole values take no more room that way.
 */
const monitorTables = `
CREATE TABLE monitor_bots (
  channel TEXT PRIMARY KEY NOT NULL,
  pid INTEGER NOT NULL,
  status TEXT NOT NULL,
  features_json TEXT NOT NULL,
  registered_at_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  status_since_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  process_seen INTEGER NOT NULL,
  restarts INTEGER NOT NULL,
  version TEXT,
  interval_s REAL
) STRICT;
CREATE TABLE monitor_status_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  pid INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  cause TEXT NOT NULL
) STRICT;
CREATE INDEX idx_monitor_status_history_channel ON monitor_status_history (channel, id);
CREATE INDEX idx_monitor_status_history_ts ON monitor_status_history (ts_ms);
CREATE TABLE monitor_ledger (
  producer TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (producer, epoch, first_seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE monitor_custom_metrics (
  id INTEGER PRIMARY KEY,
  ts_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  metric_name TEXT NOT NULL,
  value REAL NOT NULL
) STRICT;
CREATE INDEX idx_monitor_custom_metrics ON monitor_custom_metrics (channel, metric_name, ts_ms);
CREATE TABLE monitor_usage_extras (
  usage_id INTEGER PRIMARY KEY,
  provider TEXT,
  tokens_cached INTEGER,
  cost_usd REAL
) STRICT;
CREATE TABLE monitor_usage_hours (
  channel TEXT NOT NULL,
  bucket_ms INTEGER NOT NULL,
  model TEXT NOT NULL,
  feature TEXT NOT NULL,
  calls INTEGER NOT NULL,
  tokens_in REAL NOT NULL,
  tokens_out REAL NOT NULL,
  cached_calls INTEGER NOT NULL,
  tokens_cached REAL NOT NULL,
  cost_calls INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  latency_calls INTEGER NOT NULL,
  latency_sum REAL NOT NULL,
  PRIMARY KEY (channel, bucket_ms, model, feature)
) STRICT, WITHOUT ROWID;
CREATE TABLE monitor_rollup_cursors (
  source TEXT PRIMARY KEY NOT NULL,
  last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO monitor_rollup_cursors (source, last_id) VALUES ('bot_metrics', 0), ('llm_usage', 0);
`;

/**
 * Why a bot is in its status, kept over a restart of the monitor, and what its process took before
 * it ended.
 */
const causeColumns = `
ALTER TABLE monitor_status_history ADD COLUMN cause_code TEXT;
ALTER TABLE monitor_status_history ADD COLUMN previous_pid INTEGER;
ALTER TABLE monitor_status_history ADD COLUMN lived_ms REAL;
ALTER TABLE monitor_bots ADD COLUMN cause TEXT;
ALTER TABLE monitor_bots ADD COLUMN cause_code TEXT;
ALTER TABLE monitor_bots ADD COLUMN previous_pid INTEGER;
ALTER TABLE monitor_bots ADD COLUMN lived_ms REAL;
ALTER TABLE monitor_bots ADD COLUMN last_cpu_pct REAL;
ALTER TABLE monitor_bots ADD COLUMN last_rss_mb REAL;
`;

/** What a bot says of itself. */
const troubleColumns = `
ALTER TABLE monitor_bots ADD COLUMN trouble TEXT;
ALTER TABLE monitor_bots ADD COLUMN trouble_since_ms INTEGER;
ALTER TABLE monitor_status_history ADD COLUMN trouble TEXT;
`;

/**
 * A sample has a row in `monitor_metric_shares` where its bot counts for a part of it only. In the
 * rollups stands what of a sum does not count for the bot, so that a bucket to which an older
 * version adds, which knows no shares, stays right but for its own samples.
 */
const metricShares = `
CREATE TABLE monitor_metric_shares (
  metric_id INTEGER PRIMARY KEY,
  share REAL
) STRICT;
ALTER TABLE monitor_metric_minutes ADD COLUMN rss_others REAL NOT NULL DEFAULT 0;
ALTER TABLE monitor_metric_minutes ADD COLUMN cpu_others REAL NOT NULL DEFAULT 0;
ALTER TABLE monitor_metric_hours ADD COLUMN rss_others REAL NOT NULL DEFAULT 0;
ALTER TABLE monitor_metric_hours ADD COLUMN cpu_others REAL NOT NULL DEFAULT 0;
`;

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: "monitor tables beside the old ones",
    additive: true,
    needs: "0.1.0",
    sql:
      oldTables +
      metricRollup("monitor_metric_minutes") +
      metricRollup("monitor_metric_hours") +
      monitorTables,
  },
  {
    version: 2,
    name: "why a bot is in its status",
    additive: true,
    needs: "0.1.0",
    sql: causeColumns,
  },
  {
    version: 3,
    name: "tokens written to a provider's cache",
    additive: true,
    needs: "0.1.0",
    sql: `
ALTER TABLE monitor_usage_extras ADD COLUMN tokens_cache_write INTEGER;
ALTER TABLE monitor_usage_hours ADD COLUMN cache_write_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE monitor_usage_hours ADD COLUMN tokens_cache_write REAL NOT NULL DEFAULT 0;
`,
  },
  {
    version: 4,
    name: "calls that failed",
    additive: true,
    needs: "0.1.0",
    sql: `
ALTER TABLE monitor_usage_extras ADD COLUMN error TEXT;
ALTER TABLE monitor_usage_hours ADD COLUMN errors INTEGER NOT NULL DEFAULT 0;
`,
  },
  {
    version: 5,
    name: "what a bot says of itself",
    additive: true,
    needs: "0.1.0",
    sql: troubleColumns,
  },
  {
    version: 6,
    name: "a process of several bots counts once",
    additive: true,
    needs: "0.1.0",
    sql: metricShares,
  },
  {
    version: 7,
    name: "whether a bot told the start of its process",
    additive: true,
    needs: "0.1.0",
    sql: "ALTER TABLE monitor_bots ADD COLUMN start_told INTEGER;",
  },
  {
    version: 8,
    name: "when the monitor ran",
    additive: true,
    needs: "0.1.0",
    sql: `
CREATE TABLE monitor_runs (
  started_ms INTEGER NOT NULL,
  producer TEXT NOT NULL,
  seen_ms INTEGER NOT NULL,
  stopped_ms INTEGER,
  PRIMARY KEY (started_ms, producer)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 9,
    name: "alerts, and who was told of them",
    additive: true,
    needs: "0.1.0",
    sql: alertTables,
  },
  {
    version: 10,
    name: "calls that the monitor priced",
    additive: true,
    needs: "0.1.0",
    sql: pricedCalls,
  },
  {
    version: 11,
    name: "how long the calls of an hour took",
    additive: true,
    needs: "0.1.0",
    sql: "ALTER TABLE monitor_usage_hours ADD COLUMN latency_bins TEXT;",
  },
  {
    version: 12,
    name: "whose rows these are, for a database of several hosts",
    additive: true,
    needs: "0.1.0",
    sql: identityTables,
  },
];

/** What an old table must have to be ours: its columns, whatever else stands beside them. */
export const oldColumns: Readonly<Record<string, readonly string[]>> = {
  bot_metrics: ["id", "ts", "channel", "pid", "rss_mb", "cpu_pct", "features_json"],
  bot_status: ["channel", "pid", "status", "features_json", "registered_at", "last_seen"],
  llm_usage: ["id", "ts", "channel", "model", "feature", "tokens_in", "tokens_out", "latency_ms"],
};
