import { setTimeout as delay } from "node:timers/promises";
import { Monitor } from "../server/monitor.js";
import { AlertConfig, type Pace } from "./alert-config.js";
import { FleetOfProcesses } from "./fleet-of-processes.js";
import { WebhookTaker } from "./webhook-taker.js";

/** From `kill -9` of a bot to the request at the webhook's server, in seconds. */
export async function killToRequest(pace: Pace): Promise<number> {
  await using ops = await WebhookTaker.start();
  using config = new AlertConfig({ ops: ops.receiver }, pace);
  const monitor = await Monitor.start({ flags: config.flags });
  const fleet = new FleetOfProcesses(monitor, 1);
  try {
    await ops.message(({ kind }) => kind === "first", 60_000);
    await fleet.start();
    // A start keeps quiet for three waits, and the message before this one was the first.
    await delay(1_000 * Math.max(3 * pace.groupWaitS, pace.groupIntervalS));
    const sinceMs = performance.now();
    fleet.kill();
    const { atMs } = await ops.message(({ items }) => items.some(({ kind }) => kind === "down"), 120_000);
    return (atMs - sinceMs) / 1_000;
  } finally {
    fleet.kill();
    await monitor.stop();
  }
}
