/*
 * The liveness of DESIGN section 5, "Liveness" and "Start", written down once more: slow, with
 * whole histories instead of the state that is needed, and without a look at the registry. It knows
 * nothing of measurements.
 */

export type Status = "online" | "stale" | "dead" | "offline";

/** A process as its lines show it. */
export interface Speaker {
  readonly pid: number;
  readonly start: number | null;
}

/** A pid as a probe shows it. */
export interface Look {
  readonly state: "alive" | "gone" | "unknown";
  readonly startedAtMs: number | null;
  readonly startKey: number | null;
}

export interface Row {
  readonly channel: string;
  readonly pid: number;
  readonly status: Status;
  readonly registeredAtMs: number;
  readonly lastSeenMs: number;
  readonly startedAtMs: number | null;
  readonly startTold: boolean | null;
  readonly processSeen: boolean;
  readonly restarts: number;
  readonly intervalS: number | null;
  readonly origin: "monitor" | "python";
}

export interface ReferenceBot {
  /** Who sent the last line of its current process. */
  owner: string;
  speaker: Speaker;
  status: Status;
  registeredAtMs: number;
  lastSeenMs: number;
  heardAt: number;
  /** What a bot that only a row told of has at least to speak up. */
  graceMs: number;
  intervalS: number | null;
  restarts: number;
  /**
   * The key under which the process was seen; null where the look had none; undefined where it was
   * not seen.
   */
  seenAs: number | null | undefined;
  /** Whether it told a start; null where nobody wrote that down. */
  told: boolean | null;
  shownStart: number | null;
  /** Whether it beat, and how long it was silent between its last two lines. */
  beaten: boolean;
  hasBeenHeard: boolean;
  gapMs: number | undefined;
  /** It told no start, and nobody has its pid any more. */
  doubt: { since: number; until: number; atStart: boolean } | undefined;
  /** It was heard all the same: the pid is not its own here. */
  foreign: boolean;
  rival: { pid: number; owner: string; heardAt: number; intervalS: number | null } | undefined;
  readonly goodbyes: { who: Speaker; at: number }[];
}

const unheard = { beaten: false, hasBeenHeard: false, gapMs: undefined, doubt: undefined, foreign: false };
const tolerance = 2_000;
const near = (a: number, b: number) => Math.abs(a - b) <= tolerance;

export class ReferenceFleet {
  readonly bots = new Map<string, ReferenceBot>();
  /** Each change as [channel, from, to]. */
  readonly changes: [string, Status | null, Status][] = [];
  #now = 0;
  #nobodyIsJudgedBefore = 0;
  readonly #staleTimeoutMs: number;
  readonly #glance: (pid: number) => Look;

  /** `glance`: who has a pid at this moment. */
  constructor(staleTimeoutMs: number, glance: (pid: number) => Look) {
    this.#staleTimeoutMs = staleTimeoutMs;
    this.#glance = glance;
  }

  /**
   * The monitor looked up after so long: what is beyond 2 s it slept, and then it needs 5 s to read
   * what came meanwhile.
   */
  wake(afterMs: number): void {
    this.#now += Math.min(afterMs, 2_000);
    if (afterMs > 2_000) this.#nobodyIsJudgedBefore = this.#now + 5_000;
  }

  register(channel: string, who: Speaker, intervalS: number | null, tsMs: number, owner = "local"): void {
    const bot = this.bots.get(channel);
    if (bot !== undefined) bot.owner = owner;
    if (bot === undefined) {
      this.#appear(channel, who, intervalS, tsMs, owner);
    } else if (this.#same(bot.speaker, who)) {
      if (bot.status === "offline" || bot.status === "dead") bot.registeredAtMs = tsMs;
      this.#live(channel, bot, who, intervalS, tsMs);
    } else {
      this.#replace(channel, bot, who, intervalS, tsMs);
    }
  }

