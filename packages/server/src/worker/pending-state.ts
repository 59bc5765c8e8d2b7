import type { BotRecord } from "@kissbot/store";
import type { Bot, BotStatus } from "../registry/bot.js";
import type { Transition } from "../registry/transition.js";
import { botRecordFrom } from "./bot-record.js";

/** How many changes of status may wait while the store takes none. */
const maxTransitions = 100_000;
/** How many channels may wait to be forgotten before the store was written to. */
const maxForgotten = 100_000;

/**
 * `state`: something of the bot's record changed. `last_seen`: nothing but the time of its last
 * heartbeat. `nothing`: nothing that is stored.
 */
export type RecordChange = "state" | "last_seen" | "nothing";

export interface StateRows {
  readonly bots: BotRecord[];
  readonly statusChanges: Transition[];
  /** Absent where no channel is to be forgotten. */
  readonly forgotten?: readonly string[];
}

/**
 * The state of the fleet that waits for the store: bots whose record is to be written, and every
 * change of status in order. A record is made when it leaves, so a bot has one at most. Bots that
 * only beat again are kept apart, since they can wait longer.
 */
export class PendingState {
  readonly #changed = new Set<Bot>();
  readonly #heard = new Set<Bot>();
  readonly #forgotten = new Set<string>();
  /** The channels of which the store may have a record. */
  readonly #recorded = new Set<string>();
  /** Until then nobody knows which channels the store has: the fleet is restored before. */
  #isWritten = false;
  /** The last record of each bot; `markBot` compares the bot with it. */
  readonly #records = new Map<Bot, BotRecord>();
  #transitions: Transition[] = [];

  /** Bots whose record waits, whatever changed. */
  get bots(): number {
    return this.#changed.size + this.#heard.size;
  }

  /** Those of them of which more changed than when they were last heard. */
  get changedBots(): number {
    return this.#changed.size;
  }

  /** Records to be written or to be forgotten. */
  get records(): number {
    return this.bots + this.#forgotten.size;
  }

  get transitions(): number {
    return this.#transitions.length;
  }

