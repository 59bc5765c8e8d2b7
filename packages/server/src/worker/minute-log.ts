import type { Logger } from "../logger.js";
import type { QueueCounters, ShedReason } from "../queue/queue-counters.js";
import type { BotStatus } from "../registry/bot.js";

export interface MinuteLogOptions {
  readonly logger: Logger;
  /** What the queue received and dropped since the start, and how many messages are in it. */
  readonly queue: { readonly counters: QueueCounters; readonly depth: number };
  /** Lines since the start that were no message. */
  readonly rejected: () => number;
  /** Lines that clients said they lost, since the start. */
  readonly clientDropped: () => number;
  /** Rows that the database has not committed yet. */
  readonly pendingRows: () => number;
  readonly bots: () => Readonly<Record<BotStatus, number>>;
}

const minuteMs = 60_000;

/**
 * Writes one log line a minute: at `warn` if something was lost or refused, at `info` if the number
 * of bots in some status has changed, else at `debug`.
 */
export class MinuteLog {
  readonly #options: MinuteLogOptions;
  #before: Totals = {
    messages: 0,
    losses: {
      queue_full: 0,
      fleet_full: 0,
      too_many_pids: 0,
      unauthorized: 0,
      over_quota: 0,
      rejected: 0,
      client_dropped: 0,
    },
  };
  #botsBefore = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MinuteLogOptions) {
    this.#options = options;
  }

  /** Bots that are known from before are no news. */
  start(): void {
    this.#botsBefore = JSON.stringify(this.#options.bots());
    this.#timer ??= setInterval(() => this.#tell(), minuteMs).unref();
  }

  /** What was lost since the last line is told now. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const losses = this.#lossesSinceLine();
    if (losses !== null) this.#options.logger.warn(losses, lossSentence);
  }

  #tell(): void {
    const { logger, bots, queue, pendingRows } = this.#options;
    const messages = totalsOf(this.#options).messages - this.#before.messages;
    const losses = this.#lossesSinceLine();
    const counts = { ...bots() };
    const botsNow = JSON.stringify(counts);
    const haveChanged = botsNow !== this.#botsBefore;
    this.#botsBefore = botsNow;
    const waiting = { waiting_messages: queue.depth, waiting_rows: pendingRows() };
    if (losses !== null) logger.warn({ ...losses, ...waiting, ...counts }, lossSentence);
    else if (haveChanged) logger.info(counts, "bots by status have changed");
    else logger.debug({ messages, ...waiting, ...counts }, "nothing was lost in the last minute");
  }

  /** Each count since the last line that is not 0; null where all of them are. */
  #lossesSinceLine(): Readonly<Record<string, number>> | null {
    const now = totalsOf(this.#options);
    const before = this.#before;
    this.#before = now;
    const losses = Object.entries(now.losses)
      .map(([name, count]) => [name, count - before.losses[name as keyof Totals["losses"]]] as const)
      .filter(([, count]) => count > 0);
    return losses.length === 0 ? null : Object.fromEntries(losses);
  }
}

const lossSentence = "messages were lost or refused in the last minute";

/** A liveness message that a newer one replaced is no loss. */
type ShedLoss = Exclude<ShedReason, "coalesced">;

interface Totals {
  readonly messages: number;
  readonly losses: Readonly<Record<ShedLoss | "rejected" | "client_dropped", number>>;
}

function totalsOf({ queue, rejected, clientDropped }: MinuteLogOptions): Totals {
  const { received, shed } = queue.counters;
  const shedAs = (reason: ShedLoss) =>
    Object.values(shed).reduce((sum, counts) => sum + (counts[reason] ?? 0), 0);
  return {
    messages: Object.values(received).reduce((sum, count) => sum + count, 0),
    losses: {
      queue_full: shedAs("queue_full"),
      fleet_full: shedAs("fleet_full"),
      too_many_pids: shedAs("too_many_pids"),
      unauthorized: shedAs("unauthorized"),
      over_quota: shedAs("over_quota"),
      rejected: rejected(),
      client_dropped: clientDropped(),
    },
  };
}
