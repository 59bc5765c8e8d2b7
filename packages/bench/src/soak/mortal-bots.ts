import { setTimeout as delay } from "node:timers/promises";
import { HeldBot } from "../server/held-bot.js";

const everyMs = 120_000;
const intervalS = 3_600;
const bots = 4;
const linesEach = 2;

/** Bots of which one is killed every two minutes, and started again after the half of that. */
export class MortalBots {
  readonly #socketPath: string;
  readonly #ending = new AbortController();
  readonly #living = new Map<string, HeldBot>();
  readonly #course: Promise<void>;
  #kills = 0;
  #starts = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#course = this.#run();
  }

  get kills(): number {
    return this.#kills;
  }

  /** Those that the bots wrote. */
  get lines(): number {
    return this.#starts * linesEach;
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#course;
    for (const bot of this.#living.values()) bot.kill();
  }

  async #run(): Promise<void> {
    for (let number = 0; ; number++) {
      for (let bot = 0; bot < bots; bot++) await this.#startUnlessLiving(`mortal_${bot}`);
      const victim = `mortal_${number % bots}`;
      if (!(await this.#rest())) return;
      this.#living.get(victim)?.kill();
      this.#living.delete(victim);
      this.#kills++;
      if (!(await this.#rest())) return;
    }
  }

  /** False as soon as it is over. */
  async #rest(): Promise<boolean> {
    try {
      await delay(everyMs / 2, undefined, { signal: this.#ending.signal });
      return true;
    } catch {
      return false;
    }
  }

  async #startUnlessLiving(channel: string): Promise<void> {
    if (this.#living.has(channel)) return;
    this.#living.set(channel, await HeldBot.start(this.#socketPath, channel, intervalS));
    this.#starts++;
  }
}
