import type { WindowSettings } from "../config/alert-settings.js";
import { AlertIds } from "./alert-ids.js";
import type { AlertRecords } from "./alert-records.js";
import {
  type Acknowledgement,
  type Episode,
  flappingOf,
  isFlapping,
  isNews,
  noWords,
  type Outcome,
  type Subject,
} from "./episode.js";
import { Episodes, type EpisodesListener } from "./episodes.js";
import { Flapping } from "./flapping.js";
import { Ledger } from "./ledger.js";
import type { Moment } from "./moment.js";
import { pendingEveryMs, pendingFact, pendingFrom, pendingText } from "./pending-text.js";
import { Silences } from "./silences.js";
import { Windows } from "./window.js";

export interface AlertBookOptions {
  readonly records: AlertRecords;
  readonly startedAtMs: number;
  readonly windows: readonly WindowSettings[];
  /** IANA. */
  readonly timezone: string;
  /** From 0 to below 1. */
  readonly chance?: number;
}

/** Hears that an alert ended, before it is let go. */
export type EndListener = (episode: Episode, now: Moment) => void;

/** Alerts on what a process takes or says end without a recovery when the bot goes down. */
const mootRules = /^(?:rss_mb|cpu_pct|trouble|conflict|custom:.*)$/;

/**
 * The state of all alerts: the open ones, ended ones still to be reported, what each receiver
 * knows, and what holds notices back.
 */
export class AlertBook implements EpisodesListener {
  readonly episodes: Episodes;
  readonly ledger: Ledger;
  readonly silences: Silences;
  windows: Windows;
  readonly records: AlertRecords;
  /** They ended, and a receiver is still to hear of it. */
  readonly ended = new Map<string, Episode>();
  readonly ids: AlertIds;
  readonly #flapping = new Flapping();
  readonly #onEnd: EndListener[] = [];
  readonly #onChange: ((episode: Episode) => void)[] = [];
  #revision = 0;
  #pendingText = "[]";
  #pendingClockMs = Number.NEGATIVE_INFINITY;

  constructor({ records, startedAtMs, windows, timezone, chance }: AlertBookOptions) {
    this.records = records;
    this.ids = new AlertIds(startedAtMs, chance);
    this.episodes = new Episodes(this.ids, this);
    this.ledger = new Ledger(records);
    this.silences = new Silences(this.ids, records);
    this.windows = new Windows(windows, timezone);
  }

  /** Grows with each change of what may be sent; time alone may also change that. */
  get revision(): number {
    return this.#revision + this.ledger.revision + this.silences.revision;
  }

  byId(alertId: string): Episode | undefined {
    return this.episodes.byId(alertId) ?? this.ended.get(alertId);
  }

  onEnd(listener: EndListener): void {
    this.#onEnd.push(listener);
  }

  /** An alert opened, changed or ended. */
  onChange(listener: (episode: Episode) => void): void {
    this.#onChange.push(listener);
  }

  opened(episode: Episode, now: Moment): void {
    this.changed(episode);
    if (isFlapping(episode) || isNews(episode)) return;
    if (episode.rule === "down") this.#endMoot(episode.subject.name, now);
    const swings = this.#flapping.opened(episode, now);
    const rule = flappingOf(episode.rule);
    if (swings === 0 || this.episodes.get(rule, episode.subject.name) !== undefined) return;
    const cause = `${swings} times in 30 min`;
    const facts = { ...episode.facts, times: swings, last_cause: episode.cause };
    const { sinceMs, severity } = episode;
    const verdict = { state: "wrong", cause, sinceMs, severity, grade: 0, facts } as const;
    this.episodes.open({ name: rule, severity: null }, episode.subject, verdict, now);
  }

