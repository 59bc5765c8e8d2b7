import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { Transition } from "../registry/transition.js";

/** Writes a log line for each change of status and each conflict. */
export class FleetLog implements FleetListener {
  readonly listenerName = "log";
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  statusChanged({ channel, pid, from, to, cause, causeCode, livedMs }: Transition): void {
    const level = to === "dead" || to === "stale" ? "warn" : "info";
    this.#logger[level](
      {
        channel,
        pid,
        from,
        to,
        cause,
        cause_code: causeCode,
        ...(livedMs === null ? {} : { lived_ms: livedMs }),
      },
      `bot ${to}`,
    );
  }

  conflictChanged({ channel, pid, conflict }: Bot): void {
    if (conflict === null) this.#logger.info({ channel, pid }, "the conflict over a channel is over");
    else this.#logger.warn({ channel, pid, other_pid: conflict.pid }, "two processes claim one channel");
  }
}