  /** Answers how the bot's record differs from the one that was last handed out. */
  markBot(bot: Bot): RecordChange {
    if (this.#changed.has(bot)) return "state";
    const known = this.#records.get(bot);
    if (known === undefined || !isSameState(known, bot)) {
      this.#heard.delete(bot);
      this.#changed.add(bot);
      return "state";
    }
    if (known.lastSeenMs === bot.lastSeenMs) return "nothing";
    this.#heard.add(bot);
    return "last_seen";
  }

  /**
   * Marks a bot whatever was handed out of it: another file stands in the place of the one that has
   * it.
   */
  remark(bot: Bot): void {
    this.#records.delete(bot);
    this.markBot(bot);
  }

  /**
   * The bot is no longer one of the fleet. The store is told only if it may have a record of the
   * channel, so bots that come and go while it takes nothing leave nothing here. Answers false if
   * there was no room to remember it: a record that the store may have then stays.
   */
  forgetBot(bot: Bot): boolean {
    this.#changed.delete(bot);
    this.#heard.delete(bot);
    this.#records.delete(bot);
    const { channel } = bot;
    if (this.#isWritten && !this.#recorded.delete(channel)) return true;
    if (!this.#forgotten.has(channel) && this.#forgotten.size >= maxForgotten) return false;
    this.#recorded.delete(channel);
    this.#forgotten.add(channel);
    return true;
  }

  /** Whether the store is still to forget some channel. */
  get hasForgotten(): boolean {
    return this.#forgotten.size > 0;
  }

  /** Whether the store is still to forget this channel. */
  isForgotten(channel: string): boolean {
    return this.#forgotten.has(channel);
  }

  /**
   * Answers how many were lost for want of room: the oldest of the bots that have most, so that one
   * that flaps takes none of the others'.
   */
  addTransition(transition: Transition): number {
    let lost = 0;
    if (this.#transitions.length >= maxTransitions) {
      const kept = withoutOldest(this.#transitions, maxTransitions / 10);
      lost = this.#transitions.length - kept.length;
      this.#transitions = kept;
    }
    this.#transitions.push(transition);
    return lost;
  }

  /**
   * What a store that opened late says of bots that were greeted before: the first change of a bot
   * that it knows is none from nothing. It goes out from the recorded status, and is no change at
   * all where that one is the same. Called with every bot that is restored.
   */
  amendGreetings(recorded: ReadonlyMap<string, BotStatus>): void {
    for (const channel of recorded.keys()) this.#recorded.add(channel);
    this.#transitions = this.#transitions.flatMap((transition) => {
      if (transition.from !== null) return [transition];
      const from = recorded.get(transition.channel) ?? null;
      return from === transition.to ? [] : [{ ...transition, from }];
    });
  }

  /**
   * Those of which more changed come first; bots that were only heard again take what room is left,
   * as their pages are written anyway.
   */
  takeStateRows(maxBots: number, maxChanges: number): StateRows {
    // All of them: of a channel that came again, the record must not be stored before.
    const forgotten = [...this.#forgotten];
    this.#forgotten.clear();
    this.#isWritten = true;
    const bots: BotRecord[] = [];
    for (const waiting of [this.#changed, this.#heard]) {
      for (const bot of waiting) {
        if (bots.length >= maxBots) break;
        const record = botRecordFrom(bot);
        bots.push(record);
        this.#records.set(bot, record);
        this.#recorded.add(bot.channel);
        waiting.delete(bot);
      }
    }
    const statusChanges = this.#transitions.splice(0, maxChanges);
    return { bots, statusChanges, ...(forgotten.length === 0 ? {} : { forgotten }) };
  }

  clear(): void {
    this.#changed.clear();
    this.#heard.clear();
    this.#records.clear();
    this.#forgotten.clear();
    this.#recorded.clear();
    this.#transitions = [];
  }
}

/**
 * Leaves out so many: the oldest of the channels that have most, until none of these has more than
 * another.
 */
function withoutOldest(transitions: readonly Transition[], leftOut: number): Transition[] {
  const counts = new Map<string, number>();
  for (const { channel } of transitions) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  const excessOver = (most: number) => {
    let excess = 0;
    for (const count of counts.values()) excess += Math.max(0, count - most);
    return excess;
  };
  let most = 0;
  for (let high = transitions.length; most < high; ) {
    const middle = Math.ceil((most + high) / 2);
    if (excessOver(middle) >= leftOut) most = middle;
    else high = middle - 1;
  }
  // So many channels go down to `most`; the others that have more keep one more than that.
  let lower = leftOut - excessOver(most + 1);
  return transitions.filter(({ channel }) => {
    const count = counts.get(channel) as number;
    if (count <= most || (count === most + 1 && lower === 0)) return true;
    if (count === most + 1) lower--;
    counts.set(channel, count - 1);
    return false;
  });
}

/**
 * Field by field, as each heartbeat comes by here. What the process last took rides along with the
 * next record.
 */
function isSameState(record: BotRecord, bot: Bot): boolean {
  return (
    record.status === bot.status &&
    record.pid === bot.pid &&
    record.featuresJson === bot.featuresJson &&
    record.registeredAtMs === bot.registeredAtMs &&
    record.statusSinceMs === bot.statusSinceMs &&
    record.cause === bot.statusCause &&
    record.causeCode === bot.causeCode &&
    record.previousPid === bot.previousPid &&
    record.livedMs === bot.livedMs &&
    record.startedAtMs === bot.startedAtMs &&
    record.startTold === bot.startTold &&
    record.processSeen === bot.processSeen &&
    record.restarts === bot.restarts &&
    record.version === bot.version &&
    record.intervalS === bot.intervalS &&
    record.trouble === bot.trouble &&
    record.troubleSinceMs === bot.troubleSinceMs
  );
}
