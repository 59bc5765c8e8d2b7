import type { Clock } from "../clock.js";
import { AwaitedWords, type FoundDeath } from "./awaited-words.js";
import type { BotState } from "./bot-state.js";
import * as cause from "./cause.js";
import { Crashes } from "./crashes.js";
import type { Deadlines } from "./deadlines.js";
import { Doubts } from "./doubts.js";
import type { Fleet } from "./fleet.js";
import { isEnded } from "./liveness.js";
import { judgePredecessor } from "./predecessor.js";
import type { BotProbeResult, ProbeResult } from "./probe-result.js";
import type { RestoredCrash } from "./restored-bot.js";
import { isLastWords } from "./trouble-history.js";
import type { Troubles } from "./troubles.js";

export interface EndingsOptions {
  readonly fleet: Fleet;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly glance: (pid: number) => ProbeResult;
  /** How long a bot may be silent that was not heard since the monitor's start. */
  readonly unheardMs: (bot: BotState) => number;
  readonly troubles: Pick<Troubles, "end">;
}

/** Announces and counts the ends of processes. `nowMs` is the attentive clock's. */
export class Endings {
  readonly #options: EndingsOptions;
  readonly #crashes = new Crashes();
  readonly #doubts: Doubts;
  readonly #awaited = new AwaitedWords();

  constructor(options: EndingsOptions) {
    this.#options = options;
    this.#doubts = new Doubts(options.unheardMs);
  }

  /** It said goodbye; a death that was told before was none. */
  goodbye(bot: BotState, tsMs: number, nowMs: number): void {
    this.#retract(bot);
    this.#end(bot, "offline", cause.saidGoodbye, tsMs, nowMs);
  }

  /** A look showed that the process it once showed is there no more. */
  found(bot: BotState, fate: "gone" | "reused", foundMs: number, nowMs: number): void {
    // Its last words are a proof.
    if (bot.isUnproven && !isLastWords(bot.trouble)) {
      this.#doubts.begin(bot, causeOf(bot, fate), foundMs, nowMs);
    } else if (!this.#awaited.await(bot, { fate, foundMs }, nowMs)) {
      this.#die(bot, causeOf(bot, fate), foundMs, nowMs);
    }
  }

  /**
   * The connection of the current process ended: all its lines are read. Answers whether it is
   * known that the process has ended, too.
   */
  hungUp(bot: BotState, nowMs: number): boolean {
    const death = this.#awaited.take(bot);
    if (death === undefined) return false;
    this.#dieAsFound(bot, death, nowMs);
    return true;
  }

  /**
   * A look does not show the bot's process, as none ever did: it may be dead by absence. Answers
   * whether it is.
   */
  absent(bot: BotState, o: BotProbeResult, nowMs: number): boolean {
    if (o.state !== "gone" || bot.pid !== o.pid || bot.processSeen || isEnded(bot.status)) return false;
    if (!bot.contact.absent(nowMs, o.afterEnd === true)) return false;
    this.#die(bot, cause.processGone(o.pid), o.atMs, nowMs);
    return true;
  }

  /** Keeps nothing more of a bot that leaves the fleet. */
  forget(bot: BotState): void {
    this.#crashes.forget(bot);
    this.#doubts.end(bot);
    this.#awaited.take(bot);
  }

  /** The current process is heard, before anything is learnt from its line. */
  survived(bot: BotState): void {
    if (bot.status === "dead") this.#retract(bot);
    if (isEnded(bot.status)) bot.comeBack();
  }

  /** The process that looks showed was another one: its end is none of the bot's. */
  mistaken(bot: BotState): void {
    this.#doubts.end(bot);
  }

