/**
 * Which host the file belongs to, and since which row each process that opened it has written. The
 * last id of a source that has no AUTOINCREMENT is kept here: SQLite would begin at 1 again once
 * the table is empty.
 */
export const identityTables = `
CREATE TABLE monitor_identity (
  one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
  host_id TEXT NOT NULL,
  made_at_ms INTEGER NOT NULL,
  boot_id TEXT,
  machine TEXT
) STRICT;
CREATE TABLE monitor_openings (
  n INTEGER PRIMARY KEY NOT NULL,
  opening INTEGER NOT NULL,
  source TEXT NOT NULL,
  from_id INTEGER NOT NULL,
  opened_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX idx_monitor_openings_source ON monitor_openings (source, n);
CREATE TABLE monitor_last_ids (
  source TEXT PRIMARY KEY NOT NULL,
  last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO monitor_last_ids (source, last_id) VALUES ('custom', 0);
`;
