import type { AlertIds } from "./alert-ids.js";
import type { Episode, Outcome, Subject } from "./episode.js";
import type { Moment } from "./moment.js";
import type { SubjectKind } from "./notice.js";
import type { RuleTerms, Verdict } from "./rule.js";

/** Hears of each change of an alert. */
export interface EpisodesListener {
  opened(episode: Episode, now: Moment): void;
  /** Its cause, severity, facts or acknowledgement changed. */
  changed(episode: Episode): void;
  closed(episode: Episode, now: Moment): void;
}

/** On the way to an opening, or to an end. */
interface Pending {
  readonly rule: string;
  readonly subject: string;
  readonly kind: SubjectKind;
  /** Since when, on the desk's clock; time in which nothing was known does not count. */
  sinceClockMs: number;
  unknownSinceClockMs: number | null;
  /** It began before the monitor's start, and was not judged since. */
  isRestored: boolean;
}

/** What is about to change, as it is kept over a restart. */
export interface PendingChange {
  readonly rule: string;
  readonly subject: string;
  readonly kind: SubjectKind;
  /** For how long it has been so, without the time in which nothing was known. */
  readonly forMs: number;
}

/** The pending state of a rule on a subject: without an alert, or with one about to end. */
export interface Standing {
  readonly sinceClockMs: number;
  readonly isUnknown: boolean;
}

/**
 * The open alerts, at most one per rule and subject, and the pending ones. An alert opens when its
 * rule was wrong for `forMs`, and ends when it was fine for `holdMs`; an unknown state stops both
 * clocks.
 */
export class Episodes {
  readonly #open = new Map<string, Map<string, Episode>>();
  readonly #byId = new Map<string, Episode>();
  /** By rule and subject. */
  readonly #pending = new Map<string, Map<string, Pending>>();
  readonly #ids: AlertIds;
  readonly #listener: EpisodesListener;

  constructor(ids: AlertIds, listener: EpisodesListener) {
    this.#ids = ids;
    this.#listener = listener;
  }

  get(rule: string, subject: string): Episode | undefined {
    return this.#open.get(rule)?.get(subject);
  }

