import { ManualClock } from "@kissbot/testkit";
import type { Registry } from "../../src/registry/registry.js";
import type { RestoredBot } from "../../src/registry/restored-bot.js";
import { Monitor } from "./monitor.js";
import { PlainOwner } from "./plain-owner.js";
import { type Look, ReferenceFleet } from "./reference-fleet.js";

/**
 * What can happen. `who` is a number that some process answers to, whether it still lives or not.
 */
export type Happening =
  | { do: "spawn"; pid: number; claims: boolean; contained: boolean; intervalS: number | null }
  | { do: "register" | "beat" | "goodbye"; channel: string; who: number }
  | { do: "die"; who: number }
  /** It dies, and before anybody looks another one has its pid. */
  | { do: "reincarnate"; who: number; claims: boolean }
  /** A look at every current pid; what it showed may reach the monitor only with the next one. */
  | { do: "sample"; failing: boolean; delayed: boolean }
  | { do: "wait"; seconds: number }
  | { do: "freeze"; spanMs: number; tickFirst: boolean }
  | { do: "step"; byMs: number }
  | { do: "restart"; downMs: number; looking: boolean; python: boolean; older: boolean; late: boolean }
  | { do: "storeOpens" };

/** A process as it is, whatever anybody knows of it. */
export interface WorldProcess {
  readonly pid: number;
  readonly startKey: number;
  readonly startedMonotonicMs: number;
  /** What it says of its start. */
  readonly start: number | null;
  /** In a container: no probe sees it, and its pid may be somebody else's. */
  readonly contained: boolean;
  readonly intervalS: number | null;
  alive: boolean;
}

export const staleTimeoutMs = 20_000;

/** A machine with processes, a monitor and the reference, to which the same things happen. */
export class World {
  readonly clock = new ManualClock();
  monitor = this.#newMonitor();
  reference = this.#newReference();
  readonly processes: WorldProcess[] = [];
  /** Who sends the lines of the processes with pid 8. */
  team = new PlainOwner("team");
  /** Whose line the monitor took last as the current process's, by channel. */
  readonly lastHeard = new Map<string, WorldProcess>();
  /** Whether the wall clock ever stepped. */
  stepped = false;
  #rows: RestoredBot[] | null = null;
  #samples: (Look & { channel: string; pid: number })[] = [];
  #askedAtMs = this.clock.monotonicMs();
  #keys = 0;

  happen(it: Happening): void {
    if (it.do === "spawn") this.#spawn(it);
    else if (it.do === "wait") for (let second = 0; second < it.seconds; second++) this.#tickAfter(1_000);
    else if (it.do === "freeze") this.#freeze(it.spanMs, it.tickFirst);
    else if (it.do === "sample") this.#sample(it.failing, it.delayed);
    else if (it.do === "reincarnate") this.#reincarnate(it.who, it.claims);
    else if (it.do === "restart") this.#restart(it);
    else if (it.do === "storeOpens") this.#storeOpens();
    else if (it.do === "step") this.#step(it.byMs);
    else this.#act(it);
  }

  #newMonitor(): Monitor {
    return new Monitor({ clock: this.clock, staleTimeoutMs, glance: (pid) => this.#look(pid) });
  }

  #newReference(): ReferenceFleet {
    return new ReferenceFleet(staleTimeoutMs, (pid) => this.#look(pid));
  }

  #step(byMs: number): void {
    this.clock.step(byMs);
    this.stepped = true;
  }

  /**
   * A pid comes round again only after a while, and only when it is free; nor do namesakes in
   * containers start in the same moment.
   */
  #spawn({ pid, claims, contained, intervalS }: Happening & { do: "spawn" }): void {
    for (let second = 0; second < 5; second++) this.#tickAfter(1_000);
    if (!contained && this.#onHost(pid) !== undefined) return;
    const startedMonotonicMs = this.clock.monotonicMs();
    const start = claims ? this.clock.wallMs() : null;
    const startKey = ++this.#keys;
    this.processes.push({ pid, startKey, startedMonotonicMs, start, contained, intervalS, alive: true });
  }

