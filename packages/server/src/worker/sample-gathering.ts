import type { BotMetric } from "@kissbot/store";

/** Samples that wait for their batch, of each bot the newest `perBot`. */
export class SampleGathering {
  readonly #perBot: number;
  readonly #samples = new Map<string, BotMetric[]>();
  #length = 0;

  constructor(perBot: number) {
    this.#perBot = perBot;
  }

  /** Over all bots. */
  get length(): number {
    return this.#length;
  }

  /** Answers whether its bot has as many as it may. */
  add(sample: BotMetric): boolean {
    let own = this.#samples.get(sample.channel);
    if (own === undefined) {
      own = [];
      this.#samples.set(sample.channel, own);
    }
    if (own.length < this.#perBot) this.#length++;
    else own.shift();
    own.push(sample);
    return own.length >= this.#perBot;
  }

  /** Bot by bot, each bot's in their order; `least` of them, as long as there are so many, and then the rest of that bot's. */
  take(least: number): BotMetric[] {
    const taken: BotMetric[] = [];
    for (const [channel, samples] of this.#samples) {
      taken.push(...samples);
      this.#samples.delete(channel);
      if (taken.length >= least) break;
    }
    this.#length -= taken.length;
    return taken;
  }
}
