import type { Bot } from "./bot.js";
import { type BotLine, type BotLineType, Greeting } from "./bot-line.js";
import type { BotRoster, KnownBot } from "./bot-roster.js";
import { Chunk } from "./chunk.js";
import type { LineType } from "./line.js";
import type { DropReason } from "./line-counts.js";
import type { Outbox } from "./outbox.js";

/** What `Delivery` asks of an outbox. */
type OutboxOfDelivery = Pick<Outbox, keyof Outbox>;

export interface SharedOutboxOptions {
  readonly roster: BotRoster;
  readonly nowMs: () => number;
  /** The line that repeats the registration of a bot now. Must not throw. */
  readonly greetingOf: (known: KnownBot) => string;
  /** Whether the bot was silent for too long to repeat its registration. */
  readonly isSilent: (known: KnownBot) => boolean;
  /** Called for each line that was lost, when the outbox is in order again. Must not throw. */
  readonly onDrop: (type: LineType, reason: DropReason) => void;
}

const types: readonly BotLineType[] = ["register", "heartbeat", "unregister"];

/**
 * The lines about many bots that wait for one connection, in the order of the calls.
 *
 * For each bot it is as in `Outbox`: of registration, heartbeat and goodbye the newest waits, in
 * the place of the one that it replaces; a goodbye that waits is displaced by a new registration. A
 * registration comes before the bot's heartbeat. So the lines are bounded by the bots, and the
 * roster bounds these: what waits of a victim is dropped.
 *
 * The greetings, registrations repeated for a new connection, come before everything and are not
 * counted.
 */
export class SharedOutbox implements OutboxOfDelivery {
  readonly #options: SharedOutboxOptions;
  readonly #roster: BotRoster;
  readonly #chunk = new Chunk<BotLine | Greeting>();
  /** By type and bot; a Map keeps the position of a replaced entry. */
  #lines = new Map<string, BotLine>();
  #greetings = new Map<string, Greeting>();
  #waitingBytes = 0;
  #abandoned = false;

  constructor(options: SharedOutboxOptions) {
    this.#options = options;
    this.#roster = options.roster;
  }

  get waiting(): number {
    return this.#lines.size + this.#chunk.lines.filter(({ counted }) => counted).length;
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0 && this.#greetings.size === 0 && this.#chunk.lines.length === 0;
  }

