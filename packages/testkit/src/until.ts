import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** 30 000 */
  readonly timeoutMs?: number;
  /** What there is instead, for the message of a wait that was in vain. */
  readonly describe?: () => unknown;
}

const firstPauseMs = 1;
const longestPauseMs = 25;

/**
 * Polls until the answer is true; rejects with what was awaited once the time is over. A question
 * that throws counts as no, and its error is the cause of the rejection.
 */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000, describe }: UntilOptions = {},
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  let pauseMs = firstPauseMs;
  for (;;) {
    let cause: unknown;
    try {
      if (await ask()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadlineMs) {
      const found = describe === undefined ? "" : `; there is ${JSON.stringify(describe())}`;
      throw new Error(`not within ${timeoutMs} ms: ${what}${found}`, { cause });
    }
    await delay(pauseMs);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }
}
