import type { AlertBook } from "./alert-book.js";
import type { NoticeEntry, NoticeRecord, NoticeState, Phase } from "./alert-records.js";
import { Delivery } from "./delivery.js";
import { addDifference, type Draft } from "./difference.js";
import { type Episode, endsSilently, isFlapping, isNews } from "./episode.js";
import type { Moment } from "./moment.js";
import type { Notice } from "./notice.js";
import { firstOf, type NoticeSurroundings, noticeOf } from "./notice-making.js";
import { reasonAgainst, takes } from "./quieting.js";
import type { Answer, ReceiverTerms, RenderedNotice } from "./receiver-door.js";
import { type Failure, holdFactOf, ReceiverHold } from "./receiver-hold.js";
import type { Reminders } from "./reminders.js";
import { eachOf, type Work } from "./work.js";

export interface MailboxOptions {
  readonly book: AlertBook;
  readonly terms: ReceiverTerms;
  readonly render: (notice: Notice) => RenderedNotice;
  /** How many alerts one notice may speak of. */
  readonly mostItems: () => number;
  readonly surroundings: NoticeSurroundings;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly reminders: Reminders;
  /** Nothing new is sent before this moment on the desk's clock. */
  readonly quietUntilClockMs: () => number;
  /** It also gets the alerts of failing receivers that have it as their fallback. */
  readonly standsInFor: () => readonly ReceiverTerms[];
  readonly onSettled: (notice: NoticeRecord) => void;
  /**
   * No notice about this alert is being sent here any more: an ended alert that nobody must hear of
   * can be dropped.
   */
  readonly letGo: (alertId: string) => void;
  /** From 0 to below 1. */
  readonly chance: () => number;
}

/** What was missed for less than this is not worth a message. */
const missedMs = 60_000;
const mostMissed = 1_000;
/** The time between two comparisons if nothing changed but time. */
const lookMs = 5_000;

/**
 * The notices to one receiver. There is no queue of messages: a notice is made from the difference
 * between what the receiver knows and the present state, when it can be sent, and only one is being
 * sent at a time. So after a night without network there is one message.
 */
