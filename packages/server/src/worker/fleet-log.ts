import type { Clock } from "../clock.js";
import { LogLimit } from "../log-limit.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { Transition, TroubleChange } from "../registry/transition.js";

export interface FleetLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

type TakeOver = Parameters<NonNullable<FleetListener["takenOver"]>>[0];

const windowMs = 10_000;
/** Neither a flapping bot nor a dying fleet may fill the log. */
const mostOfBot = 10;
const mostOfFleet = 1_000;

/**
 * Writes a log line for each change of status or trouble and each conflict. In 10 seconds it writes
 * at most 10 lines for one bot and 1 000 for the fleet, then how many it left out. The history has
 * all of them.
 */
export class FleetLog implements FleetListener {
  readonly listenerName = "log";
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ofBot = new LogLimit<string>({ most: mostOfBot, windowMs });
  readonly #ofFleet = new LogLimit<"fleet">({ most: mostOfFleet, windowMs });
  #timer: NodeJS.Timeout | undefined;

  constructor({ clock, logger }: FleetLogOptions) {
    this.#clock = clock;
    this.#logger = logger;
  }

  statusChanged({ channel, pid, from, to, cause, causeCode, previousPid, livedMs }: Transition): void {
    if (!this.#admits(channel)) return;
    const level = to === "dead" || to === "stale" ? "warn" : "info";
    this.#logger[level](
      {
        channel,
        bot_pid: pid,
        from,
        to,
        cause,
        cause_code: causeCode,
        ...(previousPid === null ? {} : { previous_pid: previousPid }),
        ...(livedMs === null ? {} : { lived_ms: livedMs }),
      },
      `bot is ${to}`,
    );
  }

  takenOver({ bot: { channel, pid }, previousPid }: TakeOver): void {
    if (!this.#admits(channel)) return;
    const fields = { channel, bot_pid: pid, previous_pid: previousPid };
    this.#logger.info(fields, "another process reports as this bot from now on");
  }

  troubleChanged({ channel, pid, trouble }: TroubleChange): void {
    if (!this.#admits(channel)) return;
    if (trouble === null) this.#logger.info({ channel, bot_pid: pid }, "bot is out of trouble");
    else this.#logger.warn({ channel, bot_pid: pid, trouble }, "bot is in trouble");
  }

  conflictChanged({ channel, pid, conflict }: Bot): void {
    if (!this.#admits(channel)) return;
    const fields = { channel, bot_pid: pid };
    if (conflict === null) this.#logger.info(fields, "only one process reports as this bot again");
    else this.#logger.warn({ ...fields, other_pid: conflict.pid }, "two processes report as the same bot");
  }

  botForgotten({ channel, pid, status, statusSinceMs, statusCause: cause }: Bot): void {
    if (!this.#admits(channel)) return;
    const since = new Date(statusSinceMs).toISOString();
    this.#logger.info({ channel, bot_pid: pid, status, since, cause }, "bot is forgotten");
  }

  /** Writes the counts of what was left out; nothing is written later by itself. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#summarize(Number.POSITIVE_INFINITY);
  }

  #admits(channel: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#summarizeBot(channel, nowMs);
    this.#summarizeFleet(nowMs);
    this.#timer ??= setInterval(() => this.#summarize(this.#clock.monotonicMs()), windowMs).unref();
    return this.#ofBot.admit(channel, nowMs) && this.#ofFleet.admit("fleet", nowMs);
  }

  #summarize(nowMs: number): void {
    for (const channel of this.#ofBot.kinds) this.#summarizeBot(channel, nowMs);
    this.#summarizeFleet(nowMs);
    if (this.#ofBot.kinds.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #summarizeFleet(nowMs: number): void {
    const left_out = this.#ofFleet.takeOver("fleet", nowMs);
    if (left_out > 0) this.#logger.warn({ left_out }, "further changes of bots were left out of the log");
  }

  #summarizeBot(channel: string, nowMs: number): void {
    const left_out = this.#ofBot.takeOver(channel, nowMs);
    if (left_out > 0)
      this.#logger.warn({ channel, left_out }, "further changes of this bot were left out of the log");
  }
}
