import type { StoredAlert, StoredNotice, StoredTell } from "@kissbot/store";
import type { Episode } from "../alerts/episode.js";
import type { ReceiverState, ToldReceiver } from "../alerts/receiver-state.js";
import { isActive, type Silence } from "../alerts/silence.js";
import {
  countSchema,
  listSchema,
  mapSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "./schema.js";
import { timestampFromMs } from "./timestamp.js";

const severitySchema = { type: "string", enum: ["info", "warning", "critical"] };

export const alertSchema = objectSchema({
  alert_id: textSchema,
  rule: textSchema,
  subject: {
    ...textSchema,
    description:
      "A channel; `fleet`; a problem's code; a receiver's name; a budget with its period; or a host's name.",
  },
  subject_kind: { type: "string", enum: ["bot", "fleet", "monitor", "receiver", "budget", "host"] },
  severity: severitySchema,
  since: { ...orNull(timeSchema), description: "Since when it was wrong." },
  opened_at: orNull(timeSchema),
  closed_at: { ...orNull(timeSchema), description: "Null while it is open." },
  outcome: {
    ...orNull({ ...textSchema, enum: ["over", "moot", "forgotten", "rule_off", "superseded"] }),
    description: "How it ended: over, or without a recovery.",
  },
  cause: textSchema,
  facts: mapSchema({ type: ["string", "number", "null"] }, "What was known of it, by name."),
  ack: {
    type: ["object", "null"],
    description: "Who knows of it: nobody is reminded any more.",
    required: ["by", "why", "at"],
    additionalProperties: false,
    properties: { by: textSchema, why: textSchema, at: orNull(timeSchema) },
  },
  told: listSchema(
    objectSchema({
      receiver: textSchema,
      phase: { ...textSchema, enum: ["told", "maybe", "missed", "over"] },
      notice_id: textSchema,
      at: orNull(timeSchema),
    }),
  ),
});

export function episodeJson(episode: Episode, told: readonly ToldReceiver[]): object {
  const { alertId, rule, subject, severity, sinceMs, openedMs, closedMs, outcome, cause, facts, ack } =
    episode;
  return {
    alert_id: alertId,
    rule,
    subject: subject.name,
    subject_kind: subject.kind,
    severity,
    since: timestampFromMs(sinceMs),
    opened_at: timestampFromMs(openedMs),
    closed_at: timestampFromMs(closedMs),
    outcome,
    cause,
    facts,
    ack: ack === null ? null : { by: ack.by, why: ack.why, at: timestampFromMs(ack.atMs) },
    told: told.map(toldJson),
  };
}

export function storedAlertJson(alert: StoredAlert, tells: readonly StoredTell[]): object {
  const ack = parsed(alert.ackJson) as { by: string; why: string; atMs: number } | null;
  return {
    alert_id: alert.alertId,
    rule: alert.rule,
    subject: alert.subject,
    subject_kind: alert.subjectKind,
    severity: alert.severity,
    since: timestampFromMs(alert.sinceMs),
    opened_at: timestampFromMs(alert.openedMs),
    closed_at: timestampFromMs(alert.closedMs),
    outcome: alert.outcome,
    cause: alert.cause,
    facts: parsed(alert.factsJson) ?? {},
    ack: ack === null ? null : { by: ack.by, why: ack.why, at: timestampFromMs(ack.atMs) },
    told: tells.map(toldJson),
  };
}

function toldJson({ receiver, phase, noticeId, tsMs }: ToldReceiver): object {
  return { receiver, phase, notice_id: noticeId, at: timestampFromMs(tsMs) };
}

export const noticeSchema = objectSchema({
  notice_id: textSchema,
  receiver: textSchema,
  kind: { ...textSchema, enum: ["news", "reminder", "all_well", "first", "test"] },
  state: { ...textSchema, enum: ["sending", "sent", "failed", "doubtful"] },
  made_at: orNull(timeSchema),
  settled_at: orNull(timeSchema),
  attempts: countSchema,
  detail: { ...orNull(textSchema), description: "What the receiver answered last." },
  remote_id: { ...orNull(textSchema), description: "The receiver's own id of the message." },
  items: listSchema(
    objectSchema({ alert_id: textSchema, kind: textSchema, rule: textSchema, subject: textSchema }),
  ),
});

export function noticeJson(notice: StoredNotice): object {
  const items = parsed(notice.itemsJson);
  return {
    notice_id: notice.noticeId,
    receiver: notice.receiver,
    kind: notice.kind,
    state: notice.state,
    made_at: timestampFromMs(notice.madeMs),
    settled_at: timestampFromMs(notice.settledMs),
    attempts: notice.attempts,
    detail: notice.detail,
    remote_id: notice.remoteId,
    items: (Array.isArray(items) ? items : []).map((item: Record<string, unknown>) => ({
      alert_id: item["alert_id"],
      kind: item["kind"],
      rule: item["rule"],
      subject: item["subject"],
    })),
  };
}

export const receiverSchema = objectSchema({
  name: textSchema,
  kind: textSchema,
  state: { ...textSchema, enum: ["ok", "failing", "broken"] },
  since: { ...orNull(timeSchema), description: "Since when nothing gets through." },
  detail: { ...orNull(textSchema), description: "What it answered last." },
  waiting: { ...countSchema, description: "How many things it does not know yet." },
  sent: countSchema,
  failed: countSchema,
  doubtful: countSchema,
});

export function receiverJson({ sinceMs, ...state }: ReceiverState): object {
  const { name, kind, state: how, detail, waiting, sent, failed, doubtful } = state;
  return { name, kind, state: how, since: timestampFromMs(sinceMs), detail, waiting, sent, failed, doubtful };
}

export const silenceSchema = objectSchema({
  silence_id: textSchema,
  channels: listSchema(textSchema),
  rules: { type: ["array", "null"], items: textSchema, description: "Null: every rule on these bots." },
  from: orNull(timeSchema),
  until: orNull(timeSchema),
  by: textSchema,
  why: textSchema,
  ended_at: { ...orNull(timeSchema), description: "When somebody ended it before its time." },
  active: { type: "boolean" },
});

export function silenceJson(silence: Silence, nowMs: number): object {
  const { silenceId, channels, rules, fromMs, untilMs, by, why, endedMs } = silence;
  return {
    silence_id: silenceId,
    channels,
    rules,
    from: timestampFromMs(fromMs),
    until: timestampFromMs(untilMs),
    by,
    why,
    ended_at: timestampFromMs(endedMs),
    active: isActive(silence, nowMs),
  };
}

/** What somebody else wrote there is nothing. */
function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