  /** Whether a line about the bot waits. */
  hasLinesOf({ key }: Bot): boolean {
    return types.some((type) => this.#lines.has(`${type} ${key}`));
  }

  get leavingBytes(): number {
    return this.#chunk.leavingBytes;
  }

  /** Whether the line can wait without another one being lost. */
  fits(line: BotLine): boolean {
    if (this.#lines.size === 0) return true;
    if (!this.#roster.exceeds({ bots: 1, waitingBytes: this.#waitingBytes + line.bytes })) return true;
    const { victim } = this.#roster;
    return victim !== undefined && !this.hasLinesOf(victim.bot);
  }

  putLine(line: BotLine): void {
    if (this.#abandoned) {
      this.#drop([line], "closed");
      return;
    }
    const replaced = this.#roster.noteLine(line, this.#options.nowMs());
    if (replaced !== undefined) this.#tidy(replaced.bot);
    const beat = line.type === "register" ? this.#take("heartbeat", line.bot) : undefined;
    if (line.type === "register") {
      this.#greetings.delete(line.bot.key);
      this.#take("unregister", line.bot)?.tellOutcome(false);
    }
    this.#lines.get(slotOf(line))?.tellOutcome(false);
    this.#wait(line);
    if (beat !== undefined) this.#wait(beat);
    this.#shrink();
  }

  /**
   * Every bot that is registered begins the new connection with its registration, unless a newer
   * one waits.
   */
  greet(): void {
    for (const known of this.#roster.registered) {
      const { bot } = known;
      if (this.#lines.has(`register ${bot.key}`)) continue;
      if (this.#options.isSilent(known) && !this.hasLinesOf(bot)) this.#roster.forgetBot(known);
      else this.#greetings.set(bot.key, new Greeting(bot, this.#options.greetingOf(known)));
    }
  }

  nextChunk(): string | Uint8Array | undefined {
    if (this.#chunk.lines.length === 0) this.#fill();
    return this.#chunk.content;
  }

  markTaken(bytes: number): void {
    const { sent, unbegun } = this.#chunk.markTaken(bytes);
    for (const line of sent) line.tellOutcome(true);
    this.#putBack(unbegun);
    for (const { bot } of sent) this.#tidy(bot);
  }

  lose(): void {
    this.#greetings.clear();
    const lines = this.#chunk.clear();
    for (const line of lines) {
      // A second goodbye does no harm, so one that was cut waits again, unless the bot is back.
      if (line.type === "unregister" && this.#roster.find(line.bot)?.saidGoodbye)
        this.putLine(line as BotLine);
      else this.#drop([line], "connection_lost");
      this.#tidy(line.bot);
    }
  }

  abandon(): void {
    this.#abandoned = true;
    this.#greetings.clear();
    const lines = [...this.#chunk.clear(), ...this.#lines.values()];
    this.#lines.clear();
    this.#drop(lines, "closed");
  }

  /** As in `Outbox`; but every line has been in memory of its own from the start. */
  stay(isTold = true): void {
    if (!isTold) return;
    for (const line of this.#chunk.lines) line.tellOutcome(false);
    for (const line of this.#lines.values()) line.tellOutcome(false);
  }

  #fill(): void {
    for (const [key, line] of this.#greetings) {
      if (!this.#chunk.hasRoomFor(line.bytes)) return;
      this.#greetings.delete(key);
      this.#chunk.addLine(line);
    }
    for (const line of this.#lines.values()) {
      if (!this.#chunk.hasRoomFor(line.bytes)) return;
      this.#take(line.type, line.bot);
      this.#chunk.addLine(line);
    }
  }

  /** Lines of a chunk that the operating system did not take are the oldest. */
  #putBack(unbegun: readonly (BotLine | Greeting)[]): void {
    if (unbegun.length === 0) return;
    const greetings = new Map<string, Greeting>();
    const lines = new Map<string, BotLine>();
    for (const line of unbegun) {
      if (line instanceof Greeting) greetings.set(line.bot.key, line);
      else {
        lines.set(slotOf(line), line);
        this.#waitingBytes += line.bytes;
      }
    }
    this.#greetings = new Map([...greetings, ...this.#greetings]);
    this.#lines = new Map([...lines, ...this.#lines]);
  }

  #wait(line: BotLine): void {
    const slot = slotOf(line);
    this.#waitingBytes += line.bytes - (this.#lines.get(slot)?.bytes ?? 0);
    this.#lines.set(slot, line);
  }

  #take(type: BotLineType, bot: Bot): BotLine | undefined {
    const slot = `${type} ${bot.key}`;
    const line = this.#lines.get(slot);
    if (line === undefined) return undefined;
    this.#lines.delete(slot);
    this.#waitingBytes -= line.bytes;
    return line;
  }

  /** Forgets a bot with nothing left to send, but not its goodbye: it must not be sent twice. */
  #tidy(bot: Bot): void {
    const known = this.#roster.find(bot);
    if (known === undefined || known.registration !== undefined || known.saidGoodbye) return;
    if (!this.hasLinesOf(bot)) this.#roster.forgetBot(known);
  }

  #shrink(): void {
    const lost: BotLine[] = [];
    while (this.#roster.exceeds({ bots: 0, waitingBytes: this.#waitingBytes })) {
      const { victim } = this.#roster;
      if (victim === undefined) break;
      this.#roster.forgetBot(victim);
      this.#greetings.delete(victim.bot.key);
      for (const type of types) {
        const line = this.#take(type, victim.bot);
        if (line !== undefined) lost.push(line);
      }
    }
    this.#drop(lost, "buffer_full");
  }

  #drop(lines: readonly (BotLine | Greeting)[], reason: DropReason): void {
    for (const line of lines) line.tellOutcome(false);
    for (const { type, counted } of lines) if (counted) this.#options.onDrop(type, reason);
  }
}

function slotOf({ type, bot }: BotLine): string {
  return `${type} ${bot.key}`;
}
