import { setTimeout as delay } from "node:timers/promises";

/** Polls until the answer is true; rejects with what was awaited once the time is over. */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(20);
  }
}
