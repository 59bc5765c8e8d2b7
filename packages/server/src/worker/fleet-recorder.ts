import type { FleetListener } from "../live/fleet-change.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { Transition } from "../registry/transition.js";
import type { StoreWriter } from "./store-writer.js";

export interface FleetRecorderOptions {
  readonly writer: Pick<StoreWriter, "addTransition" | "markBot">;
  readonly feed: FleetListener;
  readonly logger: Logger;
}

/** What becomes of the registry's news: rows for the store, lines for the log, changes for those who view. */
export class FleetRecorder {
  readonly #options: FleetRecorderOptions;

  constructor(options: FleetRecorderOptions) {
    this.#options = options;
  }

  transition(transition: Transition): void {
    const { writer, feed, logger } = this.#options;
    const { channel, pid, from, to, cause } = transition;
    writer.addTransition(transition);
    feed.transition(transition);
    const level = to === "dead" || to === "stale" ? "warn" : "info";
    logger[level]({ channel, pid, from, to, cause }, `bot ${to}`);
  }

  botChanged(bot: Bot): void {
    this.#options.writer.markBot(bot);
    this.#options.feed.botChanged(bot);
  }

  conflict(bot: Bot): void {
    const { channel, pid, conflict } = bot;
    const { logger } = this.#options;
    if (conflict === null) logger.info({ channel, pid }, "the conflict over a channel is over");
    else logger.warn({ channel, pid, other_pid: conflict.pid }, "two processes claim one channel");
  }
}
