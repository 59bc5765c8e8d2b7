import { declareRecord, type RowOf, type StoredRowOf } from "./record.js";

export const alertRecord = declareRecord("alerts", {
  alertId: {
    kind: "text",
    columns: { monitor_alerts: "alert_id TEXT NOT NULL" },
    get: (row) => row.alertId,
  },
  rule: { kind: "text", columns: { monitor_alerts: "rule TEXT NOT NULL" }, get: (row) => row.rule },
  subject: { kind: "text", columns: { monitor_alerts: "subject TEXT NOT NULL" }, get: (row) => row.subject },
  subjectKind: {
    kind: "text",
    columns: { monitor_alerts: "subject_kind TEXT NOT NULL" },
    get: (row) => row.subjectKind,
  },
  severity: {
    kind: "text",
    columns: { monitor_alerts: "severity TEXT NOT NULL" },
    get: (row) => row.severity,
  },
  sinceMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_alerts: "since_ms INTEGER NOT NULL" },
    get: (row) => row.sinceMs,
  },
  openedMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_alerts: "opened_ms INTEGER NOT NULL" },
    get: (row) => row.openedMs,
  },
  /** Null while it is open. */
  closedMs: {
    kind: "time",
    nullable: true,
    unit: "ms",
    columns: { monitor_alerts: "closed_ms INTEGER" },
    get: (row) => row.closedMs,
  },
  /** How it ended, a word of the writer's. */
  outcome: {
    kind: "text",
    nullable: true,
    columns: { monitor_alerts: "outcome TEXT" },
    get: (row) => row.outcome,
  },
  cause: { kind: "text", columns: { monitor_alerts: "cause TEXT NOT NULL" }, get: (row) => row.cause },
  /** Grows when it gets worse. */
  grade: { kind: "count", columns: { monitor_alerts: "grade INTEGER NOT NULL" }, get: (row) => row.grade },
  factsJson: {
    kind: "text",
    columns: { monitor_alerts: "facts_json TEXT NOT NULL" },
    get: (row) => row.factsJson,
  },
  /** Who knows of it. */
  ackJson: {
    kind: "text",
    nullable: true,
    columns: { monitor_alerts: "ack_json TEXT" },
    get: (row) => row.ackJson,
  },
});

/** An alert, as its newest word says. At most one of a rule is open on a subject. */
export interface AlertRecord extends RowOf<typeof alertRecord.fields> {}
export interface StoredAlert extends StoredRowOf<typeof alertRecord.fields> {}

export const tellRecord = declareRecord("tells", {
  receiver: {
    kind: "text",
    columns: { monitor_tells: "receiver TEXT NOT NULL" },
    get: (row) => row.receiver,
  },
  alertId: { kind: "text", columns: { monitor_tells: "alert_id TEXT NOT NULL" }, get: (row) => row.alertId },
  /**
   * What the receiver knows: `told`, `maybe`, `missed`; `over` if there is nothing more to report.
   */
  phase: { kind: "text", columns: { monitor_tells: "phase TEXT NOT NULL" }, get: (row) => row.phase },
  noticeId: {
    kind: "text",
    columns: { monitor_tells: "notice_id TEXT NOT NULL" },
    get: (row) => row.noticeId,
  },
  tsMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_tells: "ts_ms INTEGER NOT NULL" },
    get: (row) => row.tsMs,
  },
  /** Of the alert, as the receiver knows it. */
  grade: { kind: "count", columns: { monitor_tells: "grade INTEGER NOT NULL" }, get: (row) => row.grade },
});

/** What a receiver knows of an alert; the newest word counts. */
export interface TellRecord extends RowOf<typeof tellRecord.fields> {}
export interface StoredTell extends StoredRowOf<typeof tellRecord.fields> {}

export const noticeRecord = declareRecord("notices", {
  noticeId: {
    kind: "text",
    columns: { monitor_notices: "notice_id TEXT NOT NULL" },
    get: (row) => row.noticeId,
  },
  receiver: {
    kind: "text",
    columns: { monitor_notices: "receiver TEXT NOT NULL" },
    get: (row) => row.receiver,
  },
  kind: { kind: "text", columns: { monitor_notices: "kind TEXT NOT NULL" }, get: (row) => row.kind },
  /** `sending` until it is settled. */
  state: { kind: "text", columns: { monitor_notices: "state TEXT NOT NULL" }, get: (row) => row.state },
  madeMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_notices: "made_ms INTEGER NOT NULL" },
    get: (row) => row.madeMs,
  },
  settledMs: {
    kind: "time",
    nullable: true,
    unit: "ms",
    columns: { monitor_notices: "settled_ms INTEGER" },
    get: (row) => row.settledMs,
  },
  attempts: {
    kind: "count",
    columns: { monitor_notices: "attempts INTEGER NOT NULL" },
    get: (row) => row.attempts,
  },
  /** What it says about its alerts: an array of objects, each with an `alert_id`. */
  itemsJson: {
    kind: "text",
    columns: { monitor_notices: "items_json TEXT NOT NULL" },
    get: (row) => row.itemsJson,
  },
  /** The bytes that each attempt sends. */
  body: { kind: "text", columns: { monitor_notices: "body TEXT NOT NULL" }, get: (row) => row.body },
  plain: {
    kind: "text",
    nullable: true,
    columns: { monitor_notices: "plain TEXT" },
    get: (row) => row.plain,
  },
  remoteId: {
    kind: "text",
    nullable: true,
    columns: { monitor_notices: "remote_id TEXT" },
    get: (row) => row.remoteId,
  },
  /** What the receiver answered last. */
  detail: {
    kind: "text",
    nullable: true,
    columns: { monitor_notices: "detail TEXT" },
    get: (row) => row.detail,
  },
});

/** A message to a receiver, as its newest word says. */
export interface NoticeRecord extends RowOf<typeof noticeRecord.fields> {}
export interface StoredNotice extends StoredRowOf<typeof noticeRecord.fields> {}

export const silenceRecord = declareRecord("silences", {
  silenceId: {
    kind: "text",
    columns: { monitor_silences: "silence_id TEXT NOT NULL" },
    get: (row) => row.silenceId,
  },
  matchJson: {
    kind: "text",
    columns: { monitor_silences: "match_json TEXT NOT NULL" },
    get: (row) => row.matchJson,
  },
  fromMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_silences: "from_ms INTEGER NOT NULL" },
    get: (row) => row.fromMs,
  },
  untilMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_silences: "until_ms INTEGER NOT NULL" },
    get: (row) => row.untilMs,
  },
  by: { kind: "text", columns: { monitor_silences: "by TEXT NOT NULL" }, get: (row) => row.by },
  why: { kind: "text", columns: { monitor_silences: "why TEXT NOT NULL" }, get: (row) => row.why },
  /** When somebody ended it before its time. */
  endedMs: {
    kind: "time",
    nullable: true,
    unit: "ms",
    columns: { monitor_silences: "ended_ms INTEGER" },
    get: (row) => row.endedMs,
  },
});

/** A time in which notices are held back. */
export interface SilenceRecord extends RowOf<typeof silenceRecord.fields> {}
export interface StoredSilence extends StoredRowOf<typeof silenceRecord.fields> {}

export const factRecord = declareRecord("facts", {
  name: { kind: "text", columns: { monitor_facts: "name TEXT NOT NULL" }, get: (row) => row.name },
  value: { kind: "text", columns: { monitor_facts: "value TEXT NOT NULL" }, get: (row) => row.value },
});

/** What a monitor keeps for its next life: one value for each name, the newest. */
export interface FactRecord extends RowOf<typeof factRecord.fields> {}
