import { LogLimit } from "../log-limit.js";
import type { Logger } from "../logger.js";
import { plainText } from "../quoted-text.js";

/** A bound that a principal has, by the name of its setting. */
export type Quota = "rows_per_second" | "max_bots" | "max_connections";

/** What is logged of principals: at most 5 channels in 10 s for each, and each quota twice. */
export class PrincipalLog {
  readonly #logger: Pick<Logger, "info" | "warn">;
  /** Principals are configured, so they are few. */
  readonly #limit = new LogLimit<string>({ most: 5, windowMs: 10_000 });

  constructor(logger: Pick<Logger, "info" | "warn">) {
    this.#logger = logger;
  }

  channelRefused(principal: string, channel: string, nowMs: number): void {
    this.#summarize(principal, nowMs);
    if (!this.#limit.admit(principal, nowMs)) return;
    this.#logger.warn(
      { principal, channel: plainText(channel) },
      "shed a message: the principal may not report on this channel",
    );
  }

  quotaBegan(principal: string, quota: Quota, limit: number | null, channel: string): void {
    this.#logger.warn(
      { principal, quota, limit, channel: plainText(channel) },
      "a principal is over its quota: what is above it is shed",
    );
  }

  connectionsFull(principal: string, limit: number | null): void {
    this.#logger.warn(
      { principal, quota: "max_connections", limit },
      "a principal has all its connections: further ones are closed at once",
    );
  }

  quotaEnded(principal: string, quota: Quota, count: number, spanMs: number): void {
    const what = quota === "max_connections" ? { refused: count } : { shed: count };
    this.#logger.info(
      { principal, quota, ...what, span_s: Math.round(spanMs / 1_000) },
      "a principal is within its quota again",
    );
  }

  tick(nowMs: number): void {
    for (const principal of this.#limit.kinds) this.#summarize(principal, nowMs);
  }

  #summarize(principal: string, nowMs: number): void {
    const leftOut = this.#limit.takeOver(principal, nowMs);
    if (leftOut > 0)
      this.#logger.warn(
        { principal, left_out: leftOut },
        "further channels on which the principal may not report were left out of the log",
      );
  }
}
