import type { Logger } from "../logger.js";
import { entryOf } from "../nested-map.js";
import type { Turns } from "../turns.js";
import type { NoticeRecord } from "./alert-records.js";
import type { Mailbox } from "./mailbox.js";
import type { Moment } from "./moment.js";
import type { Notice } from "./notice.js";
import type { Answer, ReceiverDoor, RenderedNotice } from "./receiver-door.js";
import { doInTurns, type Work } from "./work.js";

export interface DispatcherOptions {
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly now: () => Moment;
  readonly turns: Turns;
}

/**
 * Takes to the receivers what the mailboxes hand out, and brings back the answers. It waits for
 * none.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #doors: ReadonlyMap<string, ReceiverDoor> = new Map();
  readonly #sending = new Set<Promise<void>>();
  readonly #given = new AbortController();
  readonly #outcomes = new Map<string, Map<string, number>>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** These are the receivers from now on. */
  connect(doors: readonly ReceiverDoor[]): void {
    this.#doors = new Map(doors.map((door) => [door.name, door]));
  }

  kindOf(receiver: string): string {
    return this.#doors.get(receiver)?.kind ?? "unknown";
  }

  /** How many alerts one notice to it may speak of. */
  mostItems(receiver: string): number {
    return this.#doors.get(receiver)?.mostItems ?? Number.POSITIVE_INFINITY;
  }

  render(receiver: string, notice: Notice): RenderedNotice {
    const door = this.#doors.get(receiver);
    if (door === undefined) throw new Error(`no such receiver: ${receiver}`);
    return door.render(notice);
  }

  /** How many notices ended so, by receiver and outcome. */
  get outcomes(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#outcomes;
  }

  /** Resolves when every attempt that is under way has its answer. */
  async idle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Nobody waits for answers any more. */
  abandon(): void {
    this.#given.abort();
  }

  *dispatch(mailbox: Mailbox): Work<void> {
    const rendered = yield* mailbox.step(this.#options.now());
    if (rendered === null) return;
    const sent = this.#deliver(mailbox, rendered);
    this.#sending.add(sent);
    void sent.finally(() => this.#sending.delete(sent));
  }

  count({ noticeId, receiver, state, attempts, detail, entries }: NoticeRecord): void {
    const own = entryOf(this.#outcomes, receiver);
    own.set(state, (own.get(state) ?? 0) + 1);
    const fields = { notice: noticeId, receiver, attempts, items: entries.length };
    if (state === "sent") this.#options.logger.info(fields, "a notice was sent");
    else this.#options.logger.warn({ ...fields, outcome: state, detail }, "a notice was not delivered");
  }

  async #deliver(mailbox: Mailbox, rendered: RenderedNotice): Promise<void> {
    const { logger, now, turns } = this.#options;
    const answer = await this.#send(mailbox.name, rendered);
    if (this.#given.signal.aborted) return;
    // An answer that comes too late is about an attempt that counts as lost.
    if (mailbox.delivery?.rendered.noticeId !== rendered.noticeId) return;
    try {
      await doInTurns(mailbox.settle(answer, now()), turns, () => this.#given.signal.aborted);
    } catch (error) {
      logger.error({ err: error, receiver: mailbox.name }, "cannot record the answer of a receiver");
    }
  }

  async #send(receiver: string, rendered: RenderedNotice): Promise<Answer> {
    const door = this.#doors.get(receiver);
    if (door === undefined) return { kind: "refused", retryAfterMs: null, detail: "no such receiver" };
    try {
      return await door.send(rendered, this.#given.signal);
    } catch (error) {
      this.#options.logger.error({ err: error, receiver }, "a receiver failed; it has a fault");
      return { kind: "in_doubt", detail: "the receiver failed" };
    }
  }
}