  /** The current process is heard, and what it says of itself is known. */
  heard(bot: BotState, nowMs: number): void {
    if (!this.#doubts.heard(bot, nowMs)) return;
    bot.contact.proveForeign();
    bot.forgetProbeResult();
  }

  /**
   * Process `pid` takes the place of the current one. If that one ended without a goodbye and no
   * look has found it gone, its end is announced first. Answers why the bot is online then.
   */
  replaced(bot: BotState, pid: number, tsMs: number, nowMs: number): cause.Cause {
    const found = this.#awaited.take(bot);
    if (found !== undefined) this.#dieAsFound(bot, found, nowMs);
    const isOver = isEnded(bot.status);
    const fate = isOver ? null : judgePredecessor(bot.predecessor, this.#options.glance(bot.pid));
    if (bot.status === "offline") bot.countRestart("goodbye");
    if (fate === "lives") bot.countRestart("take_over");
    else if (fate !== null) this.#die(bot, causeOf(bot, fate), tsMs, nowMs);
    this.#doubts.end(bot);
    return fate === "lives" ? cause.takenOverBy(pid) : cause.restartedAs(pid);
  }

  /** Tells those dead whose next beat did not come, and keeps the counts of crashes up to date. */
  tick(nowMs: number): void {
    const { fleet, clock } = this.#options;
    this.#doubts.due(nowMs, (bot, why, foundMs) => {
      if (why.code !== "gone_at_start") return this.#die(bot, why, foundMs, nowMs);
      this.goneAtStart(bot, foundMs);
      fleet.tellBotChanged(bot);
    });
    this.#awaited.due(nowMs, (bot, death) => this.#dieAsFound(bot, death, nowMs));
    this.#crashes.tick(clock.monotonicMs(), (bot) => fleet.tellBotChanged(bot));
  }

  /** Crashes that the store's history tells of, in the order in which they happened. */
  remember(bot: BotState, crashes: readonly RestoredCrash[]): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const wallMs = clock.wallMs();
    for (const { tsMs, livedMs } of crashes) {
      this.#crashes.remember(bot, livedMs, nowMs - Math.max(0, wallMs - tsMs), nowMs);
    }
  }

  /** Its process was gone when the monitor started, at `tsMs`. */
  goneAtStart(bot: BotState, tsMs: number): void {
    const { fleet, deadlines, troubles } = this.#options;
    this.crashedUnseen(bot);
    const why = cause.inLastWords(cause.processGoneAtStart(bot.pid), bot.trouble);
    troubles.end(bot);
    deadlines.clear(bot.number);
    fleet.move(bot, "dead", { cause: why, tsMs });
  }

  /**
   * The same of a bot that never told when its process started: it is dead unless it is heard in
   * time.
   */
  doubtAtStart(bot: BotState, tsMs: number, nowMs: number): void {
    this.#doubts.begin(bot, cause.processGoneAtStart(bot.pid), tsMs, nowMs);
  }

  /** Its process ended while no monitor looked: when, and how long it lived, nobody knows. */
  crashedUnseen(bot: BotState): void {
    this.#crashes.record(bot, null, this.#options.clock.monotonicMs());
  }

  #retract(bot: BotState): void {
    if (bot.status === "dead") this.#crashes.retract(bot, this.#options.clock.monotonicMs());
  }

  #dieAsFound(bot: BotState, { fate, foundMs }: FoundDeath, nowMs: number): void {
    this.#die(bot, causeOf(bot, fate), foundMs, nowMs);
  }

  /**
   * The process ended without a goodbye: with its connection, where that has ended, else at the
   * latest when it was found.
   */
  #die(bot: BotState, why: cause.Cause, foundMs: number, nowMs: number): void {
    const { clock } = this.#options;
    const { endedAtMs } = bot.contact;
    const endMs = Number.isNaN(endedAtMs) ? foundMs : clock.wallMs() - (nowMs - endedAtMs);
    const tsMs = Math.max(Math.min(foundMs, endMs), bot.statusSinceMs);
    bot.countRestart("crash");
    this.#crashes.record(bot, bot.ageAtMs(tsMs), clock.monotonicMs());
    this.#end(bot, "dead", cause.inLastWords(why, bot.trouble), tsMs, nowMs);
  }

  #end(bot: BotState, status: "dead" | "offline", why: cause.Cause, tsMs: number, nowMs: number): void {
    const { fleet, deadlines, troubles } = this.#options;
    bot.endedAtMs = nowMs;
    troubles.end(bot);
    this.#doubts.end(bot);
    this.#awaited.take(bot);
    deadlines.clear(bot.number);
    fleet.move(bot, status, { cause: why, tsMs, livedMs: bot.ageAtMs(tsMs) });
    fleet.tellBotChanged(bot);
  }
}

function causeOf({ pid }: BotState, fate: "gone" | "reused"): cause.Cause {
  return fate === "gone" ? cause.processGone(pid) : cause.pidReused(pid);
}
