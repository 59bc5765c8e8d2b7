import type {
  AlertRecord,
  NoticeRecord as NoticeRow,
  SilenceRecord,
  StoredAlert,
  StoredNotice,
  StoredSilence,
  StoredTell,
  TellRecord,
} from "@kissbot/store";
import type { StoredEpisode } from "../alerts/alert-memory.js";
import type {
  EntryKind,
  NoticeEntry,
  NoticeRecord,
  NoticeState,
  Phase,
  Tell,
} from "../alerts/alert-records.js";
import type { Acknowledgement, Episode, Outcome } from "../alerts/episode.js";
import type { Facts, Severity, SubjectKind } from "../alerts/notice.js";
import type { Silence } from "../alerts/silence.js";
import { eachOf, type Work } from "../alerts/work.js";

/** Alerts, and what belongs to them, as rows of the store. */
export function alertRow(episode: Episode): AlertRecord {
  const { alertId, rule, subject, severity, sinceMs, openedMs, closedMs, outcome, cause, grade } = episode;
  return {
    alertId,
    rule,
    subject: subject.name,
    subjectKind: subject.kind,
    severity,
    sinceMs: wholeMs(sinceMs),
    openedMs,
    closedMs,
    outcome,
    cause: cause === "" ? "unknown" : cause,
    grade,
    factsJson: JSON.stringify(episode.facts),
    ackJson: episode.ack === null ? null : JSON.stringify(episode.ack),
  };
}

export function episodeOf(row: StoredAlert): StoredEpisode {
  const { alertId, rule, sinceMs, openedMs, closedMs, cause, grade } = row;
  return {
    alertId,
    rule,
    subject: { kind: row.subjectKind as SubjectKind, name: row.subject },
    severity: row.severity as Severity,
    sinceMs,
    openedMs,
    closedMs,
    outcome: row.outcome as Outcome | null,
    cause,
    grade,
    facts: (parsed(row.factsJson) ?? {}) as Facts,
    ack: row.ackJson === null ? null : (parsed(row.ackJson) as Acknowledgement | null),
  };
}

export function tellRow(receiver: string, alertId: string, tell: Tell): TellRecord {
  return { receiver, alertId, ...tell };
}

export function tellOf({ phase, noticeId, tsMs, grade }: StoredTell): Tell {
  return { phase: phase as Phase, noticeId, tsMs, grade };
}

export function noticeRow({ entries, detail, remoteId, ...notice }: NoticeRecord): NoticeRow {
  return {
    ...notice,
    itemsJson: itemsJsonOf(entries),
    remoteId: remoteId === "" ? null : remoteId,
    detail: detail === "" ? null : detail,
  };
}

/** A notice is stored twice with the same items, which may be ten thousand. */
const packedItems = new WeakMap<readonly NoticeEntry[], string>();

export function* packItems(entries: readonly NoticeEntry[]): Work<void> {
  const texts: string[] = [];
  yield* eachOf(entries, (entry) => {
    texts.push(JSON.stringify(itemOf(entry)));
  });
  packedItems.set(entries, `[${texts.join(",")}]`);
}

function itemsJsonOf(entries: readonly NoticeEntry[]): string {
  return packedItems.get(entries) ?? JSON.stringify(entries.map(itemOf));
}

function itemOf({ alertId, ...entry }: NoticeEntry): object {
  return { alert_id: alertId, ...entry };
}

export function noticeOf({ itemsJson, state, ...row }: StoredNotice): NoticeRecord {
  return { ...row, state: state as NoticeState, entries: entriesOf(itemsJson) };
}

/** What a notice says of which alerts. */
export function entriesOf(itemsJson: string): NoticeEntry[] {
  const items = parsed(itemsJson);
  if (!Array.isArray(items)) return [];
  return items.map((item: Record<string, unknown>) => ({
    alertId: String(item["alert_id"]),
    kind: item["kind"] as EntryKind,
    rule: String(item["rule"]),
    subject: String(item["subject"]),
    grade: Number(item["grade"] ?? 0),
  }));
}

export function silenceRow({ channels, rules, ...silence }: Silence): SilenceRecord {
  return { ...silence, matchJson: JSON.stringify({ channels, rules }) };
}

export function silenceOf({ matchJson, ...row }: StoredSilence): Silence {
  const { channels = [], rules = null } = (parsed(matchJson) ?? {}) as Partial<Silence>;
  return { ...row, channels, rules };
}

function wholeMs(ms: number): number {
  return Math.max(0, Math.trunc(ms));
}

/** What somebody else wrote there is nothing. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
