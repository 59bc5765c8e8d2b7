import type { Logger } from "../logger.js";
import type { Listener } from "./listener.js";
import type { ListenerTerms } from "./listener-terms.js";

export interface ListenerChangeOptions {
  readonly before: readonly Listener[];
  readonly create: (terms: ListenerTerms) => Listener;
  readonly logger: Pick<Logger, "error">;
  /** The listeners from now on, and those that were given up. */
  readonly onApplied: (after: readonly Listener[], retired: readonly Listener[]) => void;
}

/**
 * Other listeners in place of those that there are. A listener is known by its path: one whose path
 * stays is the same under new terms. States: *new*; *prepared*, in which nothing has changed yet;
 * *done*, once it is applied or discarded, or could not be prepared.
 */
export class ListenerChange {
  /** Resolves once it is done. */
  readonly done: Promise<void>;
  readonly #options: ListenerChangeOptions;
  readonly #prepared: Listener[] = [];
  readonly #created = new Set<Listener>();
  #finish: () => void = () => {};

  constructor(options: ListenerChangeOptions) {
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Rejects with a `SocketError`; it is done then. */
  async prepare(after: readonly ListenerTerms[]): Promise<void> {
    const { before, create } = this.#options;
    try {
      for (const terms of after) {
        const kept = before.find((listener) => listener.terms.socketPath === terms.socketPath);
        const listener = kept ?? create(terms);
        this.#prepared.push(listener);
        if (kept === undefined) {
          this.#created.add(listener);
          await listener.claim();
        }
        await listener.prepare(terms);
      }
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /**
   * Never rejects: a path that the system refuses after all is a problem of its listener, which
   * tries it again and again.
   */
  async apply(): Promise<void> {
    const { before, logger, onApplied } = this.#options;
    const after = this.#prepared;
    const retired = before.filter((listener) => !after.includes(listener));
    for (const listener of after) {
      try {
        await listener.open();
      } catch (error) {
        logger.error({ path: listener.socketPath, err: error }, "a listener cannot be opened");
        await listener.check();
      }
    }
    await Promise.all(retired.map((listener) => listener.retire()));
    onApplied(after, retired);
    this.#finish();
  }

  async discard(): Promise<void> {
    for (const listener of this.#prepared) {
      await listener.discard();
      if (this.#created.has(listener)) await listener.close();
    }
    this.#finish();
  }
}
