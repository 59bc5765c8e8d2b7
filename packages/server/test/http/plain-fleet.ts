import type { Bot, BotStatus } from "../../src/registry/bot.js";
import type { FleetView } from "../../src/registry/fleet-view.js";
import { fakeBot } from "../alerts/fake-bot.js";

export const noonMs = Date.UTC(2026, 4, 20, 12);

type ChangingBot = { -readonly [Field in keyof Bot]: Bot[Field] };

/** A fleet of plain objects: what a test puts in is what readers see. */
export class PlainFleet implements FleetView {
  readonly #bots = new Map<string, ChangingBot>();
  heartbeatAge: number | null = 1.5;
  /** How many bots a channel's process has, where that is not one. */
  readonly sharers = new Map<string, number>();

  /** A bot of this channel, with these fields and otherwise as one that is well. */
  add(channel: string, fields: Partial<Bot> = {}): Bot {
    const bot: ChangingBot = fakeBot(channel, {
      pid: 4242,
      statusSinceMs: noonMs,
      features: { weather: true },
      featuresJson: '{"weather":true}',
      registeredAtMs: noonMs,
      lastSeenMs: noonMs + 30_000,
      startedAtMs: noonMs - 1000,
      version: "1.4.2",
      intervalS: 30,
      cpuPct: 12.5,
      rssMb: 96,
      lastCpuPct: 12.5,
      lastRssMb: 96,
      measuredAtMs: noonMs + 15_000,
      revision: 1,
      ...fields,
    });
    this.#bots.set(channel, bot);
    return bot;
  }

  /** Changes a bot in place, as the registry does. */
  change(channel: string, fields: Partial<Bot> = {}): Bot {
    const bot = this.#bots.get(channel);
    if (bot === undefined) throw new Error(`there is no ${channel}`);
    return Object.assign(bot, fields, { revision: bot.revision + 1 });
  }

  /** Takes a bot away, and answers what it was. */
  remove(channel: string): Bot {
    const bot = this.#bots.get(channel);
    if (bot === undefined) throw new Error(`there is no ${channel}`);
    this.#bots.delete(channel);
    return bot;
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

  counts(): Readonly<Record<BotStatus, number>> {
    const counts = { online: 0, stale: 0, dead: 0, offline: 0 };
    for (const { status } of this.#bots.values()) counts[status]++;
    return counts;
  }

  botsOfProcess(channel: string): number {
    return this.sharers.get(channel) ?? 1;
  }

  heartbeatAgeS(_bot: Bot): number | null {
    return this.heartbeatAge;
  }
}
