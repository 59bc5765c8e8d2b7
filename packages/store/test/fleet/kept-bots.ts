import type { StoredBot } from "../../src/bot.js";
import type { BotsKeeper } from "../../src/fleet/fleet-poll.js";
import type { HostBot } from "../../src/postgres/read-host-bots.js";

/** What a poll says that there is. */
export class KeptBots implements BotsKeeper {
  readonly byHost = new Map<number, Map<string, StoredBot>>();
  /** How many were put. */
  puts = 0;

  put(bots: readonly HostBot[]): void {
    for (const { hostNo, bot } of bots) {
      this.#of(hostNo).set(bot.channel, bot);
      this.puts++;
    }
  }

  countOf(hostNo: number): number {
    return this.#of(hostNo).size;
  }

  retain(hostNo: number, channels: ReadonlySet<string>): void {
    for (const channel of this.#of(hostNo).keys())
      if (!channels.has(channel)) this.#of(hostNo).delete(channel);
  }

  channels(): readonly string[] {
    return [...this.byHost].flatMap(([hostNo, bots]) =>
      [...bots.keys()].map((channel) => `${hostNo}/${channel}`),
    );
  }

  #of(hostNo: number): Map<string, StoredBot> {
    const known = this.byHost.get(hostNo) ?? new Map<string, StoredBot>();
    this.byHost.set(hostNo, known);
    return known;
  }
}
