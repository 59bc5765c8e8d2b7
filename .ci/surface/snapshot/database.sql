-- user_version 0
-- migration {"version":1,"name":"monitor tables beside the old ones","checksum":"0f16f9b2bb1b2fe948e7253fbfa57e05842aa0dc8aff1e7f9b96032ecb85e870","additive":1,"needs":"0.1.0"}
-- migration {"version":2,"name":"why a bot is in its status","checksum":"8b05490a442f44aa1be5688c048e7e992f8cf37b37fe6bec5479fb752bed32d6","additive":1,"needs":"0.1.0"}
-- migration {"version":3,"name":"tokens written to a provider's cache","checksum":"08bb046f643cba090ad401235ec98186b3a3245acc1712913db392ae63471914","additive":1,"needs":"0.1.0"}
-- migration {"version":4,"name":"calls that failed","checksum":"719e28775a2f0b9786c2f098dff0cc9f93543bec5407e7c4aac60f47e12bae00","additive":1,"needs":"0.1.0"}
-- migration {"version":5,"name":"what a bot says of itself","checksum":"de91ce66e822def3330bd18ae58350be4b27206d629d557a8fddfba77b219598","additive":1,"needs":"0.1.0"}
-- migration {"version":6,"name":"a process of several bots counts once","checksum":"7ffb3302f99f8084ff8d4227a783d4e0bff3252393a1cba22dd9bff16ee57967","additive":1,"needs":"0.1.0"}
-- migration {"version":7,"name":"whether a bot told the start of its process","checksum":"6b9a9f1db7a32d66cc1d99bf5a30b817772dc1db1b58a52c6e2fdbe6496644d1","additive":1,"needs":"0.1.0"}
-- migration {"version":8,"name":"when the monitor ran","checksum":"26fcb75d95c69b1d51a070d8dffa70c356eeff6943aacd79b5f8f4965f1d8136","additive":1,"needs":"0.1.0"}
-- migration {"version":9,"name":"alerts, and who was told of them","checksum":"1c1024eaf9960fc277756201a64a41e3f0558d1111428c5c4fa9852c63daeb6e","additive":1,"needs":"0.1.0"}
-- migration {"version":10,"name":"calls that the monitor priced","checksum":"fd33d0da52f2286f1bb0bfdc009e9c7f83db89b14c743340db33dfaf1deb3e4f","additive":1,"needs":"0.1.0"}
-- migration {"version":11,"name":"how long the calls of an hour took","checksum":"fe6535c099c2f8f386ee85af30411dbe691e89d82cf287f42560c6d933b5bebc","additive":1,"needs":"0.1.0"}
-- migration {"version":12,"name":"whose rows these are, for a database of several hosts","checksum":"814ef3e2aca80bbb3599b82924acde334d8c1f1f1f5e856721b11e1ee927da9b","additive":1,"needs":"0.1.0"}

CREATE INDEX idx_bot_metrics_channel_ts ON bot_metrics (channel, ts);

CREATE INDEX idx_llm_usage_channel_ts ON llm_usage (channel, ts);

CREATE INDEX idx_monitor_alerts_closed ON monitor_alerts (closed_ms) WHERE closed_ms IS NOT NULL;

CREATE UNIQUE INDEX idx_monitor_alerts_open ON monitor_alerts (rule, subject) WHERE closed_ms IS NULL;

CREATE INDEX idx_monitor_alerts_opened ON monitor_alerts (opened_ms, alert_id);

CREATE INDEX idx_monitor_alerts_subject ON monitor_alerts (subject, opened_ms);

CREATE INDEX idx_monitor_custom_metrics ON monitor_custom_metrics (channel, metric_name, ts_ms);

CREATE INDEX idx_monitor_notices_made ON monitor_notices (made_ms, notice_id);

CREATE INDEX idx_monitor_notices_sending ON monitor_notices (notice_id) WHERE state = 'sending';

CREATE INDEX idx_monitor_notices_settled ON monitor_notices (settled_ms) WHERE settled_ms IS NOT NULL;

CREATE INDEX idx_monitor_openings_source ON monitor_openings (source, n);

CREATE INDEX idx_monitor_silences_until ON monitor_silences (until_ms);

CREATE INDEX idx_monitor_status_history_channel ON monitor_status_history (channel, id);

CREATE INDEX idx_monitor_status_history_ts ON monitor_status_history (ts_ms);

CREATE INDEX idx_monitor_tells_open ON monitor_tells (alert_id) WHERE phase <> 'over';

CREATE TABLE bot_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  channel TEXT NOT NULL,
  pid INTEGER NOT NULL,
  rss_mb REAL NOT NULL,
  cpu_pct REAL NOT NULL,
  features_json TEXT NOT NULL
);

CREATE TABLE bot_status (
  channel TEXT PRIMARY KEY NOT NULL,
  pid INTEGER NOT NULL,
  status TEXT NOT NULL,
  features_json TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  last_seen TEXT NOT NULL
);

