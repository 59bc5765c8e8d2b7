import type { NoticeEntry, NoticeRecord, NoticeState } from "./alert-records.js";
import type { RenderedNotice } from "./receiver-door.js";

/**
 * How long a notice waits until its intent is stored: a store in trouble must not hold back
 * notices.
 */
const intentMs = 5_000;
/** An attempt without an answer for this long is in doubt. */
const answerMs = 45_000;
/** A doubt is given up after this long: the receiver may know, or not. */
export const doubtMs = 900_000;

/**
 * A notice on its way.
 *
 * | state | is left by |
 * | --- | --- |
 * | made | its intent is stored, or 5 s: due |
 * | due, at `retryClockMs` | an attempt: under way |
 * | under way | an answer, or 45 s: settled, or due again with the same bytes |
 * | settled | nothing |
 *
 * Once it was in doubt, a refusal does not end the doubt: an earlier attempt may have arrived.
 */
export class Delivery {
  readonly rendered: RenderedNotice;
  readonly entries: readonly NoticeEntry[];
  readonly kind: string;
  readonly madeMs: number;
  readonly #madeClockMs: number;
  readonly #alertIds: ReadonlySet<string>;
  attempts: number;
  /** It cannot read the body: the plain text is sent. */
  isPlain = false;
  doubtSinceClockMs: number | null = null;
  retryClockMs = Number.NEGATIVE_INFINITY;
  #sentClockMs: number | null = null;
  #isStored = false;

  constructor(made: {
    readonly rendered: RenderedNotice;
    readonly entries: readonly NoticeEntry[];
    readonly kind: string;
    readonly madeMs: number;
    readonly clockMs: number;
    readonly attempts?: number;
  }) {
    this.rendered = made.rendered;
    this.entries = made.entries;
    this.#alertIds = new Set(made.entries.map(({ alertId }) => alertId));
    this.kind = made.kind;
    this.madeMs = made.madeMs;
    this.attempts = made.attempts ?? 0;
    this.#madeClockMs = made.clockMs;
  }

  /** It was on its way when the monitor was killed: it may have arrived. */
  static restored(record: NoticeRecord, clockMs: number): Delivery {
    const { noticeId, body, plain, entries, kind, madeMs, attempts } = record;
    const rendered = { noticeId, body, plain };
    const delivery = new Delivery({ rendered, entries, kind, madeMs, clockMs, attempts });
    delivery.doubtSinceClockMs = clockMs;
    delivery.#isStored = true;
    return delivery;
  }

  /** Whether it says something of this alert. */
  concerns(alertId: string): boolean {
    return this.#alertIds.has(alertId);
  }

  get isUnderWay(): boolean {
    return this.#sentClockMs !== null;
  }

  /** Whether it is to be sent now. */
  isDue(clockMs: number, isStored: () => boolean): boolean {
    if (this.isUnderWay || clockMs < this.retryClockMs) return false;
    this.#isStored ||= isStored() || clockMs - this.#madeClockMs >= intentMs;
    return this.#isStored;
  }

  /** An attempt that will never be answered. */
  isLost(clockMs: number): boolean {
    return this.#sentClockMs !== null && clockMs - this.#sentClockMs >= answerMs;
  }

  depart(clockMs: number): RenderedNotice {
    this.attempts++;
    this.#sentClockMs = clockMs;
    const { noticeId, body, plain } = this.rendered;
    return { noticeId, body: this.isPlain ? (plain ?? body) : body, plain: null };
  }

  arrive(): void {
    this.#sentClockMs = null;
  }

  isDoubtOver(clockMs: number): boolean {
    return this.doubtSinceClockMs !== null && clockMs - this.doubtSinceClockMs >= doubtMs;
  }

  record(
    receiver: string,
    state: NoticeState,
    rest: Pick<NoticeRecord, "settledMs" | "remoteId" | "detail">,
  ): NoticeRecord {
    const { rendered, entries, kind, madeMs, attempts } = this;
    const { noticeId, body, plain } = rendered;
    return { noticeId, receiver, kind, state, madeMs, attempts, entries, body, plain, ...rest };
  }
}