  changed(episode: Episode): void {
    this.#revision++;
    this.records.alert(episode);
    for (const listener of this.#onChange) listener(episode);
  }

  closed(episode: Episode, now: Moment): void {
    this.ended.set(episode.alertId, episode);
    this.changed(episode);
    if (!isFlapping(episode) && !isNews(episode)) this.#flapping.closed(episode, now);
    for (const listener of this.#onEnd) listener(episode, now);
  }

  /** To be called now and then: ends what has been steady for half an hour. */
  settle(now: Moment): void {
    for (const { rule, subject } of this.#flapping.settled(now)) {
      const flapping = this.episodes.get(flappingOf(rule), subject);
      if (flapping === undefined) continue;
      const isOpen = this.episodes.get(rule, subject) !== undefined;
      flapping.cause = `for 30 min it has been ${isOpen ? "wrong" : "fine"} without a break`;
      this.episodes.close(flapping, "over", now);
    }
    this.silences.expire(now.wallMs);
    if (now.clockMs - this.#pendingClockMs >= pendingEveryMs) this.keepPending(now);
  }

  /** Stores alerts that are about to open or end, so that a restart continues with them. */
  keepPending(now: Moment, leastMs = pendingEveryMs): void {
    this.#pendingClockMs = now.clockMs;
    const text = pendingText(this.episodes.pendingFor(leastMs, now));
    if (text === this.#pendingText) return;
    this.#pendingText = text;
    this.records.fact(pendingFact, text);
  }

  /** What was about to change when the monitor ran last, as far as it can still be judged. */
  restorePending(
    text: string | undefined,
    isJudged: (about: Pick<Episode, "rule" | "subject">) => boolean,
    now: Moment,
  ): void {
    this.#pendingText = text ?? "[]";
    for (const pending of pendingFrom(text)) {
      const { rule, subject, kind } = pending;
      if (isJudged({ rule, subject: noWords(kind, subject) })) this.episodes.restorePending(pending, now);
    }
  }

  /** The subject is gone for good. */
  forget(subject: string, now: Moment): void {
    for (const episode of this.episodes.on(subject)) this.episodes.close(episode, "forgotten", now);
    this.episodes.forget(subject);
  }

  /** Null if no such alert is open. */
  acknowledge(alertId: string, ack: Acknowledgement): Episode | null {
    const episode = this.episodes.byId(alertId);
    if (episode === undefined) return null;
    episode.ack = ack;
    this.episodes.touch(episode);
    return episode;
  }

  /** No receiver is to hear anything more of it. */
  release(alertId: string): void {
    this.ended.delete(alertId);
    this.ledger.forget(alertId);
  }

  /**
   * Applies other rules or other words on bots: ends alerts that can no longer be judged, drops
   * pending changes, and makes each receiver compare again.
   */
  review(
    subjectOf: (channel: string) => Subject,
    outcomeOf: (about: Pick<Episode, "rule" | "subject">) => Outcome | null,
    now: Moment,
  ): void {
    this.#revision++;
    for (const episode of [...this.episodes, ...this.ended.values()]) {
      const { kind, name, bot } = episode.subject;
      if (kind === "bot") episode.subject = subjectOf(name);
      if (bot !== undefined) episode.subject = { ...subjectOf(bot), kind, name, bot };
    }
    for (const episode of [...this.episodes]) {
      const outcome = outcomeOf(episode);
      if (outcome !== null) this.episodes.close(episode, outcome, now);
    }
    this.episodes.dropPending(
      ({ rule, subject, kind }) => outcomeOf({ rule, subject: noWords(kind, subject) }) !== null,
    );
  }

  /** It came and went before the monitor's start. */
  restoreSwings(
    rule: string,
    subject: string,
    openedClockMs: readonly number[],
    changedClockMs: number,
  ): void {
    this.#flapping.restore(rule, subject, openedClockMs, changedClockMs);
  }

  /** Everything that must be in the database, which is a fresh one. */
  recordAll(): void {
    for (const episode of this.episodes) this.records.alert(episode);
    for (const episode of this.ended.values()) this.records.alert(episode);
    for (const { receiver, alertId, tell } of this.ledger) this.records.recordTell(receiver, alertId, tell);
    for (const silence of this.silences.all()) this.records.silence(silence);
    this.records.fact(pendingFact, this.#pendingText);
  }

  #endMoot(subject: string, now: Moment): void {
    for (const episode of this.episodes.on(subject)) {
      if (!mootRules.test(episode.rule)) continue;
      episode.cause = "the bot is down";
      this.episodes.close(episode, "moot", now);
    }
  }
}
