import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  readonly timeoutMs?: number;
  /** What there is instead, for the message of a wait that was in vain. */
  readonly describe?: () => unknown;
}

/** Polls until the answer is true; rejects with what was awaited once the time is over. What the question throws counts as no. */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000, describe }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await ask()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) break;
    await delay(40);
  }
  const found = describe === undefined ? "" : `; there is ${JSON.stringify(describe())}`;
  throw new Error(`not within ${timeoutMs} ms: ${what}${found}`, { cause: last });
}
