import type { AlertBook } from "./alert-book.js";
import type { Episode } from "./episode.js";
import { Mailbox, type MailboxOptions } from "./mailbox.js";
import type { Moment } from "./moment.js";
import type { ReceiverTerms } from "./receiver-door.js";
import type { Failure } from "./receiver-hold.js";
import type { FailingReceiver } from "./rules/receiver-failing.js";

/** A receiver has failed if nothing got through for this long. */
const failingMs = 600_000;

type MailboxTerms = Pick<
  MailboxOptions,
  "terms" | "render" | "mostItems" | "surroundings" | "groupWaitMs" | "groupIntervalMs"
>;

/** What may change while the monitor runs. */
export interface MailroomTerms
  extends Pick<MailboxTerms, "surroundings" | "groupWaitMs" | "groupIntervalMs"> {
  readonly receivers: readonly (Pick<MailboxTerms, "terms" | "render"> &
    // Any number, if absent.
    Partial<Pick<MailboxTerms, "mostItems">>)[];
}

export interface MailroomOptions
  extends MailroomTerms,
    Omit<MailboxOptions, keyof MailboxTerms | "standsInFor" | "letGo"> {}

/** The mailboxes of all receivers. An alert that ended is let go when none is to hear of it. */
export class Mailroom {
  #mailboxes: readonly Mailbox[] = [];
  readonly #options: Omit<MailroomOptions, keyof MailroomTerms>;
  readonly #book: AlertBook;
  #clockMs = Number.NEGATIVE_INFINITY;

  constructor(options: MailroomOptions) {
    this.#options = options;
    this.#book = options.book;
    this.configure(options, new Set(), { wallMs: 0, clockMs: 0 });
    this.#book.onEnd((episode, now) => this.noteEnd(episode, now));
  }

  get mailboxes(): readonly Mailbox[] {
    return this.#mailboxes;
  }

  /**
   * Replaces the receivers. A receiver whose name existed keeps what it knows; `readdressed` are
   * those with a new address.
   */
  configure({ receivers, ...terms }: MailroomTerms, readdressed: ReadonlySet<string>, now: Moment): void {
    const before = new Map(this.#mailboxes.map((mailbox) => [mailbox.name, mailbox]));
    this.#mailboxes = receivers.map(({ mostItems = () => Number.POSITIVE_INFINITY, ...receiver }) => {
      const { name } = receiver.terms;
      const options = { ...terms, ...receiver, mostItems };
      const known = before.get(name);
      if (known === undefined) return this.#mailbox(options);
      before.delete(name);
      if (readdressed.has(name)) known.readdress(now);
      known.configure(options);
      return known;
    });
    for (const gone of before.values()) gone.readdress(now);
    if (before.size > 0) this.#book.ledger.endOthers(new Set(this.#mailboxes.map(({ name }) => name)));
  }

  #mailbox(options: MailboxTerms): Mailbox {
    return new Mailbox({
      ...this.#options,
      ...options,
      standsInFor: () => this.#failingTo(options.terms.name),
      letGo: (alertId) => {
        const episode = this.#book.ended.get(alertId);
        if (episode !== undefined) this.#releaseIfDone(episode);
      },
    });
  }

  get(receiver: string): Mailbox | undefined {
    return this.#mailboxes.find(({ name }) => name === receiver);
  }

  noteEnd(episode: Episode, now: Moment): void {
    let isOwed = false;
    for (const mailbox of this.#mailboxes) if (mailbox.noteEnd(episode, now)) isOwed = true;
    if (!isOwed) this.#book.release(episode.alertId);
  }

  /** To be called before each turn. */
  tick({ clockMs }: Moment): void {
    this.#clockMs = clockMs;
  }

  /** Nothing gets through to them, for ten minutes or as their address is wrong. */
  failing(): FailingReceiver[] {
    return this.#mailboxes.flatMap(({ name, failure, isOwed }) => {
      if (failure === null || !this.#isFailing(failure)) return [];
      const { sinceMs, detail, isBroken } = failure;
      return [{ name, sinceMs, detail, isBroken, isOwed }];
    });
  }

  /**
   * Lets go of alerts that ended and that no receiver is to hear of; to be called after a
   * restoration.
   */
  sweep(): void {
    for (const episode of [...this.#book.ended.values()]) this.#releaseIfDone(episode);
  }

  #failingTo(fallback: string): ReceiverTerms[] {
    return this.#mailboxes
      .filter(
        ({ terms, failure }) => terms.fallback === fallback && failure !== null && this.#isFailing(failure),
      )
      .map(({ terms }) => terms);
  }

  #isFailing({ isBroken, sinceClockMs }: Failure): boolean {
    return isBroken || this.#clockMs - sinceClockMs >= failingMs;
  }

  #releaseIfDone(episode: Episode): void {
    if (!this.#mailboxes.some((mailbox) => mailbox.owes(episode))) this.#book.release(episode.alertId);
  }
}