  byId(alertId: string): Episode | undefined {
    return this.#byId.get(alertId);
  }

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): IterableIterator<Episode> {
    return this.#byId.values();
  }

  /** Those of one rule. */
  ofRule(rule: string): IterableIterator<Episode> {
    return (this.#open.get(rule) ?? new Map<string, Episode>()).values();
  }

  /** Those on one subject, whatever the rule. */
  on(subject: string): Episode[] {
    const found: Episode[] = [];
    for (const bySubject of this.#open.values()) {
      const episode = bySubject.get(subject);
      if (episode !== undefined) found.push(episode);
    }
    return found;
  }

  /** Subjects that are about to change: to be judged again soon. */
  *pendingSubjects(): IterableIterator<string> {
    for (const bySubject of this.#pending.values()) yield* bySubject.keys();
  }

  /** Subjects on which this rule is about to open or to end an alert. */
  pendingOf(rule: string): string[] {
    return [...(this.#pending.get(rule)?.keys() ?? [])];
  }

  /** Pending changes that are at least `leastMs` old. */
  *pendingFor(leastMs: number, { clockMs }: Moment): IterableIterator<PendingChange> {
    for (const { rule, subject, kind, sinceClockMs, unknownSinceClockMs } of this.#allPending()) {
      const forMs = (unknownSinceClockMs ?? clockMs) - sinceClockMs;
      if (forMs >= leastMs) yield { rule, subject, kind, forMs };
    }
  }

  /**
   * It was about to change when the monitor ran last: what happens between counts only once it is
   * judged.
   */
  restorePending({ rule, subject, kind, forMs }: PendingChange, { clockMs }: Moment): void {
    if (this.#pending.get(rule)?.has(subject) === true) return;
    const sinceClockMs = clockMs - forMs;
    const unknownSinceClockMs = clockMs;
    this.#await({ rule, subject, kind, sinceClockMs, unknownSinceClockMs, isRestored: true });
  }

  standing(rule: string, subject: string): Standing | undefined {
    const pending = this.#pending.get(rule)?.get(subject);
    return pending === undefined
      ? undefined
      : { sinceClockMs: pending.sinceClockMs, isUnknown: pending.unknownSinceClockMs !== null };
  }

  /**
   * Takes what a rule says now. `headStartMs`: for how long it was wrong already before anybody
   * looked, at the monitor's start.
   */
  judge(terms: RuleTerms, subject: Subject, verdict: Verdict, now: Moment, headStartMs = 0): void {
    const pending = this.#pending.get(terms.name)?.get(subject.name);
    if (verdict.state === "unknown") {
      if (pending !== undefined) pending.unknownSinceClockMs ??= now.clockMs;
      return;
    }
    if (pending !== undefined && pending.unknownSinceClockMs !== null) {
      pending.sinceClockMs += now.clockMs - pending.unknownSinceClockMs;
      pending.unknownSinceClockMs = null;
    }
    const open = this.get(terms.name, subject.name);
    if ((verdict.state === "fine") === (open === undefined)) {
      if (pending !== undefined) this.#settled(terms.name, subject.name);
      if (open !== undefined && verdict.state === "wrong") this.#update(open, verdict, terms);
      return;
    }
    const headClockMs = now.clockMs - headStartMs;
    if (pending?.isRestored === true) {
      pending.isRestored = false;
      pending.sinceClockMs = Math.min(pending.sinceClockMs, headClockMs);
    }
    const sinceClockMs = pending?.sinceClockMs ?? headClockMs;
    const neededMs = open === undefined ? terms.forMs : terms.holdMs;
    if (now.clockMs - sinceClockMs < neededMs) {
      if (pending === undefined)
        this.#await({
          rule: terms.name,
          subject: subject.name,
          kind: subject.kind,
          sinceClockMs,
          unknownSinceClockMs: null,
          isRestored: false,
        });
      return;
    }
    this.#settled(terms.name, subject.name);
    if (open !== undefined) this.close(open, "over", now);
    else if (verdict.state === "wrong") this.open(terms, subject, verdict, now);
  }

  /** Opens an alert where none of this rule is open on the subject. */
  open(
    terms: Pick<RuleTerms, "name" | "severity">,
    subject: Subject,
    { cause, sinceMs, severity, grade, facts }: Extract<Verdict, { state: "wrong" }>,
    now: Moment,
  ): Episode {
    const episode: Episode = {
      alertId: this.#ids.next("a"),
      rule: terms.name,
      subject,
      severity: terms.severity ?? severity,
      sinceMs,
      openedMs: now.wallMs,
      openedClockMs: now.clockMs,
      closedMs: null,
      outcome: null,
      cause,
      grade,
      facts,
      ack: null,
    };
    this.#hold(episode);
    this.#listener.opened(episode, now);
    return episode;
  }

  /** Takes over an alert that was open in the last run. Notifies nobody. */
  restore(episode: Episode): void {
    this.#hold(episode);
  }

  close(episode: Episode, outcome: Outcome, now: Moment): void {
    if (episode.closedMs !== null) return;
    episode.closedMs = Math.max(now.wallMs, episode.openedMs);
    episode.outcome = outcome;
    this.#byId.delete(episode.alertId);
    this.#open.get(episode.rule)?.delete(episode.subject.name);
    this.#settled(episode.rule, episode.subject.name);
    this.#listener.closed(episode, now);
  }

  /** Its facts changed in a way that is to be stored. */
  touch(episode: Episode): void {
    this.#listener.changed(episode);
  }

  /** The subject is no longer there: nothing is about to open on it. */
  forget(subject: string): void {
    for (const bySubject of this.#pending.values()) bySubject.delete(subject);
  }

  /** Nobody judges these any more: nothing is about to change. */
  dropPending(isDropped: (about: Pick<PendingChange, "rule" | "subject" | "kind">) => boolean): void {
    for (const pending of [...this.#allPending()])
      if (isDropped(pending)) this.#settled(pending.rule, pending.subject);
  }

  *#allPending(): IterableIterator<Pending> {
    for (const bySubject of this.#pending.values()) yield* bySubject.values();
  }

  #await(pending: Pending): void {
    const bySubject = this.#pending.get(pending.rule);
    if (bySubject === undefined) this.#pending.set(pending.rule, new Map([[pending.subject, pending]]));
    else bySubject.set(pending.subject, pending);
  }

  #settled(rule: string, subject: string): void {
    this.#pending.get(rule)?.delete(subject);
  }

  /** Only a worse state, or another severity, is a change. */
  #update(
    episode: Episode,
    { cause, severity, grade, facts }: Extract<Verdict, { state: "wrong" }>,
    terms: RuleTerms,
  ): void {
    const wanted = terms.severity ?? severity;
    // A bot that was reported as gone does not become merely silent.
    if (grade <= episode.grade && wanted === episode.severity) return;
    episode.severity = wanted;
    episode.grade = Math.max(grade, episode.grade);
    episode.cause = cause;
    episode.facts = facts;
    this.#listener.changed(episode);
  }

  #hold(episode: Episode): void {
    this.#byId.set(episode.alertId, episode);
    const bySubject = this.#open.get(episode.rule);
    if (bySubject === undefined) this.#open.set(episode.rule, new Map([[episode.subject.name, episode]]));
    else bySubject.set(episode.subject.name, episode);
  }
}
