import { StoreError, type StoreErrorCode } from "../../error.js";
import type { Failures } from "./failures.js";
import type { QuestionName, Questions } from "./reader-message.js";
import type { ReaderPool } from "./reader-pool.js";
import type { Verdict } from "./writer-message.js";

/** These say nothing about the store. */
const callersFault: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>([
  "invalid_query",
  "invalid_path",
  "would_overwrite",
  "closed",
]);

export interface StoreReadsOptions {
  readonly readers: ReaderPool;
  readonly failures: Failures;
  /**
   * Has the writer check the file. Where there is none, nobody can do anything about it, and it
   * counts as sound.
   */
  readonly inspect: () => Promise<Verdict>;
}

/**
 * Asks the readers. Damage that they meet is the writer's business: it checks the file and replaces
 * it if it is corrupt; then the question is put once more, to whatever file stands there now. Other
 * failures are noted until the same question is answered.
 */
export class StoreReads {
  readonly #options: StoreReadsOptions;
  #inspecting: Promise<void> | null = null;

  constructor(options: StoreReadsOptions) {
    this.#options = options;
  }

  async ask<Name extends QuestionName>(
    name: Name,
    plan: Questions[Name]["plan"],
  ): Promise<Questions[Name]["answer"]> {
    const { failures } = this.#options;
    try {
      const answer = await this.#askTwice(name, plan);
      failures.clear(name);
      return answer;
    } catch (error) {
      if (error instanceof StoreError && !callersFault.has(error.code)) failures.note(name, error);
      throw error;
    }
  }

  async #askTwice<Name extends QuestionName>(
    name: Name,
    plan: Questions[Name]["plan"],
  ): Promise<Questions[Name]["answer"]> {
    const { readers } = this.#options;
    const { generation } = readers;
    try {
      return await readers.ask(name, plan);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "corrupt" && generation === readers.generation) await this.#inspect();
      // A copy of what was begun anew must not take the place of an older backup.
      if (generation === readers.generation || name === "backup") throw error;
      return await readers.ask(name, plan);
    }
  }

  /** However many readers meet the same damage, it is looked at once. */
  async #inspect(): Promise<void> {
    const { inspect, readers } = this.#options;
    this.#inspecting ??= inspect()
      .then((verdict) => {
        // The connection may be what is wrong.
        if (verdict === "sound") readers.renew();
      })
      .finally(() => {
        this.#inspecting = null;
      });
    await this.#inspecting;
  }
}
