import type { ProcessSample } from "./process-sample.js";

/**
 * One slot per bot, the latest sample wins, in the place of the one that it replaces. Samples of bots that find no slot are
 * dropped: the next round looks again. Nothing here is counted, as nobody sent it.
 */
export class SampleLane {
  readonly #maxBots: number;
  readonly #samples = new Map<string, ProcessSample>();

  constructor(maxBots: number) {
    this.#maxBots = maxBots;
  }

  get depth(): number {
    return this.#samples.size;
  }

  offer(sample: ProcessSample): void {
    const samples = this.#samples;
    if (samples.size >= this.#maxBots && !samples.has(sample.channel)) return;
    samples.set(sample.channel, sample);
  }

  drain(limit: number, on: (sample: ProcessSample) => void): number {
    if (limit <= 0) return 0;
    let taken = 0;
    for (const [channel, sample] of this.#samples) {
      this.#samples.delete(channel);
      on(sample);
      if (++taken >= limit) break;
    }
    return taken;
  }
}
