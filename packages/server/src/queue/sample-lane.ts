import type { BotProbeResult } from "../registry/probe-result.js";

/**
 * One slot per bot, and one per process beside it that is looked at, as its connection ended or it
 * claims the channel too: the latest sample wins, in the place of the one that it replaces. Samples
 * of bots that find no slot are dropped: the next round looks again. Nothing here is counted, as
 * nobody sent it.
 */
export class SampleLane {
  readonly #maxBots: number;
  readonly #samples = new Map<string, BotProbeResult>();

  constructor(maxBots: number) {
    this.#maxBots = maxBots;
  }

  get depth(): number {
    return this.#samples.size;
  }

  offerSample(sample: BotProbeResult): void {
    const samples = this.#samples;
    // A channel has no control characters, so no other channel has this key.
    const isBeside = sample.afterEnd === true || sample.ofRival === true;
    const key = isBeside ? `\0${sample.pid} ${sample.channel}` : sample.channel;
    if (samples.size >= this.#maxBots && !samples.has(key)) return;
    samples.set(key, sample);
  }

  drainSamples(limit: number, on: (sample: BotProbeResult) => void): number {
    if (limit <= 0) return 0;
    let taken = 0;
    for (const [key, sample] of this.#samples) {
      this.#samples.delete(key);
      on(sample);
      if (++taken >= limit) break;
    }
    return taken;
  }
}
