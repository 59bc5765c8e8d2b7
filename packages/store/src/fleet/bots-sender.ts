import type { StoredBot } from "../bot.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import type { Cursor, Receiver } from "./receiver.js";

/** While rows are sent, bots are looked at so often. */
const pauseMs = 250;

/**
 * Sends the records of bots that have changed since they were sent, and prices that are new; all of
 * them after each new connection. A late statement of a dead connection finds another cursor, and
 * changes nothing.
 */
export class BotsSender {
  readonly #tail: SourceTail;
  readonly #receiver: Receiver;
  readonly #monotonicMs: () => number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
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
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }

  async send(): Promise<void> {
    if (this.#monotonicMs() - this.#lookedAtMs < pauseMs) return;
    this.#lookedAtMs = this.#monotonicMs();
    const bots = this.#tail.bots();
    const known =
      this.#sent ?? new Map((await this.#receiver.readChannels()).map((channel) => [channel, ""]));
    const changed: StoredBot[] = [];
    const sent = new Map<string, string>();
    for (const bot of bots) {
      const text = JSON.stringify(bot);
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