  heartbeat(channel: string, who: Speaker, intervalS: number | null, tsMs: number, owner = "local"): void {
    const bot = this.bots.get(channel);
    if (bot === undefined) {
      this.#appear(channel, who, intervalS, tsMs, owner);
      this.#beat(channel);
      return;
    }
    const ended = bot.goodbyes.some((it) => this.#same(it.who, who) && this.#now - it.at < 5_000);
    if (this.#same(bot.speaker, who)) {
      if (ended && (bot.status === "offline" || bot.status === "dead")) return;
      bot.owner = owner;
      this.#live(channel, bot, who, intervalS, tsMs);
      this.#beat(channel);
      return;
    }
    if (ended) return;
    const { speaker } = bot;
    const isNewerUnderOnePid =
      who.pid === speaker.pid && who.start !== null && speaker.start !== null && who.start > speaker.start;
    if (bot.status !== "online" || isNewerUnderOnePid) {
      bot.owner = owner;
      this.#replace(channel, bot, who, intervalS ?? bot.intervalS, tsMs);
      this.#beat(channel);
    } else if (bot.rival === undefined || bot.rival.pid === who.pid) {
      bot.rival = { pid: who.pid, owner: bot.rival?.owner ?? owner, heardAt: this.#now, intervalS };
    }
  }

  goodbye(channel: string, pid: number, tsMs: number): void {
    const bot = this.bots.get(channel);
    if (bot === undefined) return;
    if (bot.speaker.pid === pid) {
      if (bot.status === "offline") return;
      if (bot.status === "dead") bot.restarts = Math.max(0, bot.restarts - 1);
      bot.lastSeenMs = tsMs;
      bot.goodbyes.push({ who: bot.speaker, at: this.#now });
      bot.doubt = undefined;
      this.#become(channel, bot, "offline");
    } else if (bot.rival?.pid === pid) {
      bot.rival = undefined;
      bot.goodbyes.push({ who: { pid, start: null }, at: this.#now });
    }
  }

  look(channel: string, pid: number, look: Look): void {
    const bot = this.bots.get(channel);
    if (bot?.speaker.pid !== pid || bot.status === "dead" || bot.status === "offline") return;
    if (look.state === "unknown") return;
    const hasOnlyPid = bot.told !== true;
    if (look.state === "alive" && hasOnlyPid && bot.foreign) return;
    if (bot.seenAs === undefined) {
      if (this.#shows(bot.speaker, bot.registeredAtMs, look)) this.#see(bot, look);
      return;
    }
    const isOther = look.startKey !== null && bot.seenAs !== null && look.startKey !== bot.seenAs;
    if ((look.state === "gone" || isOther) && hasOnlyPid && bot.beaten) {
      const until = bot.hasBeenHeard
        ? Math.max(this.#now + 5_000, this.#overdue(bot, bot.heardAt))
        : this.#unheard(bot);
      bot.doubt ??= { since: this.#now, until, atStart: false };
    } else if (look.state === "gone" || isOther) {
      bot.goodbyes.push({ who: bot.speaker, at: this.#now });
      this.#die(channel, bot);
    } else if (bot.seenAs !== null || this.#shows(bot.speaker, bot.registeredAtMs, look)) {
      this.#see(bot, look);
    }
  }

  tick(): void {
    if (this.#now < this.#nobodyIsJudgedBefore) return;
    for (const [channel, bot] of this.bots) {
      if (bot.doubt === undefined || bot.doubt.until > this.#now) continue;
      if (!bot.doubt.atStart) bot.goodbyes.push({ who: bot.speaker, at: this.#now });
      this.#die(channel, bot);
    }
    for (const [channel, bot] of this.bots) {
      const isSilent = this.#now - bot.heardAt >= Math.max(this.#patience(bot.intervalS), bot.graceMs);
      if (bot.status === "online" && isSilent) this.#become(channel, bot, "stale");
      const { rival } = bot;
      if (rival !== undefined && this.#now - rival.heardAt >= this.#patience(rival.intervalS)) {
        bot.rival = undefined;
      }
    }
  }

  restore(rows: readonly Row[], looks: ReadonlyMap<string, Look>, wallMs: number): void {
    for (const row of rows) {
      const live = this.bots.get(row.channel);
      if (live === undefined) this.#remember(row, looks.get(row.channel), wallMs);
      else this.#merge(live, row, looks.get(row.channel));
    }
  }

  #merge(live: ReferenceBot, row: Row, look: Look | undefined): void {
    const start = live.speaker.start ?? live.shownStart;
    const told = toldStart(row);
    const nobodyTold = live.speaker.start === null && row.startTold !== true && row.origin === "monitor";
    const isBefore = told === null && start !== null && start <= row.registeredAtMs + tolerance;
    const isSame =
      live.speaker.pid === row.pid &&
      (nobodyTold || start === null || isBefore || (told !== null && near(start, told)));
    live.restarts += row.restarts;
    if (!isSame) {
      const ranOn = row.status === "online" || row.status === "stale";
      const before = { pid: row.pid, start: told };
      if (ranOn && !(look !== undefined && this.#shows(before, row.registeredAtMs, look))) live.restarts++;
      return;
    }
    live.registeredAtMs = row.registeredAtMs;
    live.shownStart ??= row.startedAtMs;
    live.intervalS ??= row.intervalS;
  }

  #remember(row: Row, look: Look | undefined, wallMs: number): void {
    const speaker = { pid: row.pid, start: toldStart(row) };
    const bot: ReferenceBot = {
      owner: "local",
      speaker,
      status: row.status,
      registeredAtMs: row.registeredAtMs,
      lastSeenMs: row.lastSeenMs,
      heardAt: this.#now,
      graceMs: 35_000,
      intervalS: row.intervalS,
      restarts: row.restarts,
      shownStart: row.startedAtMs,
      seenAs: row.processSeen ? null : undefined,
      rival: undefined,
      goodbyes: [],
      ...unheard,
      told: row.startTold,
      beaten: true,
    };
    this.bots.set(row.channel, bot);
    if (row.status === "dead" || row.status === "offline") return;
    // What a look showed is recorded, too: another one that has the pid by now is another process.
    const recorded = { pid: row.pid, start: row.startedAtMs };
    const canTell = row.origin === "monitor" || look?.startedAtMs !== null;
    const startedBefore =
      row.processSeen &&
      look !== undefined &&
      look.startedAtMs !== null &&
      look.startedAtMs <= row.lastSeenMs;
    if (
      look?.state === "alive" &&
      (startedBefore || (canTell && this.#shows(recorded, row.registeredAtMs, look)))
    ) {
      this.#see(bot, look);
      bot.speaker = { pid: row.pid, start: null };
      return;
    }
    const isGone = look?.state === "gone" || (look?.state === "alive" && look.startedAtMs !== null);
    if (row.processSeen && isGone && row.startTold === true) {
      this.#die(row.channel, bot);
      return;
    }
    if (row.status === "online" && wallMs - row.lastSeenMs > this.#patience(row.intervalS) + lagOf(row)) {
      this.#become(row.channel, bot, "stale");
    }
    if (row.processSeen && isGone) bot.doubt = { since: this.#now, until: this.#unheard(bot), atStart: true };
  }

  #appear(channel: string, who: Speaker, intervalS: number | null, tsMs: number, owner: string): void {
    this.bots.set(channel, {
      owner,
      speaker: who,
      status: "online",
      registeredAtMs: tsMs,
      lastSeenMs: tsMs,
      heardAt: this.#now,
      graceMs: 0,
      intervalS,
      restarts: 0,
      seenAs: undefined,
      shownStart: believable(who.start, tsMs),
      rival: undefined,
      goodbyes: [],
      ...unheard,
      told: who.start !== null,
      hasBeenHeard: true,
    });
    this.changes.push([channel, null, "online"]);
  }

  #live(channel: string, bot: ReferenceBot, who: Speaker, intervalS: number | null, tsMs: number): void {
    if (bot.status === "dead") bot.restarts = Math.max(0, bot.restarts - 1);
    if (bot.status === "dead" || bot.status === "offline") {
      bot.seenAs = undefined;
      // It is back: whatever it writes from now on is not late.
      this.#forgive(bot, who);
    }
    if (who.start !== null) bot.told = true;
    if (bot.speaker.start === null) {
      bot.speaker = { pid: who.pid, start: who.start };
      bot.shownStart ??= believable(who.start, tsMs);
      const isOther = who.start !== null && bot.shownStart !== null && !near(who.start, bot.shownStart);
      if (isOther) {
        bot.seenAs = undefined;
        bot.doubt = undefined;
        bot.shownStart = believable(who.start, tsMs);
      }
    }
    bot.intervalS = intervalS ?? bot.intervalS;
    const { doubt } = bot;
    if (doubt !== undefined && this.#now - doubt.since > 1_000) {
      bot.doubt = undefined;
      bot.foreign = true;
      bot.seenAs = undefined;
    } else if (doubt !== undefined) {
      doubt.until = Math.max(doubt.until, this.#overdue(bot, this.#now));
    }
    if (bot.hasBeenHeard) bot.gapMs = this.#now - bot.heardAt;
    bot.hasBeenHeard = true;
    bot.heardAt = this.#now;
    bot.graceMs = 0;
    bot.lastSeenMs = tsMs;
    this.#become(channel, bot, "online");
  }

  #replace(channel: string, bot: ReferenceBot, who: Speaker, intervalS: number | null, tsMs: number): void {
    const ranOn = bot.status === "online" || bot.status === "stale";
    if (ranOn && !this.#stillLives(bot)) {
      bot.goodbyes.push({ who: bot.speaker, at: this.#now });
      this.#die(channel, bot);
    }
    this.#forgive(bot, who);
    if (bot.rival?.pid === who.pid) bot.rival = undefined;
    bot.speaker = who;
    bot.registeredAtMs = tsMs;
    bot.lastSeenMs = tsMs;
    bot.heardAt = this.#now;
    bot.graceMs = 0;
    bot.intervalS = intervalS;
    bot.seenAs = undefined;
    Object.assign(bot, unheard, { told: who.start !== null, hasBeenHeard: true });
    bot.shownStart = believable(who.start, tsMs);
    this.#become(channel, bot, "online");
  }

  /** Nobody keeps a connection open here, so a process that no look shows counts as ended. */
  #stillLives({ speaker, seenAs, registeredAtMs }: ReferenceBot): boolean {
    const look = this.#glance(speaker.pid);
    if (look.state !== "alive") return false;
    if (seenAs === undefined || seenAs === null) return this.#shows(speaker, registeredAtMs, look);
    return look.startKey === seenAs;
  }

  #beat(channel: string): void {
    const bot = this.bots.get(channel);
    if (bot !== undefined) bot.beaten = true;
  }

  /** When its next beat is overdue; 0 where nobody knows how often it beats. */
  #overdue({ intervalS, gapMs }: ReferenceBot, heardAt: number): number {
    const intervalMs = intervalS === null ? gapMs : 1_000 * intervalS;
    return intervalMs === undefined ? 0 : heardAt + intervalMs + 2_000;
  }

  /** Until when a bot may be silent that was not heard since the monitor's start. */
  #unheard({ intervalS }: ReferenceBot): number {
    return this.#now + Math.max(this.#patience(intervalS), 35_000);
  }

  #die(channel: string, bot: ReferenceBot): void {
    bot.doubt = undefined;
    bot.restarts++;
    this.#become(channel, bot, "dead");
  }

  #forgive(bot: ReferenceBot, who: Speaker): void {
    const others = bot.goodbyes.filter((it) => !this.#same(it.who, who));
    bot.goodbyes.splice(0, Number.POSITIVE_INFINITY, ...others);
  }

  #become(channel: string, bot: ReferenceBot, status: Status): void {
    if (bot.status === status) return;
    this.changes.push([channel, bot.status, status]);
    bot.status = status;
  }

  #see(bot: ReferenceBot, look: Look): void {
    bot.seenAs = look.startKey ?? bot.seenAs ?? null;
    const start = look.startedAtMs;
    if (start === null || (bot.shownStart !== null && near(start, bot.shownStart))) return;
    bot.shownStart = start;
  }

  #same(a: Speaker, b: Speaker): boolean {
    return a.pid === b.pid && (a.start === null || b.start === null || near(a.start, b.start));
  }

  #shows(who: Speaker, registeredAtMs: number, look: Look): boolean {
    if (look.state !== "alive") return false;
    if (who.start === null) return (look.startedAtMs ?? 0) <= registeredAtMs + tolerance;
    return look.startedAtMs !== null && near(look.startedAtMs, who.start);
  }

  #patience(intervalS: number | null): number {
    return Math.max(this.#staleTimeoutMs, 2.5 * 1_000 * (intervalS ?? 0));
  }
}

function believable(start: number | null, heardAtMs: number): number | null {
  return start !== null && start <= heardAtMs + tolerance ? start : null;
}

/** What a row says of a start that the bot itself told, or may have told. */
function toldStart({ startTold, startedAtMs }: Row): number | null {
  return startTold === false ? null : startedAtMs;
}

/** By how much the recorded time of the last heartbeat may be too old. */
function lagOf({ origin }: Row): number {
  return origin === "monitor" ? 15_000 : 0;
}
