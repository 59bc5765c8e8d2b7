import { ManualClock, silentLogger } from "@kissbot/testkit";
import type { Bot } from "../../src/registry/bot.js";
import type { Outcome } from "../../src/registry/outcome.js";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { Registry } from "../../src/registry/registry.js";
import type { RestoredBot } from "../../src/registry/restored-bot.js";
import type { Transition, TroubleChange } from "../../src/registry/transition.js";

export const nobodyThere: ProbeResult = { state: "gone", startedAtMs: null, startKey: null };

/** A registry with everything that it told, and its lines with most of their fields filled in. */
export class Monitor {
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly transitions: Transition[] = [];
  readonly conflicts: string[] = [];
  /** The ends of connections that were told. */
  readonly ends: string[] = [];
  readonly forgotten: string[] = [];
  /** The last rows of those. */
  readonly lastRows: Transition[] = [];
  readonly troubles: TroubleChange[] = [];
  changes = 0;

  /** `glance`: who has a pid when another process takes its place; nobody. */
  constructor({
    clock = new ManualClock(),
    staleTimeoutMs = 60_000,
    maxBots = 1_000,
    glance = (_pid: number): ProbeResult => nobodyThere,
    maxFeatureBytes = 1e9,
  } = {}) {
    this.clock = clock;
    this.registry = new Registry({
      clock,
      logger: silentLogger,
      staleTimeoutMs,
      maxBots,
      glance,
      maxFeatureBytes,
    });
    this.registry.announceTo([
      {
        listenerName: "monitor of a test",
        statusChanged: (transition) => this.transitions.push(transition),
        botChanged: () => this.changes++,
        connectionEnded: ({ bot, pid }) => this.ends.push(`${bot.channel} ${pid}`),
        botLeaves: (last) => this.lastRows.push(last),
        botForgotten: ({ channel }) => this.forgotten.push(channel),
        troubleChanged: (change) => this.troubles.push(change),
        conflictChanged: (bot) =>
          this.conflicts.push(
            bot.conflict === null ? `${bot.channel} over` : `${bot.channel} ${bot.conflict.pid}`,
          ),
      },
    ]);
  }

  /** The status changes that were told, as words. */
  get story(): string[] {
    return this.transitions.map(
      ({ channel, from, to, cause }) => `${channel}: ${from ?? "new"} -> ${to}, ${cause}`,
    );
  }

  bot(channel = "chat"): Bot {
    const bot = this.registry.get(channel);
    if (bot === undefined) throw new Error(`no bot ${channel}`);
    return bot;
  }

  register(line: Partial<Parameters<Registry["register"]>[0]> = {}): Outcome {
    const tsMs = this.clock.wallMs();
    const missing = { features: {}, version: null, startedAtMs: null, intervalS: null };
    return this.registry.register({ channel: "chat", pid: 7, ...missing, tsMs, ...line });
  }

  beat(line: Partial<Parameters<Registry["heartbeat"]>[0]> = {}): Outcome {
    const tsMs = this.clock.wallMs();
    const missing = { rssMb: null, cpuPct: null, dropped: null, startedAtMs: null, intervalS: null };
    return this.registry.heartbeat({ channel: "chat", pid: 7, ...missing, tsMs, ...line });
  }

  sayGoodbye(line: Partial<Parameters<Registry["unregister"]>[0]> = {}): Outcome {
    return this.registry.unregister({ channel: "chat", pid: 7, tsMs: this.clock.wallMs(), ...line });
  }

  look(sample: Partial<Parameters<Registry["observe"]>[0]> = {}): Outcome {
    const missing = { startedAtMs: null, startKey: null, cpuPct: null, rssMb: null };
    const atMs = this.clock.wallMs();
    return this.registry.observe({ channel: "chat", pid: 7, state: "alive", ...missing, atMs, ...sample });
  }

  /** Time passes as it does for a monitor that is awake: a tick a second. */
  wait(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.clock.pass(1_000);
      this.registry.tick();
    }
  }
}

/** A row as a store has it after a bot ran for an hour and was heard 10 s ago. */
export function row(clock: ManualClock, fields: Partial<RestoredBot> = {}): RestoredBot {
  const nowMs = clock.wallMs();
  return {
    channel: "chat",
    pid: 7,
    status: "online",
    featuresJson: '{"jokes": true}',
    registeredAtMs: nowMs - 3_600_000,
    lastSeenMs: nowMs - 10_000,
    statusSinceMs: nowMs - 3_600_000,
    cause: null,
    causeCode: null,
    previousPid: null,
    livedMs: null,
    startedAtMs: nowMs - 3_601_000,
    startTold: true,
    processSeen: true,
    restarts: 3,
    lastCpuPct: null,
    lastRssMb: null,
    version: "1.2",
    intervalS: 30,
    trouble: null,
    troubleSinceMs: null,
    origin: "monitor",
    ...fields,
  };
}

/** A bot of the store that ended long ago, of which little is known. */
export function endedRow(clock: ManualClock, fields: Partial<RestoredBot>): RestoredBot {
  const unknown = { startedAtMs: null, startTold: null, processSeen: false, version: null, intervalS: null };
  const times = { registeredAtMs: 1, lastSeenMs: 1, statusSinceMs: 1 };
  return row(clock, {
    pid: 1,
    status: "offline",
    featuresJson: "{}",
    restarts: 0,
    ...unknown,
    ...times,
    ...fields,
  });
}