CREATE TABLE llm_usage (
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

CREATE TABLE monitor_alerts (
  alert_id TEXT PRIMARY KEY NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  opened_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  outcome TEXT,
  cause TEXT NOT NULL,
  grade INTEGER NOT NULL,
  facts_json TEXT NOT NULL,
  ack_json TEXT
) STRICT, WITHOUT ROWID;

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
, cause TEXT, cause_code TEXT, previous_pid INTEGER, lived_ms REAL, last_cpu_pct REAL, last_rss_mb REAL, trouble TEXT, trouble_since_ms INTEGER, start_told INTEGER) STRICT;

CREATE TABLE monitor_custom_metrics (
  id INTEGER PRIMARY KEY,
  ts_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  metric_name TEXT NOT NULL,
  value REAL NOT NULL
) STRICT;

CREATE TABLE monitor_facts (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_identity (
  one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
  host_id TEXT NOT NULL,
  made_at_ms INTEGER NOT NULL,
  boot_id TEXT,
  machine TEXT
) STRICT;

CREATE TABLE monitor_last_ids (
  source TEXT PRIMARY KEY NOT NULL,
  last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_ledger (
  producer TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (producer, epoch, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_metric_hours (
  channel TEXT NOT NULL,
  bucket_ms INTEGER NOT NULL,
  n INTEGER NOT NULL,
  rss_sum REAL NOT NULL,
  rss_min REAL NOT NULL,
  rss_max REAL NOT NULL,
  cpu_sum REAL NOT NULL,
  cpu_min REAL NOT NULL,
  cpu_max REAL NOT NULL, rss_others REAL NOT NULL DEFAULT 0, cpu_others REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (channel, bucket_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_metric_minutes (
  channel TEXT NOT NULL,
  bucket_ms INTEGER NOT NULL,
  n INTEGER NOT NULL,
  rss_sum REAL NOT NULL,
  rss_min REAL NOT NULL,
  rss_max REAL NOT NULL,
  cpu_sum REAL NOT NULL,
  cpu_min REAL NOT NULL,
  cpu_max REAL NOT NULL, rss_others REAL NOT NULL DEFAULT 0, cpu_others REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (channel, bucket_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_metric_shares (
  metric_id INTEGER PRIMARY KEY,
  share REAL
) STRICT;

CREATE TABLE monitor_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  additive INTEGER NOT NULL,
  needs TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT;

CREATE TABLE monitor_notices (
  notice_id TEXT PRIMARY KEY NOT NULL,
  receiver TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  settled_ms INTEGER,
  attempts INTEGER NOT NULL,
  items_json TEXT NOT NULL,
  body TEXT NOT NULL,
  plain TEXT,
  remote_id TEXT,
  detail TEXT
) STRICT;

CREATE TABLE monitor_openings (
  n INTEGER PRIMARY KEY NOT NULL,
  opening INTEGER NOT NULL,
  source TEXT NOT NULL,
  from_id INTEGER NOT NULL,
  opened_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE monitor_prices (
  price_id INTEGER PRIMARY KEY NOT NULL,
  source TEXT NOT NULL,
  version TEXT NOT NULL,
  provider TEXT,
  model TEXT NOT NULL,
  price_json TEXT NOT NULL,
  first_used_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE monitor_rollup_cursors (
  source TEXT PRIMARY KEY NOT NULL,
  last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_runs (
  started_ms INTEGER NOT NULL,
  producer TEXT NOT NULL,
  seen_ms INTEGER NOT NULL,
  stopped_ms INTEGER,
  PRIMARY KEY (started_ms, producer)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_silences (
  silence_id TEXT PRIMARY KEY NOT NULL,
  match_json TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  why TEXT NOT NULL,
  ended_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_status_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts_ms INTEGER NOT NULL,
  channel TEXT NOT NULL,
  pid INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  cause TEXT NOT NULL
, cause_code TEXT, previous_pid INTEGER, lived_ms REAL, trouble TEXT) STRICT;

CREATE TABLE monitor_tells (
  receiver TEXT NOT NULL,
  alert_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  notice_id TEXT NOT NULL,
  ts_ms INTEGER NOT NULL,
  grade INTEGER NOT NULL,
  PRIMARY KEY (alert_id, receiver)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_usage_extras (
  usage_id INTEGER PRIMARY KEY,
  provider TEXT,
  tokens_cached INTEGER,
  cost_usd REAL
, tokens_cache_write INTEGER, error TEXT, price_id INTEGER) STRICT;

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
  latency_sum REAL NOT NULL, cache_write_calls INTEGER NOT NULL DEFAULT 0, tokens_cache_write REAL NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0, told_usd REAL, cost_tokens REAL, covered_calls INTEGER, latency_bins TEXT,
  PRIMARY KEY (channel, bucket_ms, model, feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE sqlite_sequence(name,seq);
