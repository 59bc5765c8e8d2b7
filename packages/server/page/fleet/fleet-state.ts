import { type Bot, botFrom } from "./bot.js";

const names = new Intl.Collator("en", { numeric: true });

/** The whole fleet as the stream tells it: a snapshot, and then what changes. */
export class FleetState {
  #bots = new Map<string, Bot>();
  #ranks: ReadonlyMap<string, number> | null = null;
  #revision = 0;

  /** Grows with each change. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#bots.size;
  }

  get(channel: string): Bot | undefined {
    return this.#bots.get(channel);
  }

  bots(): IterableIterator<Bot> {
    return this.#bots.values();
  }

  /** The fleet is exactly this. */
  replace(records: unknown): void {
    this.#bots = new Map();
    this.change(records);
    this.#ranks = null;
    this.#revision++;
  }

  /** These bots are so now, whether they were known or not. */
  change(records: unknown): void {
    if (!Array.isArray(records)) return;
    for (const record of records) {
      const bot = botFrom(record);
      if (bot === null) continue;
      if (!this.#bots.has(bot.channel)) this.#ranks = null;
      this.#bots.set(bot.channel, bot);
    }
    this.#revision++;
  }

  forget(channel: string): void {
    if (!this.#bots.delete(channel)) return;
    this.#ranks = null;
    this.#revision++;
  }

  /** Where a name stands among all: numbers within it count as numbers. */
  nameRank(channel: string): number {
    this.#ranks ??= new Map([...this.#bots.keys()].sort(names.compare).map((name, rank) => [name, rank]));
    return this.#ranks.get(channel) ?? Number.MAX_SAFE_INTEGER;
  }
}
