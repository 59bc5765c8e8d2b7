import { until } from "@kissbot/testkit";
import type { BotCount, BotPlan, Diary, Phase } from "./bot-process.js";
import { BotProcess } from "./bot-process.js";
import type { MonitorProcess } from "./monitor-process.js";
import type { Scene } from "./scene.js";

export interface FleetPlan extends Omit<BotPlan, "channels"> {
  readonly name?: string;
  readonly processes: number;
  readonly botsPerProcess: number;
}

/**
 * What a phase was at its worst among all processes of a fleet, and typically: the median of the
 * processes' values.
 */
export interface FleetPhase {
  readonly worst: Phase;
  readonly typical: Phase;
}

/** Bots in several processes, asked as one. */
export class Fleet {
  readonly processes: readonly BotProcess[];
  readonly channels: readonly string[];

  private constructor(processes: readonly BotProcess[], channels: readonly string[]) {
    this.processes = processes;
    this.channels = channels;
  }

  static async start(
    scene: Scene,
    { name = "bot", processes, botsPerProcess, ...plan }: FleetPlan,
  ): Promise<Fleet> {
    const groups = Array.from({ length: processes }, (_, p) =>
      Array.from({ length: botsPerProcess }, (_, b) => `${name}-${p}-${b}`),
    );
    const started = await Promise.all(
      groups.map((channels) => BotProcess.start(scene, { ...plan, channels })),
    );
    return new Fleet(started, groups.flat());
  }

  /** Resolves when the monitor shows all of its bots online. */
  async isOnline(monitor: MonitorProcess, timeoutMs = 30_000): Promise<void> {
    let missing: readonly string[] = this.channels;
    await until(
      "the whole fleet is online",
      async () => {
        const online = new Set((await monitor.bots()).filter(isOnline).map(({ channel }) => channel));
        missing = this.channels.filter((channel) => !online.has(channel));
        return missing.length === 0;
      },
      { timeoutMs, describe: () => missing },
    );
  }

  /** Resolves when the monitor has heard every bot after that moment. */
  async isHeard(
    monitor: MonitorProcess,
    afterMs: number,
    { share = 1, timeoutMs = 60_000 } = {},
  ): Promise<void> {
    let heard = 0;
    await until(
      `the monitor has heard ${share} of the fleet`,
      async () => {
        const own = new Set(this.channels);
        const bots = (await monitor.bots()).filter(({ channel }) => own.has(channel));
        heard = bots.filter(({ last_seen }) => Date.parse(last_seen) > afterMs).length;
        return heard >= share * this.channels.length;
      },
      { timeoutMs, describe: () => heard },
    );
  }

  async count(): Promise<BotCount> {
    const counts = await Promise.all(this.processes.map((bots) => bots.ask("count")));
    return counts.reduce(addCounts);
  }

  /** Ends the phase under way, and tells what the bots noticed in it. */
  phase(): Promise<FleetPhase> {
    return phaseOf([this]);
  }

  async diaries(): Promise<Map<string, Diary>> {
    const diaries = await Promise.all(this.processes.map((bots) => bots.ask("diary")));
    return new Map(diaries.flatMap((diary) => Object.entries(diary)));
  }

  async rates(callsPerSecond: number, metricsPerSecond: number): Promise<void> {
    await Promise.all(this.processes.map((bots) => bots.ask("rates", { callsPerSecond, metricsPerSecond })));
  }

  /** No more calls; resolves when nothing waits in any client. Heartbeats go on. */
  async stop(timeoutMs = 40_000): Promise<void> {
    const all = await Promise.all(
      this.processes.map((bots) => bots.ask("stop", { timeoutMs }, timeoutMs + 10_000)),
    );
    if (!all.every(Boolean)) throw new Error(`lines still wait after ${timeoutMs} ms`);
  }
}

/** Of several fleets together. */
export async function countOf(fleets: readonly Fleet[]): Promise<BotCount> {
  return (await Promise.all(fleets.map((fleet) => fleet.count()))).reduce(addCounts);
}

/** Of several fleets together. */
export async function phaseOf(fleets: readonly Fleet[]): Promise<FleetPhase> {
  const processes = fleets.flatMap((fleet) => fleet.processes);
  const phases = await Promise.all(processes.map((bots) => bots.ask("phase")));
  return { worst: merged(phases, (values) => Math.max(...values)), typical: merged(phases, medianOf) };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function isOnline({ status }: { readonly status: string }): boolean {
  return status === "online";
}

function addCounts(a: BotCount, b: BotCount): BotCount {
  return addAll(a as unknown as Counts, b as unknown as Counts) as unknown as BotCount;
}

interface Counts {
  readonly [name: string]: number | Counts;
}

function addAll(a: Counts, b: Counts): Counts {
  const sum: Record<string, number | Counts> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const other = a[name];
    if (typeof value === "number") sum[name] = value + (typeof other === "number" ? other : 0);
    else sum[name] = addAll(typeof other === "object" ? other : {}, value);
  }
  return sum;
}

function merged(phases: readonly Phase[], by: (values: readonly number[]) => number): Phase {
  const take = (pick: (phase: Phase) => number) => by(phases.map(pick));
  const quantiles = (name: "call" | "settle") => ({
    n: phases.reduce((sum, phase) => sum + phase[name].n, 0),
    p50: take((phase) => phase[name].p50),
    p99: take((phase) => phase[name].p99),
    max: take((phase) => phase[name].max),
  });
  return {
    delay: {
      p50: take(({ delay }) => delay.p50),
      p99: take(({ delay }) => delay.p99),
      max: take(({ delay }) => delay.max),
    },
    call: quantiles("call"),
    settle: quantiles("settle"),
  };
}
