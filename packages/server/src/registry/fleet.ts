import type { Announcements } from "./announcements.js";
import type { BotStatus } from "./bot.js";
import type { BotState } from "./bot-state.js";
import type { Cause } from "./cause.js";

/** Why and when a bot came into a status. */
export interface StatusReason {
  readonly cause: Cause;
  readonly tsMs: number;
  /** The process whose place the current one took. */
  readonly previousPid?: number | null;
  /** How long the process lived that ended so. */
  readonly livedMs?: number | null;
}

/** All bots, in the order in which they came, and how many of them are in which status. No bot ever leaves. */
export class Fleet {
  readonly #byChannel = new Map<string, BotState>();
  readonly #byNumber: BotState[] = [];
  readonly #counts: Record<BotStatus, number> = { online: 0, stale: 0, dead: 0, offline: 0 };
  announcements: Announcements;

  constructor(announcements: Announcements) {
    this.announcements = announcements;
  }

  get size(): number {
    return this.#byNumber.length;
  }

  get(channel: string): BotState | undefined {
    return this.#byChannel.get(channel);
  }

  at(number: number): BotState {
    return this.#byNumber[number] as BotState;
  }

  bots(): IterableIterator<BotState> {
    return this.#byChannel.values();
  }

  counts(): Record<BotStatus, number> {
    return { ...this.#counts };
  }

  /** The bot's number must be the present size. */
  add(bot: BotState): void {
    this.#byChannel.set(bot.channel, bot);
    this.#byNumber.push(bot);
    this.#counts[bot.status]++;
  }

  /** Tells the first transition of a bot that was added. */
  greet(bot: BotState, cause: Cause): void {
    this.#told(bot, null, { cause, tsMs: bot.registeredAtMs });
  }

  /** Does nothing where the bot is in that status already: every transition is a change. */
  move(bot: BotState, to: BotStatus, change: StatusReason): void {
    const from = bot.status;
    if (from === to) return;
    this.#counts[from]--;
    this.#counts[to]++;
    bot.status = to;
    // What was last measured is known only as long as somebody still measures.
    if (to !== "online" && !(to === "stale" && !bot.measuresItself)) bot.forgetMeasurement();
    this.#told(bot, from, change);
  }

  changed(bot: BotState): void {
    bot.revision++;
    this.announcements.botChanged.notify(bot);
  }

  connectionEnded(bot: BotState, pid: number): void {
    this.announcements.connectionEnded.notify({ bot, pid });
  }

  conflictChanged(bot: BotState): void {
    this.announcements.conflictChanged.notify(bot);
    this.changed(bot);
  }

  #told(
    bot: BotState,
    from: BotStatus | null,
    { cause: { code: causeCode, text: cause }, tsMs, previousPid = null, livedMs = null }: StatusReason,
  ): void {
    bot.statusCause = cause;
    bot.causeCode = causeCode;
    bot.previousPid = previousPid;
    bot.livedMs = livedMs;
    bot.statusSinceMs = tsMs;
    const { channel, pid, status: to } = bot;
    const what = { tsMs, channel, pid, from, to };
    this.announcements.statusChanged.notify({ ...what, cause, causeCode, previousPid, livedMs });
  }
}
