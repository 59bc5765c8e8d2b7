import type { StoredBot } from "../bot.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import type { Cursor, Receiver } from "./receiver.js";

/** The least time between the starts of two looks at the bots, */
const pauseMs = 250;
/**
 * and the rest after a look, as a multiple of its duration: looks take a fifth of the time at most.
 */
const pausePerLook = 4;
/** A disk that stalled once does not keep the fleet from knowing for minutes. */
const longestPauseMs = 5_000;

/**
 * Sends the records of bots that have changed since they were sent, and prices that are new; all of
 * them after each new connection. A late statement of a dead connection finds another cursor, and
 * changes nothing.
 */
export class BotsSender {
  readonly #tail: SourceTail;
  readonly #receiver: Receiver;
  readonly #monotonicMs: () => number;
  #lookAtMs = Number.NEGATIVE_INFINITY;
  /** A look was left out: somebody may have changed a bot since the last one. */
  #isSkipped = false;
  /** By channel, what was sent last; null before all were. */
  #sent: Map<string, string> | null = null;
  /** The numbers of the prices that were sent; no price is ever changed or deleted. */
  readonly #sentPrices = new Set<number>();
  #cursor: Cursor | null = null;
  #opening = 0;

  constructor(tail: SourceTail, receiver: Receiver, monotonicMs: () => number) {
    this.#tail = tail;
    this.#receiver = receiver;
    this.#monotonicMs = monotonicMs;
  }

  forget(): void {
    this.#sent = null;
    this.#sentPrices.clear();
    this.#cursor = null;
    this.#lookAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The next `send` looks, however soon. */
  hurry(): void {
    this.#lookAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether a look that was left out may be made up for now. */
  get isDue(): boolean {
    return this.#isSkipped && this.#monotonicMs() >= this.#lookAtMs;
  }

  async send(): Promise<void> {
    const sinceMs = this.#monotonicMs();
    this.#isSkipped = sinceMs < this.#lookAtMs;
    if (this.#isSkipped) return;
    const bots = this.#tail.bots().map((bot) => ({ bot, text: JSON.stringify(bot) }));
    const lookedAtMs = this.#monotonicMs();
    const restMs = Math.min(longestPauseMs, pausePerLook * (lookedAtMs - sinceMs));
    this.#lookAtMs = Math.max(sinceMs + pauseMs, lookedAtMs + restMs);
    const known =
      this.#sent ?? new Map((await this.#receiver.readChannels()).map((channel) => [channel, ""]));
    const changed: StoredBot[] = [];
    const sent = new Map<string, string>();
    for (const { bot, text } of bots) {
      sent.set(bot.channel, text);
      if (known.get(bot.channel) !== text) changed.push(bot);
    }
    const forgotten = [...known.keys()].filter((channel) => !sent.has(channel));
    const prices = this.#tail.prices(this.#sentPrices);
    if (changed.length + forgotten.length + prices.length === 0) {
      this.#sent = sent;
      return;
    }
    if (this.#cursor === null) {
      this.#opening = this.#tail.identity()?.opening ?? 0;
      this.#cursor = await this.#receiver.readCursor("bots", this.#opening);
    }
    const { version } = this.#cursor;
    const parcel = { opening: this.#opening, version, bots: changed, forgotten, prices };
    if (await this.#receiver.sendBots(parcel)) {
      this.#cursor = { version: version + 1, ranges: [] };
      for (const { priceId } of prices) this.#sentPrices.add(priceId);
      this.#sent = sent;
    } else this.forget();
  }
}
