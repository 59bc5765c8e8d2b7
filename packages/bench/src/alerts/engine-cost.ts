import { setTimeout as delay } from "node:timers/promises";
import { cores } from "../server/cores.js";
import type { FleetOrder } from "../server/fleet-load.js";
import { Monitor } from "../server/monitor.js";
import { Peer } from "../server/peer.js";
import { AlertConfig } from "./alert-config.js";
import { WebhookTaker } from "./webhook-taker.js";

/** Each bot beats once in it. */
const intervalMs = 15_000;

export interface EngineCost {
  /** Of a core: the process without alerts and with them, and what the turns of the alerts took. */
  readonly without: number;
  readonly withAlerts: number;
  readonly turns: number;
  /** The share of turns that took over 10 ms, all their pieces together. */
  readonly longTurns: number;
}

/** What alerts cost a monitor of so many connected bots that are well, over `windowMs`. */
export async function engineCost(bots: number, windowMs: number): Promise<EngineCost> {
  await using ops = await WebhookTaker.start();
  using config = new AlertConfig({ ops: ops.receiver });
  const without = await costOf([], bots, windowMs);
  const own = await costOf(config.flags, bots, windowMs);
  return { without: without.all, withAlerts: own.all, turns: own.turns, longTurns: own.longTurns };
}

async function costOf(flags: readonly string[], bots: number, windowMs: number) {
  const monitor = await Monitor.start({ flags });
  const load = await Peer.start(new URL("../server/fleet-load.ts", import.meta.url), cores.load);
  try {
    await load.ask("connect", { socketPath: monitor.socketPath, bots, intervalMs } satisfies FleetOrder);
    // What a start alone needs, and what the compilers do.
    await delay(windowMs);
    const before = { cpu: monitor.cpuTime().all, turns: await turnsOf(monitor), atMs: performance.now() };
    await delay(windowMs);
    const elapsedMs = performance.now() - before.atMs;
    const after = { cpu: monitor.cpuTime().all, turns: await turnsOf(monitor) };
    const count = after.turns.count - before.turns.count;
    return {
      all: (after.cpu - before.cpu) / (elapsedMs * 1e6),
      turns: ((after.turns.sumS - before.turns.sumS) * 1_000) / elapsedMs,
      longTurns: count === 0 ? 0 : (count - (after.turns.short - before.turns.short)) / count,
    };
  } finally {
    await load.stop();
    await monitor.stop();
  }
}

/** Nothing where there are no alerts. */
async function turnsOf(monitor: Monitor) {
  const text = await (await fetch(`${monitor.url}/metrics`)).text();
  const value = (name: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1] ?? 0,
    );
  return {
    sumS: value("kissbot_alert_turn_seconds_sum"),
    count: value("kissbot_alert_turn_seconds_count"),
    short: value('kissbot_alert_turn_seconds_bucket{le="0.01"}'),
  };
}
