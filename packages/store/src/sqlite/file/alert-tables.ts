/**
 * Of a rule and a subject at most one alert is open: the writer ends the one before, and the index
 * is the proof.
 */
export const alertTables = `
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
CREATE UNIQUE INDEX idx_monitor_alerts_open ON monitor_alerts (rule, subject) WHERE closed_ms IS NULL;
CREATE INDEX idx_monitor_alerts_opened ON monitor_alerts (opened_ms, alert_id);
CREATE INDEX idx_monitor_alerts_subject ON monitor_alerts (subject, opened_ms);
CREATE INDEX idx_monitor_alerts_closed ON monitor_alerts (closed_ms) WHERE closed_ms IS NOT NULL;
CREATE TABLE monitor_tells (
  receiver TEXT NOT NULL,
  alert_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  notice_id TEXT NOT NULL,
  ts_ms INTEGER NOT NULL,
  grade INTEGER NOT NULL,
  PRIMARY KEY (alert_id, receiver)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_monitor_tells_open ON monitor_tells (alert_id) WHERE phase <> 'over';
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
CREATE INDEX idx_monitor_notices_made ON monitor_notices (made_ms, notice_id);
CREATE INDEX idx_monitor_notices_settled ON monitor_notices (settled_ms) WHERE settled_ms IS NOT NULL;
CREATE INDEX idx_monitor_notices_sending ON monitor_notices (notice_id) WHERE state = 'sending';
CREATE TABLE monitor_silences (
  silence_id TEXT PRIMARY KEY NOT NULL,
  match_json TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  why TEXT NOT NULL,
  ended_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_monitor_silences_until ON monitor_silences (until_ms);
CREATE TABLE monitor_facts (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
