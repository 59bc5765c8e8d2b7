import { setTimeout as delay } from "node:timers/promises";
import { HeldBot } from "../server/held-bot.js";
import type { Monitor } from "../server/monitor.js";

interface SeenBot {
  readonly status: string;
  readonly process_seen: boolean;
}

/** Bots that are processes, each with its connection. */
export class FleetOfProcesses {
  readonly #monitor: Monitor;
  readonly #count: number;
  #bots: HeldBot[] = [];

  constructor(monitor: Monitor, count: number) {
    this.#monitor = monitor;
    this.#count = count;
  }

  /** Resolves when each of them is seen at work. */
  async start(): Promise<void> {
    for (let bot = 0; bot < this.#count; bot++)
      this.#bots.push(await HeldBot.start(this.#monitor.socketPath, `twitch/bot-${bot}`));
    for (;;) {
      const answer = await fetch(`${this.#monitor.url}/api/v1/bots`);
      const { bots } = (await answer.json()) as { readonly bots: readonly SeenBot[] };
      const seen = bots.filter(({ status, process_seen }) => status === "online" && process_seen);
      if (seen.length === this.#count) return;
      await delay(100);
    }
  }

  /** `kill -9` of each; how long that took, in milliseconds. */
  kill(): number {
    const sinceMs = performance.now();
    for (const bot of this.#bots) bot.kill();
    this.#bots = [];
    return performance.now() - sinceMs;
  }
}
