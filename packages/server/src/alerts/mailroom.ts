import type { AlertBook } from "./alert-book.js";
import type { NoticeRecord } from "./alert-records.js";
import type { Episode } from "./episode.js";
import { type Failure, Mailbox, type MailboxOptions } from "./mailbox.js";
import type { Moment } from "./moment.js";
import type { ReceiverTerms } from "./receiver-door.js";
import type { FailingReceiver } from "./rules/receiver-failing.js";

/** A receiver to which nothing got through for so long has failed. */
const failingMs = 600_000;

export interface MailroomOptions
  extends Omit<MailboxOptions, "terms" | "render" | "mostItems" | "standsInFor"> {
  readonly receivers: readonly {
    readonly terms: ReceiverTerms;
    readonly render: MailboxOptions["render"];
    /** Any number, if absent. */
    readonly mostItems?: MailboxOptions["mostItems"];
  }[];
}

/** The mailboxes of all receivers. An alert that ended is let go when none is to hear of it. */
export class Mailroom {
  readonly mailboxes: readonly Mailbox[];
  readonly #book: AlertBook;
  #clockMs = Number.NEGATIVE_INFINITY;

  constructor({ receivers, onSettled, ...options }: MailroomOptions) {
    this.#book = options.book;
    this.mailboxes = receivers.map(
      ({ terms, render, mostItems = () => Number.POSITIVE_INFINITY }) =>
        new Mailbox({
          ...options,
          terms,
          render,
          mostItems,
          standsInFor: () => this.#failingTo(terms.name),
          onSettled: (notice) => {
            onSettled(notice);
            this.#releaseFrom(notice);
          },
        }),
    );
    this.#book.onEnd((episode, now) => this.noteEnd(episode, now));
  }

  get(receiver: string): Mailbox | undefined {
    return this.mailboxes.find(({ name }) => name === receiver);
  }

  noteEnd(episode: Episode, now: Moment): void {
    let isOwed = false;
    for (const mailbox of this.mailboxes) if (mailbox.noteEnd(episode, now)) isOwed = true;
    if (!isOwed) this.#book.release(episode.alertId);
  }

  /** To be called before each turn. */
  tick({ clockMs }: Moment): void {
    this.#clockMs = clockMs;
  }

  /** Nothing gets through to them, for ten minutes or as their address is wrong. */
  failing(): FailingReceiver[] {
    return this.mailboxes.flatMap(({ name, failure }) => {
      if (failure === null || !this.#isFailing(failure)) return [];
      const { sinceMs, detail, isBroken } = failure;
      return [{ name, sinceMs, detail, isBroken }];
    });
  }

  /** Lets go of alerts that ended and that no receiver is to hear of; to be called after a restoration. */
  sweep(): void {
    for (const episode of [...this.#book.ended.values()]) this.#releaseIfDone(episode);
  }

  #failingTo(fallback: string): ReceiverTerms[] {
    return this.mailboxes
      .filter(
        ({ terms, failure }) => terms.fallback === fallback && failure !== null && this.#isFailing(failure),
      )
      .map(({ terms }) => terms);
  }

  #isFailing({ isBroken, sinceClockMs }: Failure): boolean {
    return isBroken || this.#clockMs - sinceClockMs >= failingMs;
  }

  #releaseFrom({ entries }: NoticeRecord): void {
    for (const { alertId } of entries) {
      const episode = this.#book.ended.get(alertId);
      if (episode !== undefined) this.#releaseIfDone(episode);
    }
  }

  #releaseIfDone(episode: Episode): void {
    if (!this.mailboxes.some((mailbox) => mailbox.owes(episode))) this.#book.release(episode.alertId);
  }
}
