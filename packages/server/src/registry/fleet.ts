import type { Announcements } from "./announcements.js";
import type { BotStatus } from "./bot.js";
import type { BotOwner } from "./bot-owner.js";
import type { BotState } from "./bot-state.js";

import { type Cause, inTrouble, troubleOver } from "./cause.js";
import { Processes } from "./processes.js";

/** Why and when a bot came into a status. */
export interface StatusReason {
  readonly cause: Cause;
  readonly tsMs: number;
  /** The process whose place the current one took. */
  readonly previousPid?: number | null;
  /** How long the process lived that ended so. */
  readonly livedMs?: number | null;
}

/** All bots, in the order in which they came, and how many of them are in which status. */
export class Fleet {
  readonly #byChannel = new Map<string, BotState>();
  readonly #byNumber: (BotState | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** Those that ended, in the order in which they did. */
  readonly #ended = { offline: new Set<BotState>(), dead: new Set<BotState>() };
  #isEndedInOrder = true;
  /** Bots of several owners are never of one process: nobody takes part of another's CPU. */
  readonly #processes = new WeakMap<BotOwner, Processes>();
  /** Nearly all have one owner. */
  #lastOwner: BotOwner | null = null;
  #lastProcesses = new Processes();
  readonly #counts: Record<BotStatus, number> = { online: 0, stale: 0, dead: 0, offline: 0 };
  announcements: Announcements;

  constructor(announcements: Announcements) {
    this.announcements = announcements;
  }

  get size(): number {
    return this.#byChannel.size;
  }

  /** What the next bot is to be numbered with. */
  get nextNumber(): number {
    return this.#freeNumbers.at(-1) ?? this.#byNumber.length;
  }

  get(channel: string): BotState | undefined {
    return this.#byChannel.get(channel);
  }

  /** Of a number that a bot has. */
  at(number: number): BotState {
    return this.#byNumber[number] as BotState;
  }

  /** The bot that has been offline, or dead, for longest: of one owner, or of all. */
  longestEnded(status: "offline" | "dead", owner: BotOwner | null): BotState | undefined {
    if (!this.#isEndedInOrder) this.#orderEnded();
    for (const bot of this.#ended[status]) if (owner === null || bot.owner === owner) return bot;
    return undefined;
  }

  changeOwner(bot: BotState, owner: BotOwner): void {
    if (bot.owner === owner) return;
    this.#processesOf(bot.owner).leave(bot);
    bot.owner.botRemoved();
    owner.botAdded();
    bot.owner = owner;
  }

  /** How many bots its process has that somebody measures, at least 1. */
  botsOfProcess(bot: BotState): number {
    return this.#processesOf(bot.owner).botsOf(bot);
  }

  bots(): IterableIterator<BotState> {
    return this.#byChannel.values();
  }

  counts(): Record<BotStatus, number> {
    return { ...this.#counts };
  }

  /** The bot's number must be `nextNumber`. */
  add(bot: BotState): void {
    this.#freeNumbers.pop();
    this.#byChannel.set(bot.channel, bot);
    this.#byNumber[bot.number] = bot;
    this.#counts[bot.status]++;
    bot.owner.botAdded();
    if (bot.status !== "offline" && bot.status !== "dead") return;
    this.#ended[bot.status].add(bot);
    this.#isEndedInOrder = false;
  }

  /** The bot leaves, and its number is free. The object keeps why it left. */
  remove(bot: BotState, { text, code }: Cause, tsMs: number): void {
    this.#byChannel.delete(bot.channel);
    this.#byNumber[bot.number] = undefined;
    this.#freeNumbers.push(bot.number);
    this.#processesOf(bot.owner).leave(bot);
    bot.owner.botRemoved();
    this.#counts[bot.status]--;
    if (bot.status === "offline" || bot.status === "dead") this.#ended[bot.status].delete(bot);
    bot.statusCause = text;
    bot.causeCode = code;
    const { channel, pid, status } = bot;
    const last = { tsMs, channel, pid, from: status, to: status, cause: text, causeCode: code };
    this.announcements.botLeaves.notify({ ...last, previousPid: null, livedMs: null });
    this.announcements.botForgotten.notify(bot);
  }

  /** Tells the first transition of a bot that was added. */
  greet(bot: BotState, cause: Cause): void {
    this.#told(bot, null, { cause, tsMs: bot.registeredAtMs });
  }

  /** Does nothing where the bot is in that status already: every transition is a change. */
  move(bot: BotState, to: BotStatus, change: StatusReason): void {
    const from = bot.status;
    if (from === to) return;
    this.#counts[from]--;
    this.#counts[to]++;
    bot.status = to;
    if (from === "offline" || from === "dead") this.#ended[from].delete(bot);
    if (to === "offline" || to === "dead") this.#ended[to].add(bot);
    // What was last measured is known only as long as somebody still measures.
    if (to !== "online" && !(to === "stale" && !bot.measuresItself)) bot.forgetMeasurement();
    this.#told(bot, from, change);
  }

  /** To be called after every change of a bot. */
  tellBotChanged(bot: BotState): void {
    this.#processesOf(bot.owner).place(bot);
    bot.revision++;
    this.announcements.botChanged.notify(bot);
  }

  takenOver(bot: BotState, previousPid: number): void {
    this.announcements.takenOver.notify({ bot, previousPid });
  }

  connectionEnded(bot: BotState, pid: number): void {
    this.announcements.connectionEnded.notify({ bot, pid });
  }

  /** The status stays: the row of the history says so by two times the same. */
  troubleChanged({ channel, pid, status, trouble, troubleChangedAtMs: tsMs }: BotState): void {
    const { code, text } = trouble === null ? troubleOver : inTrouble;
    this.announcements.troubleChanged.notify({
      tsMs,
      channel,
      pid,
      from: status,
      to: status,
      cause: text,
      causeCode: code,
      previousPid: null,
      livedMs: null,
      trouble,
    });
  }

  conflictChanged(bot: BotState): void {
    this.announcements.conflictChanged.notify(bot);
    this.tellBotChanged(bot);
  }

  /** Bots come from a store in the order of their names. */
  #orderEnded(): void {
    for (const ended of Object.values(this.#ended)) {
      const bots = [...ended].sort((a, b) => a.statusSinceMs - b.statusSinceMs);
      ended.clear();
      for (const bot of bots) ended.add(bot);
    }
    this.#isEndedInOrder = true;
  }

  #told(
    bot: BotState,
    from: BotStatus | null,
    { cause: { code: causeCode, text: cause }, tsMs, previousPid = null, livedMs = null }: StatusReason,
  ): void {
    bot.statusCause = cause;
    bot.causeCode = causeCode;
    bot.previousPid = previousPid;
    bot.livedMs = livedMs;
    bot.statusSinceMs = tsMs;
    const { channel, pid, status: to } = bot;
    const what = { tsMs, channel, pid, from, to };
    this.announcements.statusChanged.notify({ ...what, cause, causeCode, previousPid, livedMs });
  }

  #processesOf(owner: BotOwner): Processes {
    if (owner === this.#lastOwner) return this.#lastProcesses;
    let processes = this.#processes.get(owner);
    if (processes === undefined) {
      processes = new Processes();
      this.#processes.set(owner, processes);
    }
    this.#lastOwner = owner;
    this.#lastProcesses = processes;
    return processes;
  }
}
