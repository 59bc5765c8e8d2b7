import type { BotRecord } from "@kissbot/store";
import type { Bot, BotStatus } from "../registry/bot.js";
import type { Transition } from "../registry/transition.js";
import { botRecordFrom } from "./bot-record.js";

/** Changes of status that may wait while the store is away. */
const maxTransitions = 100_000;

/** What waits of the fleet's state: one record per bot, made when it leaves, and every change of status in its order. */
export class PendingState {
  readonly #bots = new Set<Bot>();
  #transitions: Transition[] = [];

  get bots(): number {
    return this.#bots.size;
  }

  get transitions(): number {
    return this.#transitions.length;
  }

  markBot(bot: Bot): void {
    this.#bots.add(bot);
  }

  /** Answers how many of the oldest were lost for want of room. */
  addTransition(transition: Transition): number {
    const lost =
      this.#transitions.length < maxTransitions ? 0 : this.#transitions.splice(0, maxTransitions / 10).length;
    this.#transitions.push(transition);
    return lost;
  }

  /**
   * What a store that opened late says of bots that were greeted before: the first change of a bot that it knows is none from
   * nothing. It goes out from the recorded status, and is no change at all where that one is the same.
   */
  amendGreetings(recorded: ReadonlyMap<string, BotStatus>): void {
    this.#transitions = this.#transitions.flatMap((transition) => {
      const from = transition.from ?? recorded.get(transition.channel) ?? null;
      return from === transition.to ? [] : [{ ...transition, from }];
    });
  }

  take(maxBots: number, maxChanges: number): { bots: BotRecord[]; statusChanges: Transition[] } {
    const bots: BotRecord[] = [];
    for (const bot of this.#bots) {
      if (bots.length >= maxBots) break;
      bots.push(botRecordFrom(bot));
      this.#bots.delete(bot);
    }
    return { bots, statusChanges: this.#transitions.splice(0, maxChanges) };
  }

  clear(): void {
    this.#bots.clear();
    this.#transitions = [];
  }
}
