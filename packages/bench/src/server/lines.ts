import { setTimeout as delay } from "node:timers/promises";
import { cores } from "./cores.js";
import type { WriteOrder, Written } from "./line-load.js";
import type { Account, Monitor } from "./monitor.js";
import { Peer } from "./peer.js";

/** Runs the body with a load that has so many connections, on the load's core. */
export async function withLineLoad<Answer>(
  socketPath: string,
  connections: number,
  body: (write: (order: WriteOrder) => Promise<Written>) => Promise<Answer>,
): Promise<Answer> {
  const load = await Peer.start(new URL("./line-load.ts", import.meta.url), cores.load);
  try {
    await load.ask("connect", { socketPath, count: connections });
    return await body((order) => load.ask("write", order));
  } finally {
    await load.stop();
  }
}

export interface Settled {
  /** Since `sinceMs`: until the monitor had read every line, and until nothing waited any more. */
  readonly takenMs: number;
  readonly settledMs: number;
  readonly account: Account;
}

const pollMs = 20;
const mostMs = 60_000;

/**
 * Waits until the monitor has read that many lines and is done with each of them; rejects where
 * that takes longer than a minute.
 */
export async function settle(monitor: Monitor, lines: number, sinceMs: number): Promise<Settled> {
  let takenMs: number | undefined;
  for (;;) {
    const account = await monitor.account();
    const nowMs = performance.now() - sinceMs;
    if (account.lines >= lines) takenMs ??= nowMs;
    if (takenMs !== undefined && account.waiting === 0) return { takenMs, settledMs: nowMs, account };
    if (nowMs > mostMs)
      throw new Error(`${account.lines} of ${lines} lines read, ${account.waiting} waiting`);
    await delay(pollMs);
  }
}
