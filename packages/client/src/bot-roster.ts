import type { Bot } from "./bot.js";
import type { BotLine } from "./bot-line.js";

/** What is remembered of a bot. */
export interface KnownBot {
  readonly bot: Bot;
  /** The line that every new connection repeats; undefined while the bot is not registered. */
  registration: string | undefined;
  saidGoodbye: boolean;
  heardAtMs: number;
}

export interface RosterBounds {
  /** The number of remembered bots, including those that are over. */
  readonly mostBots: number;
  /** The number of those that are over. */
  readonly mostOver: number;
  /** Bytes of registrations and waiting lines. */
  readonly mostBytes: number;
}

/**
 * The bots of one shared connection, bounded whatever happens to them.
 *
 * | state | is left by | | --- | --- | | unknown | a line about the bot: *current*, or *over* if it
 * is a goodbye | | current | a goodbye, or the registration of another process for its channel:
 * *over*; `forget`: unknown | | over | a registration or a heartbeat of it: *current*; `forget`:
 * unknown |
 *
 * A current bot may be dead: a crash sends nothing. So the bots are kept in the order in which they
 * were last heard, and `victim` is one that is over, or else the one that was silent for longest.
 */
export class BotRoster {
  readonly #bounds: RosterBounds;
  readonly #current = new Map<string, KnownBot>();
  readonly #over = new Map<string, KnownBot>();
  /** The bot that is registered, by channel: the monitor, too, has one current process for each. */
  readonly #registered = new Map<string, KnownBot>();
  #registrationBytes = 0;

  constructor(bounds: RosterBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#current.size + this.#over.size;
  }

  /** The registered bots; a bot may be forgotten during the iteration. */
  get registered(): Iterable<KnownBot> {
    return this.#registered.values();
  }

  find({ key }: Bot): KnownBot | undefined {
    return this.#current.get(key) ?? this.#over.get(key);
  }

  /** Whether this many more bots, or this many waiting bytes, would exceed a bound. */
  exceeds({ bots, waitingBytes }: { readonly bots: number; readonly waitingBytes: number }): boolean {
    const { mostBots, mostOver, mostBytes } = this.#bounds;
    return (
      this.size + bots > mostBots ||
      this.#over.size + bots > mostOver ||
      this.#registrationBytes + waitingBytes > mostBytes
    );
  }

  /**
   * Takes note of a line. Returns the other process that was registered for the channel until now,
   * if there was one.
   */
  noteLine({ bot, type, registration }: BotLine, nowMs: number): KnownBot | undefined {
    const known = this.find(bot) ?? {
      bot,
      registration: undefined,
      saidGoodbye: false,
      heardAtMs: nowMs,
    };
    known.heardAtMs = nowMs;
    known.saidGoodbye = type === "unregister";
    // To the end of its map, which is walked through from the beginning.
    this.#current.delete(bot.key);
    this.#over.delete(bot.key);
    (known.saidGoodbye ? this.#over : this.#current).set(bot.key, known);
    if (type === "heartbeat") return undefined;
    const before = this.#registered.get(bot.channel);
    this.#setRegistration(known, registration);
    if (registration === undefined || before === undefined || before === known) return undefined;
    this.#setRegistration(before, undefined);
    if (this.#current.delete(before.bot.key)) this.#over.set(before.bot.key, before);
    return before;
  }

  /** The bot that is forgotten first. */
  get victim(): KnownBot | undefined {
    return firstOf(this.#over) ?? firstOf(this.#current);
  }

  forgetBot(known: KnownBot): void {
    this.#setRegistration(known, undefined);
    this.#current.delete(known.bot.key);
    this.#over.delete(known.bot.key);
  }

  #setRegistration(known: KnownBot, registration: string | undefined): void {
    this.#registrationBytes += (registration?.length ?? 0) - (known.registration?.length ?? 0);
    known.registration = registration;
    const { channel } = known.bot;
    if (registration !== undefined) this.#registered.set(channel, known);
    else if (this.#registered.get(channel) === known) this.#registered.delete(channel);
  }
}

function firstOf(bots: ReadonlyMap<string, KnownBot>): KnownBot | undefined {
  for (const known of bots.values()) return known;
  return undefined;
}
