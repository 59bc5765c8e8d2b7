import type { BotState } from "./bot-state.js";

/** Several bots under one pid. */
interface Namesakes {
  /** All of them. */
  bots: number;
  /** Those of the process that the monitor sees there. */
  seen: number;
  readonly byClaim: Map<number, Claimants>;
}

/** The bots that tell one start of their process, by whether the monitor sees it. */
interface Claimants {
  seen: number;
  unseen: number;
}

/** As what a bot is counted. `startMs` is null where it told none. */
export interface ProcessPlace {
  readonly pid: number;
  readonly startMs: number | null;
  readonly seen: boolean;
}

/**
 * How many bots each process has that somebody measures, so that its CPU and memory can be shared
 * out among them. Bots are of one process where the monitor sees the process of each under the same
 * pid, or where they tell the same pid and the same start to the millisecond. In containers pids
 * repeat: a bot that tells no start and measures itself is taken to be alone.
 */
export class Processes {
  /** Nearly every pid has one bot, which then stands here itself. */
  readonly #byPid = new Map<number, BotState | Namesakes>();

  /**
   * To be called after each change of a bot: that costs a comparison where nothing changed that
   * counts here.
   */
  place(bot: BotState): void {
    const before = bot.place;
    if (!isMeasured(bot)) {
      if (before !== null) this.leave(bot);
      return;
    }
    const { pid, claimedStartMs: startMs, measuresItself } = bot;
    const seen = !measuresItself;
    if (before?.pid === pid && before.startMs === startMs && before.seen === seen) return;
    this.leave(bot);
    bot.place = { pid, startMs, seen };
    const others = this.#byPid.get(pid);
    if (others === undefined) {
      this.#byPid.set(pid, bot);
      return;
    }
    const namesakes = "byClaim" in others ? others : this.#withOne(others);
    this.#add(namesakes, bot.place, 1);
  }

  leave(bot: BotState): void {
    const { place } = bot;
    if (place === null) return;
    bot.place = null;
    const namesakes = this.#byPid.get(place.pid);
    if (namesakes === undefined || !("byClaim" in namesakes)) {
      this.#byPid.delete(place.pid);
      return;
    }
    this.#add(namesakes, place, -1);
    if (namesakes.bots === 0) this.#byPid.delete(place.pid);
  }

  /** How many bots the process has whose bot this is, itself included; at least 1. */
  botsOf({ place }: BotState): number {
    const namesakes = place === null ? undefined : this.#byPid.get(place.pid);
    if (place === null || namesakes === undefined || !("byClaim" in namesakes)) return 1;
    if (place.seen) return namesakes.seen;
    const claimants = place.startMs === null ? undefined : namesakes.byClaim.get(place.startMs);
    if (claimants === undefined) return 1;
    return claimants.seen > 0 ? namesakes.seen : claimants.unseen;
  }

  #withOne(bot: BotState): Namesakes {
    const place = bot.place as ProcessPlace;
    const namesakes: Namesakes = { bots: 0, seen: 0, byClaim: new Map() };
    this.#add(namesakes, place, 1);
    this.#byPid.set(place.pid, namesakes);
    return namesakes;
  }

  #add(namesakes: Namesakes, { startMs, seen }: ProcessPlace, by: 1 | -1): void {
    namesakes.bots += by;
    if (startMs !== null) this.#claim(namesakes, startMs, seen, by);
    else if (seen) namesakes.seen += by;
  }

  /** With the first of its claimants that is seen, the others belong to the seen process too. */
  #claim(namesakes: Namesakes, startMs: number, seen: boolean, by: 1 | -1): void {
    let claimants = namesakes.byClaim.get(startMs);
    if (claimants === undefined) {
      claimants = { seen: 0, unseen: 0 };
      namesakes.byClaim.set(startMs, claimants);
    }
    namesakes.seen -= ofSeenProcess(claimants);
    claimants[seen ? "seen" : "unseen"] += by;
    namesakes.seen += ofSeenProcess(claimants);
    if (claimants.seen + claimants.unseen === 0) namesakes.byClaim.delete(startMs);
  }
}

function ofSeenProcess({ seen, unseen }: Claimants): number {
  return seen > 0 ? seen + unseen : 0;
}

/** A stale bot gives samples only where the monitor takes them. */
function isMeasured({ status, measuresItself }: BotState): boolean {
  return status === "online" || (status === "stale" && !measuresItself);
}
