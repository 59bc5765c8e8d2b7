import { setTimeout as delay } from "node:timers/promises";

/** Polls until the condition holds; fails with what `describe` says once the deadline has passed. */
export async function until(
  condition: () => boolean,
  { timeoutMs = 20_000, describe = () => "" }: { timeoutMs?: number; describe?: () => string } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms. ${describe()}`);
    await delay(3);
  }
}
