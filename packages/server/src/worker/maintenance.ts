import { type Store, StoreError } from "@kissbot/store";
import type { Logger } from "../logger.js";

export interface MaintenanceOptions {
  readonly store: () => Store | null;
  readonly logger: Logger;
  /** An hour. */
  readonly intervalMs?: number;
}

const firstMs = 60_000;

/** Has the store roll up and delete what is past its retention: a minute after the start, then every hour. A round that fails is logged and left to the next. */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer ??= setTimeout(this.#round, firstMs);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #round = async (): Promise<void> => {
    const { store, logger, intervalMs = 3_600_000 } = this.#options;
    try {
      const report = await store()?.maintain();
      if (report !== undefined) logger.info(report, "maintained the store");
    } catch (error) {
      const code = error instanceof StoreError ? error.code : "unknown";
      if (code !== "closed")
        logger.warn({ err: error, code }, "the store could not be maintained; again in the next round");
    }
    if (this.#timer !== undefined) this.#timer = setTimeout(this.#round, intervalMs);
  };
}
