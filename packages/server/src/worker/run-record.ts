import type { Store } from "@kissbot/store";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { batchEpoch } from "./batch-epoch.js";

export interface RunRecordOptions {
  /** Null while no store is open. */
  readonly store: () => Pick<Store, "write"> | null;
  /** The monitor's name in its database. */
  readonly producer: string;
  readonly startedAtMs: number;
  readonly clock: Pick<Clock, "wallMs">;
  readonly logger: Pick<Logger, "debug">;
}

const seenIntervalMs = 60_000;
const firstIntervalMs = 250;

/**
 * Records in the database that this monitor runs: at the start, each minute, and at the stop. For a
 * time without a record, no monitor watched the fleet. If the store does not take a record, the
 * next one covers it.
 */
export class RunRecord {
  readonly #options: RunRecordOptions;
  readonly #epoch: number;
  #seq = 0;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;
  #last: Promise<boolean> = Promise.resolve(true);

  constructor(options: RunRecordOptions) {
    this.#options = options;
    // Its batches are numbered apart from those of the rows, under the same name.
    this.#epoch = batchEpoch("runs", options.startedAtMs);
  }

  /** Does not wait for the store; one that opens late is told soon after. */
  async start(): Promise<void> {
    this.#tell();
  }

  /** Resolves when it is stored that the run is over, or cannot be. */
  async stop(): Promise<void> {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#last;
    await this.#write(true);
  }

  #tell(): void {
    this.#last = this.#write(false);
    void this.#last.then((isStored) => {
      if (this.#isOver) return;
      const waitMs = isStored ? seenIntervalMs : firstIntervalMs;
      this.#timer = setTimeout(() => this.#tell(), waitMs).unref();
    });
  }

  /** Resolves to whether it was stored. */
  async #write(stopped: boolean): Promise<boolean> {
    const { store, producer, startedAtMs, clock, logger } = this.#options;
    const open = store();
    if (open === null) return false;
    this.#seq += 1;
    const run = { startedMs: startedAtMs, seenMs: Math.max(startedAtMs, clock.wallMs()), stopped };
    try {
      await open.write({ producer, epoch: this.#epoch, seq: this.#seq, run });
      return true;
    } catch (error) {
      logger.debug({ err: error }, "the database did not take that the monitor runs");
      return false;
    }
  }
}