  #act(it: Happening & { do: "register" | "beat" | "goodbye" | "die" }): void {
    const process = this.processes[it.who % this.processes.length];
    if (process === undefined) return;
    if (it.do === "die") {
      process.alive = false;
      return;
    }
    const { pid, start, intervalS } = process;
    const { channel } = it;
    const tsMs = this.clock.wallMs();
    this.#question();
    if (it.do === "goodbye") {
      this.monitor.sayGoodbye({ channel, pid });
      this.reference.goodbye(channel, pid, tsMs);
      return;
    }
    const owner = this.#ownerOf(pid);
    const line = { channel, pid, startedAtMs: start, intervalS, owner };
    const outcome = it.do === "register" ? this.monitor.register(line) : this.monitor.beat(line);
    if (outcome === "applied") this.lastHeard.set(channel, process);
    if (it.do === "register") this.reference.register(channel, { pid, start }, intervalS, tsMs, owner?.name);
    else this.reference.heartbeat(channel, { pid, start }, intervalS, tsMs, owner?.name);
  }

  #reincarnate(who: number, claims: boolean): void {
    const process = this.processes[who % this.processes.length];
    if (process === undefined) return;
    process.alive = false;
    this.#spawn({ ...process, do: "spawn", claims });
  }

  #sample(failing: boolean, delayed: boolean): void {
    this.#deliver();
    for (const { channel, pid } of this.monitor.registry.bots()) {
      this.#samples.push({ channel, pid, ...(failing ? unknown : this.#look(pid)) });
    }
    if (!delayed) this.#deliver();
  }

  #deliver(): void {
    for (const sample of this.#samples) {
      this.#question();
      this.monitor.look(sample);
      this.reference.look(sample.channel, sample.pid, sample);
    }
    this.#samples = [];
  }

  #freeze(spanMs: number, tickFirst: boolean): void {
    this.clock.pass(spanMs);
    if (!tickFirst) return;
    this.#tickAfter(0);
  }

  #tickAfter(spanMs: number): void {
    this.clock.pass(spanMs);
    this.#question();
    this.monitor.registry.tick();
    this.reference.tick();
  }

  #restart({ downMs, looking, python, older, late }: Happening & { do: "restart" }): void {
    this.#storeOpens();
    const rows = [...this.monitor.registry.bots()].map((bot) => rowOf(bot, python, older));
    // What a Python monitor was told of starts, nobody knows any more.
    if (python) this.lastHeard.clear();
    this.clock.pass(downMs);
    this.team = new PlainOwner("team");
    this.monitor = this.#newMonitor();
    this.reference = this.#newReference();
    this.#askedAtMs = this.clock.monotonicMs();
    this.#rows = rows;
    this.#samples = [];
    if (!late) this.#storeOpens(looking);
  }

  #storeOpens(looking = true): void {
    const rows = this.#rows;
    if (rows === null) return;
    this.#rows = null;
    const looks = new Map(rows.map(({ channel, pid }) => [channel, looking ? this.#look(pid) : unknown]));
    this.#question();
    this.monitor.registry.restore(rows, looks);
    this.reference.restore(rows, looks, this.clock.wallMs());
  }

  /** Tells the reference how long nobody asked the monitor anything. */
  #question(): void {
    const nowMs = this.clock.monotonicMs();
    this.reference.wake(nowMs - this.#askedAtMs);
    this.#askedAtMs = nowMs;
  }

  #ownerOf(pid: number): PlainOwner | undefined {
    return pid === 8 ? this.team : undefined;
  }

  #onHost(pid: number): WorldProcess | undefined {
    return this.processes.find((it) => it.pid === pid && it.alive && !it.contained);
  }

  /** The start as a probe computes it: from the present clock, and 600 ms off. */
  #look(pid: number): Look {
    const process = this.#onHost(pid);
    if (process === undefined) return { state: "gone", startedAtMs: null, startKey: null };
    const agoMs = this.clock.monotonicMs() - process.startedMonotonicMs;
    return { state: "alive", startedAtMs: this.clock.wallMs() - agoMs - 600, startKey: process.startKey };
  }
}

const unknown: Look = { state: "unknown", startedAtMs: null, startKey: null };

/**
 * A Python monitor keeps neither starts, restarts nor intervals, an older one of ours not whose
 * word a start is.
 */
function rowOf(bot: NonNullable<ReturnType<Registry["get"]>>, python: boolean, older: boolean): RestoredBot {
  const { channel, pid, status, featuresJson, registeredAtMs, lastSeenMs, statusSinceMs } = bot;
  const { startedAtMs, processSeen, restarts, version, intervalS, lastCpuPct, lastRssMb } = bot;
  const { statusCause: cause, causeCode, previousPid, livedMs, trouble, troubleSinceMs } = bot;
  const known = { channel, pid, status, featuresJson, registeredAtMs, lastSeenMs };
  if (!python) {
    return {
      ...known,
      cause,
      causeCode,
      previousPid,
      livedMs,
      lastCpuPct,
      lastRssMb,
      trouble,
      troubleSinceMs,
      startTold: older ? null : bot.startTold,
      statusSinceMs,
      startedAtMs,
      processSeen,
      restarts,
      version,
      intervalS,
      origin: "monitor",
    };
  }
  const unknownToPython = {
    statusSinceMs: null,
    startedAtMs: null,
    startTold: null,
    version: null,
    intervalS: null,
  };
  const why = { cause: null, causeCode: null, previousPid: null, livedMs: null };
  const load = { lastCpuPct: null, lastRssMb: null, trouble: null, troubleSinceMs: null };
  return { ...known, ...unknownToPython, ...why, ...load, processSeen: false, restarts: 0, origin: "python" };
}