export class Mailbox {
  #options: MailboxOptions;
  readonly #hold = new ReceiverHold();
  #delivery: Delivery | null = null;
  /** What the notice will say that is being made, by the alerts' ids. */
  #drafts: ReadonlyMap<string, Draft> | null = null;
  /** The delivery has its answer, which is being learnt. */
  #isEnding = false;
  /** There has been something to say since then. */
  #newsSinceClockMs: number | null = null;
  #lastClockMs = Number.NEGATIVE_INFINITY;
  #lookedRevision = -1;
  #lookedClockMs = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #missed = 0;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.terms.name;
  }

  get terms(): ReceiverTerms {
    return this.#options.terms;
  }

  get failure(): Failure | null {
    return this.#hold.failure;
  }

  /** How many things it does not know yet, those on their way included. */
  get waiting(): number {
    return this.#waiting + (this.#delivery?.entries.length ?? 0);
  }

  /** Whether there is news for it, or its first message. A reminder or a try is no news. */
  get isOwed(): boolean {
    const { reminders } = this.#options;
    return this.#waiting > 0 || this.#delivery?.kind === "news" || !reminders.knowsBaseline(this.name);
  }

  get delivery(): Delivery | null {
    return this.#delivery;
  }

  /** For an explanation: when the next notice may be made, on the desk's clock. */
  get nextClockMs(): number {
    const { groupWaitMs, groupIntervalMs, quietUntilClockMs } = this.#options;
    return Math.max(
      (this.#newsSinceClockMs ?? Number.NEGATIVE_INFINITY) + groupWaitMs,
      this.#lastClockMs + groupIntervalMs,
      this.#hold.retryClockMs,
      quietUntilClockMs(),
    );
  }

  readonly isTaken = (episode: Pick<Episode, "rule" | "subject" | "severity">): boolean =>
    takes(this.terms, episode) || this.#options.standsInFor().some((terms) => takes(terms, episode));

  configure(change: Partial<MailboxOptions>): void {
    this.#options = { ...this.#options, ...change };
  }

  /** The receiver has a new address: drops the notice being sent, and forgets earlier failures. */
  readdress(now: Moment): void {
    const delivery = this.#delivery;
    if (delivery !== null && !this.#isEnding) {
      const state = delivery.attempts === 0 ? "failed" : "doubtful";
      const end = { remoteId: null, detail: "the receiver was changed meanwhile" };
      for (const _ of this.#end(delivery, state, now, end));
    }
    this.#release(now);
  }

  /** How it was doing when the monitor ran last: a pause that it asked for goes on. */
  restoreHold(facts: ReadonlyMap<string, string>, now: Moment): void {
    const text = facts.get(holdFactOf(this.name));
    if (!this.#hold.restore(text, this.terms.mark, now)) this.recordHold(now);
  }

  /** It was on its way when the monitor was killed. */
  restore(record: NoticeRecord, clockMs: number): void {
    if (this.#delivery !== null) return;
    this.#delivery = Delivery.restored(record, clockMs);
    this.#delivery.retryClockMs = this.#hold.retryClockMs;
  }

  /** For a database that does not know it. */
  recordHold(now: Moment): void {
    const text = this.#hold.text(this.terms.mark, now);
    this.#options.book.records.fact(holdFactOf(this.name), text);
  }

  /** The notice to send now; null if there is none. Answer each with `settle`. */
  *step(now: Moment): Work<RenderedNotice | null> {
    if (this.#isEnding) return null;
    const delivery = this.#delivery ?? (yield* this.#make(now));
    if (delivery === null) return null;
    const { clockMs } = now;
    if (delivery.isLost(clockMs))
      yield* this.settle({ kind: "in_doubt", detail: "there was no answer" }, now);
    if (delivery !== this.#delivery) return null;
    const { records } = this.#options.book;
    if (!delivery.isDue(clockMs, () => records.isStored(delivery.rendered.noticeId))) return null;
    return delivery.depart(clockMs);
  }

  /** What became of the attempt that is under way. */
  *settle(answer: Answer, now: Moment): Work<void> {
    const delivery = this.#delivery;
    if (delivery === null || !delivery.isUnderWay) return;
    delivery.arrive();
    if (answer.kind === "delivered") {
      this.#release(now);
      this.#lastClockMs = now.clockMs;
      yield* this.#end(delivery, "sent", now, { remoteId: answer.remoteId, detail: answer.status });
      return;
    }
    this.#hold.fail(answer, this.#options.chance(), now);
    this.recordHold(now);
    const { detail } = answer;
    if (answer.kind === "in_doubt") delivery.doubtSinceClockMs ??= now.clockMs;
    if (answer.kind === "unfit" && !delivery.isPlain && delivery.rendered.plain !== null) {
      delivery.isPlain = true;
      delivery.retryClockMs = Number.NEGATIVE_INFINITY;
    } else if (delivery.doubtSinceClockMs === null || this.#isTry(delivery)) {
      yield* this.#end(delivery, "failed", now, { remoteId: null, detail });
    } else if (delivery.isDoubtOver(now.clockMs)) {
      yield* this.#end(delivery, "doubtful", now, { remoteId: null, detail });
    } else {
      delivery.retryClockMs = this.#hold.retryClockMs;
    }
  }

  /** The alert ended. Returns whether this receiver must still hear of it. */
  noteEnd(episode: Episode, now: Moment): boolean {
    const { book, terms } = this.#options;
    const tell = book.ledger.get(terms.name, episode.alertId);
    if (tell !== undefined && !endsSilently(episode)) return tell.phase !== "over";
    if (this.#isToSay(episode.alertId)) return true;
    return tell === undefined && this.#miss(episode, now);
  }

  /** Whether this receiver must still hear of an ended alert. */
  owes(episode: Episode): boolean {
    const phase = this.#options.book.ledger.get(this.name, episode.alertId)?.phase;
    if (phase !== undefined && phase !== "over" && (phase === "missed" || !endsSilently(episode)))
      return true;
    return this.#isToSay(episode.alertId);
  }

  #isToSay(alertId: string): boolean {
    return this.#delivery?.concerns(alertId) === true || this.#drafts?.has(alertId) === true;
  }

  *#make(now: Moment): Work<Delivery | null> {
    const { book, reminders, quietUntilClockMs, groupWaitMs, groupIntervalMs } = this.#options;
    const { clockMs } = now;
    const drafts = new Map<string, Draft>();
    // While nothing can be sent, news gather: their group wait is over then.
    if (clockMs < this.#hold.retryClockMs || clockMs < quietUntilClockMs())
      return yield* this.#drafting(drafts, this.#gather(drafts, now));
    if (!reminders.knowsBaseline(this.name))
      return yield* this.#drafting(drafts, this.#countAll(drafts, now));
    const isFresh = book.revision === this.#lookedRevision && clockMs - this.#lookedClockMs < lookMs;
    const isRipe =
      this.#newsSinceClockMs !== null &&
      clockMs - this.#newsSinceClockMs >= groupWaitMs &&
      clockMs - this.#lastClockMs >= groupIntervalMs;
    if (isFresh && !isRipe) return null;
    return yield* this.#drafting(drafts, this.#tellNews(drafts, now));
  }

  *#tellNews(drafts: Map<string, Draft>, now: Moment): Work<Delivery | null> {
    const { groupWaitMs, groupIntervalMs } = this.#options;
    const { clockMs } = now;
    yield* this.#look(drafts, now);
    if (drafts.size === 0) return yield* this.#remind(drafts, now);
    if (clockMs - (this.#newsSinceClockMs ?? clockMs) < groupWaitMs) return null;
    if (clockMs - this.#lastClockMs < groupIntervalMs) return null;
    return yield* this.#depart("news", drafts, now);
  }

  /** What ends meanwhile stays until it is known whether the notice says it. */
  *#drafting(drafts: ReadonlyMap<string, Draft>, making: Work<Delivery | null>): Work<Delivery | null> {
    this.#drafts = drafts;
    try {
      return yield* making;
    } finally {
      this.#drafts = null;
      for (const alertId of drafts.keys()) if (!this.#isToSay(alertId)) this.#options.letGo(alertId);
    }
  }

  *#gather(drafts: Map<string, Draft>, now: Moment): Work<null> {
    const everyMs = Math.min(lookMs, this.#options.groupWaitMs / 4);
    if (now.clockMs - this.#lookedClockMs >= everyMs) yield* this.#look(drafts, now);
    return null;
  }

  /** Adds what it does not know yet. */
  *#look(drafts: Map<string, Draft>, now: Moment): Work<void> {
    const { book } = this.#options;
    this.#lookedRevision = book.revision;
    this.#lookedClockMs = now.clockMs;
    yield* addDifference(drafts, { book, terms: this.terms, isTaken: this.isTaken }, now);
    this.#waiting = drafts.size;
    if (drafts.size === 0) this.#newsSinceClockMs = null;
    else this.#newsSinceClockMs ??= now.clockMs;
  }

  /** Everything open at the first start with this receiver: it is counted, not listed. */
  *#countAll(drafts: Map<string, Draft>, now: Moment): Work<Delivery | null> {
    yield* eachOf(this.#options.book.episodes, (episode) => {
      if (this.isTaken(episode))
        drafts.set(episode.alertId, { episode, kind: "counted", why: null, endedMs: null });
    });
    return yield* this.#depart("first", drafts, now);
  }

  *#remind(drafts: Map<string, Draft>, now: Moment): Work<Delivery | null> {
    const { book, reminders } = this.#options;
    const due = reminders.due(this.terms, book, now);
    if (due === null) return yield* this.#try(now);
    for (const episode of due.episodes)
      drafts.set(episode.alertId, { episode, kind: "still_down", why: null, endedMs: null });
    return yield* this.#depart(due.kind, drafts, now);
  }

  /** Nothing is to be said: whether it can be reached again shows by a message without alerts. */
  *#try(now: Moment): Work<Delivery | null> {
    if (!this.#hold.takesTry(now)) return null;
    return yield* this.#depart("first", new Map(), now);
  }

  /** It says nothing that may be in doubt, and news do not wait for it. */
  #isTry({ kind, entries }: Delivery): boolean {
    return kind === "first" && entries.length === 0 && this.#options.reminders.knowsBaseline(this.name);
  }

  *#depart(kind: Notice["kind"], byId: ReadonlyMap<string, Draft>, now: Moment): Work<Delivery> {
    const { book, render, surroundings, mostItems } = this.#options;
    const all = [...byId.values()];
    // The first notice says none of them one by one.
    const drafts = kind === "first" ? all : yield* firstOf(all, mostItems());
    const noticeId = book.ids.next("n");
    const entries: NoticeEntry[] = [];
    yield* eachOf(drafts, ({ episode: { alertId, rule, subject, grade }, kind: entryKind }) => {
      entries.push({ alertId, kind: entryKind, rule, subject: subject.name, grade });
    });
    const material = { noticeId, receiver: this.name, madeMs: now.wallMs, kind, drafts };
    const notice = yield* noticeOf(material, surroundings);
    yield;
    const rendered = render(notice);
    yield* book.records.pack(entries);
    const made = { rendered, entries, kind, madeMs: now.wallMs, clockMs: now.clockMs };
    const delivery = new Delivery(made);
    this.#delivery = delivery;
    this.#waiting = all.length - drafts.length;
    const open = { settledMs: null, remoteId: null, detail: null };
    book.records.notice(delivery.record(this.name, "sending", open));
    return delivery;
  }

  /** Until all of it is learnt, the delivery stands: what ends meanwhile counts as told by it. */
  *#end(
    delivery: Delivery,
    state: NoticeState,
    now: Moment,
    rest: Pick<NoticeRecord, "remoteId" | "detail">,
  ): Work<void> {
    const { book, reminders, onSettled, letGo } = this.#options;
    const missEach = ({ alertId }: NoticeEntry) => {
      const episode = book.ended.get(alertId);
      if (state === "failed" && episode !== undefined) this.#miss(episode, now);
    };
    this.#isEnding = true;
    try {
      if (state === "failed") {
        // Owed again; the next look says how many are.
        if (delivery.kind === "news") this.#waiting += delivery.entries.length;
        yield* eachOf(delivery.entries, missEach);
      } else {
        yield* eachOf(delivery.entries, (entry) => this.#learn(entry, delivery, state, now));
        reminders.told(this.name, delivery.kind, now);
      }
      const settled = { settledMs: now.wallMs, ...rest };
      const record = delivery.record(this.name, state, settled);
      book.records.notice(record);
      this.#delivery = null;
      this.#newsSinceClockMs = null;
      onSettled(record);
    } finally {
      this.#isEnding = false;
    }
    yield* eachOf(delivery.entries, (entry) => {
      missEach(entry);
      letGo(entry.alertId);
    });
  }

  /** The receiver knows it now, or perhaps. */
  #learn(entry: NoticeEntry, { rendered }: Delivery, state: NoticeState, now: Moment): void {
    const { book } = this.#options;
    const known = book.ledger.get(this.name, entry.alertId);
    const episode = book.byId(entry.alertId);
    const ends = entry.kind === "up" || entry.kind === "steady" || entry.kind === "was_down";
    const isOver = episode?.closedMs !== null;
    const isEnd = ends || (isOver && (isNews(entry) || (entry.kind === "info" && known !== undefined)));
    if (state === "doubtful" && isEnd) return;
    if (state === "doubtful" && known?.phase === "told") {
      // It was perhaps reminded of it just now.
      if (entry.kind === "still_down")
        book.ledger.set(this.name, entry.alertId, { ...known, tsMs: now.wallMs });
      return;
    }
    if (known?.phase === "missed") this.#missed--;
    const phase: Phase = state === "doubtful" ? "maybe" : isEnd ? "over" : "told";
    const grade = Math.max(entry.grade, known?.grade ?? 0);
    book.ledger.set(this.name, entry.alertId, {
      phase,
      noticeId: rendered.noticeId,
      tsMs: now.wallMs,
      grade,
    });
  }

  /** Nothing keeps it from being asked any more. */
  #release(now: Moment): void {
    if (this.#hold.release()) this.recordHold(now);
  }

  /**
   * Nothing gets through, so the receiver misses an alert that has ended. It is reported later, if
   * it lasted.
   */
  #miss(episode: Episode, now: Moment): boolean {
    const { book, terms } = this.#options;
    if (this.#hold.failure === null || this.#missed >= mostMissed || episode.outcome !== "over") return false;
    if (book.ledger.get(terms.name, episode.alertId) !== undefined || isFlapping(episode)) return false;
    if ((episode.closedMs ?? 0) - episode.sinceMs < missedMs) return false;
    if (reasonAgainst(book, terms, this.isTaken, episode, now) !== null) return false;
    this.#missed++;
    const tell = { phase: "missed", noticeId: "none", tsMs: now.wallMs, grade: episode.grade } as const;
    book.ledger.set(terms.name, episode.alertId, tell);
    return true;
  }
}
