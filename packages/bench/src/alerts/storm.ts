import { setTimeout as delay } from "node:timers/promises";
import { Monitor } from "../server/monitor.js";
import { AlertConfig, defaultPace, hurried } from "./alert-config.js";
import { FleetOfProcesses } from "./fleet-of-processes.js";
import { type TakenMessage, WebhookTaker } from "./webhook-taker.js";

/** In the real course of things bots are away for five minutes. */
const awayMs = 300_000;

export interface Storm {
  readonly killMs: number;
  readonly messages: number;
  /** How many bots were told as down, and as up. */
  readonly downs: number;
  readonly ups: number;
}

/**
 * All bots die within a second and come back; everything is `hurry` times as fast as by default.
 */
export async function storm(bots: number, hurry: number): Promise<Storm> {
  await using ops = await WebhookTaker.start();
  using config = new AlertConfig({ ops: ops.receiver }, hurried(defaultPace, hurry));
  const monitor = await Monitor.start({ flags: config.flags });
  const fleet = new FleetOfProcesses(monitor, bots);
  try {
    await ops.message(({ kind }) => kind === "first", 60_000);
    await fleet.start();
    const killMs = fleet.kill();
    await delay(awayMs / hurry);
    await fleet.start();
    const counts = () => ({ downs: toldOf(ops.messages, "DOWN"), ups: toldOf(ops.messages, "UP") });
    const untilMs = performance.now() + 300_000;
    while (counts().ups < bots && performance.now() < untilMs) await delay(50);
    // Whatever is said in excess is said by then.
    await delay((3 * 1_000 * defaultPace.groupIntervalS) / hurry);
    return { killMs, messages: ops.messages.filter(({ kind }) => kind !== "first").length, ...counts() };
  } finally {
    fleet.kill();
    await monitor.stop();
  }
}

/** `DOWN 40 bots · UP 3 bots`, or `UP twitch/bot-7`. */
function toldOf(messages: readonly TakenMessage[], head: string): number {
  return messages
    .filter(({ kind }) => kind !== "first")
    .flatMap(({ title }) => title.split(" · "))
    .filter((part) => part.startsWith(`${head} `))
    .reduce((sum, part) => sum + Number(/ (\d+) bots?$/.exec(part)?.[1] ?? 1), 0);
}
