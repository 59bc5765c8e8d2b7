import { setTimeout as delay } from "node:timers/promises";

/**
 * Lets time pass where the time is what the test is about: a lock held for 30 s, a frozen monitor.
 * `what` says so for the reader. Whoever waits for something to happen polls with `until` instead.
 */
export async function lasting(what: string, ms: number): Promise<void> {
  if (what === "" || !(ms >= 0))
    throw new RangeError(`a scenario has a name and a duration, not ${what} ${ms}`);
  await delay(ms);
}
