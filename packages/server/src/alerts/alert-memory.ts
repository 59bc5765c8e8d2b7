import type { AlertBook } from "./alert-book.js";
import type { NoticeRecord, Tell } from "./alert-records.js";
import { type Episode, isFlapping, noWords, plainRule, type Subject } from "./episode.js";
import { flappingSpanMs } from "./flapping.js";
import type { Mailroom } from "./mailroom.js";
import type { Moment } from "./moment.js";
import { pendingFact } from "./pending-text.js";
import type { Reminders } from "./reminders.js";
import type { Silence } from "./silence.js";

/** An alert as it was stored. */
export type StoredEpisode = Omit<Episode, "openedClockMs" | "subject"> & {
  readonly subject: Pick<Subject, "kind" | "name">;
};

/** What was stored of alerts when the monitor ran last. */
export interface AlertMemory {
  /** Open alerts, and ended ones that a receiver must still hear of. */
  readonly alerts: readonly StoredEpisode[];
  readonly tells: readonly { readonly receiver: string; readonly alertId: string; readonly tell: Tell }[];
  /** Those that were on their way. */
  readonly notices: readonly NoticeRecord[];
  readonly silences: readonly Silence[];
  readonly facts: ReadonlyMap<string, string>;
  /** Alerts that ended within the last half hour, to detect flapping. */
  readonly recent: readonly StoredEpisode[];
}

export interface RestorationParts {
  readonly book: AlertBook;
  readonly mailroom: Mailroom;
  readonly reminders: Reminders;
  readonly subjectOf: (channel: string) => Subject;
  /** Whether an alert can still be judged: its rule is on, and its subject is there. */
  readonly outcomeOf: (episode: Pick<Episode, "rule" | "subject">) => "forgotten" | "rule_off" | null;
}

/**
 * Goes on where the last monitor ended. Alerts that were opened meanwhile, as the database came
 * late, take over what receivers know of the stored ones, when those opened, and who acknowledged.
 */
export function restoreAlerts(memory: AlertMemory, parts: RestorationParts, now: Moment): void {
  const { book, mailroom, reminders, outcomeOf } = parts;
  reminders.restore(memory.facts);
  for (const mailbox of mailroom.mailboxes) mailbox.restoreHold(memory.facts, now);
  book.silences.restore(memory.silences);
  for (const { receiver, alertId, tell } of memory.tells) {
    const isKnown = mailroom.get(receiver) !== undefined;
    if (isKnown || tell.phase === "over") book.ledger.restore(receiver, alertId, tell);
    else book.ledger.set(receiver, alertId, { ...tell, phase: "over" });
  }
  for (const notice of memory.notices) {
    const mailbox = mailroom.get(notice.receiver);
    if (mailbox === undefined || mailbox.delivery !== null) {
      book.records.notice({ ...notice, state: "doubtful", settledMs: now.wallMs });
    } else mailbox.restore(notice, now.clockMs);
  }
  const stale: Episode[] = [];
  for (const stored of memory.alerts) {
    const episode = episodeFrom(stored, parts, now);
    if (episode.closedMs !== null) {
      book.ended.set(episode.alertId, episode);
      continue;
    }
    const newer = book.episodes.get(episode.rule, episode.subject.name);
    if (newer !== undefined) supersede(episode, newer, memory, book, now);
    else {
      book.episodes.restore(episode);
      if (outcomeOf(episode) !== null) stale.push(episode);
    }
  }
  for (const episode of stale) book.episodes.close(episode, outcomeOf(episode) ?? "forgotten", now);
  book.restorePending(memory.facts.get(pendingFact), (about) => outcomeOf(about) === null, now);
  restoreSwings(memory.recent, parts, now);
  mailroom.sweep();
}

function episodeFrom(stored: StoredEpisode, { subjectOf }: RestorationParts, now: Moment): Episode {
  const { rule } = stored;
  const { kind, name } = stored.subject;
  const { channel } = stored.facts;
  const about = kind === "budget" ? channel : rule === "channel_on_two_hosts" ? name : null;
  const ofBot = typeof about === "string" ? about : null;
  const subject = kind === "bot" ? subjectOf(name) : noWords(kind, name);
  return {
    ...stored,
    subject: ofBot === null ? subject : { ...subjectOf(ofBot), kind, name, bot: ofBot },
    openedClockMs: now.clockMs - Math.max(0, now.wallMs - stored.openedMs),
  };
}

function supersede(old: Episode, newer: Episode, { tells }: AlertMemory, book: AlertBook, now: Moment): void {
  for (const { receiver, alertId, tell } of tells) {
    if (alertId !== old.alertId || book.ledger.get(receiver, newer.alertId) !== undefined) continue;
    book.ledger.set(receiver, newer.alertId, tell);
    book.ledger.set(receiver, alertId, { ...tell, phase: "over" });
  }
  newer.openedMs = Math.min(newer.openedMs, old.openedMs);
  newer.openedClockMs = Math.min(newer.openedClockMs, old.openedClockMs);
  newer.ack ??= old.ack;
  book.episodes.touch(newer);
  old.closedMs = now.wallMs;
  old.outcome = "superseded";
  book.records.alert(old);
}

function restoreSwings(recent: readonly StoredEpisode[], { book }: RestorationParts, now: Moment): void {
  const byKey = new Map<string, StoredEpisode[]>();
  for (const episode of recent) {
    if (episode.rule !== plainRule(episode)) continue;
    const key = `${episode.rule}\n${episode.subject.name}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [episode]);
    else known.push(episode);
  }
  // One that was flapping ends half an hour from now, if nothing more is known of it.
  for (const episode of book.episodes) {
    if (isFlapping(episode)) book.restoreSwings(plainRule(episode), episode.subject.name, [], now.clockMs);
  }
  const clockOf = (ms: number) => now.clockMs - Math.min(flappingSpanMs, Math.max(0, now.wallMs - ms));
  for (const episodes of byKey.values()) {
    const [first] = episodes;
    if (first === undefined) continue;
    const opened = episodes.map(({ openedMs }) => clockOf(openedMs)).sort((a, b) => a - b);
    const changed = Math.max(...episodes.map(({ openedMs, closedMs }) => clockOf(closedMs ?? openedMs)));
    book.restoreSwings(first.rule, first.subject.name, opened, changed);
  }
}
