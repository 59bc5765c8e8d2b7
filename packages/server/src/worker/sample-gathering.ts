import type { BotMetric } from "@kissbot/store";

/**
 * Samples that wait for their batch: the newest `perBot` of each bot. Past `most` altogether, a new
 * sample replaces older ones of its bot.
 */
export class SampleGathering {
  readonly #perBot: number;
  readonly #most: number;
  readonly #samples = new Map<string, BotMetric[]>();
  #length = 0;
  #isOverdue = false;

  constructor(perBot: number, most: number) {
    this.#perBot = perBot;
    this.#most = most;
  }

  /** Over all bots. */
  get length(): number {
    return this.#length;
  }

  /** How many of them were due and are still here. */
  get overdue(): number {
    return this.#isOverdue ? this.#length : 0;
  }

  /** To be called when what waits was to be taken. */
  fallDue(): void {
    this.#isOverdue = this.#length > 0;
  }

  /** Answers whether its bot has as many as it may. */
  addSample(sample: BotMetric): boolean {
    const own = this.#samples.get(sample.channel);
    this.#length++;
    if (own === undefined) {
      // A list of one place: most bots of a large fleet never have another sample waiting.
      this.#samples.set(sample.channel, [sample]);
      return this.#perBot <= 1;
    }
    own.push(sample);
    while (own.length > (this.#length > this.#most ? 1 : this.#perBot)) {
      own.shift();
      this.#length--;
    }
    return own.length >= this.#perBot;
  }

  /**
   * Takes at least `least` samples where there are as many, bot by bot and in order; never a part
   * of a bot's.
   */
  takeSamples(least: number): BotMetric[] {
    const taken: BotMetric[] = [];
    for (const [channel, samples] of this.#samples) {
      taken.push(...samples);
      this.#samples.delete(channel);
      if (taken.length >= least) break;
    }
    this.#length -= taken.length;
    if (this.#length === 0) this.#isOverdue = false;
    return taken;
  }
}
