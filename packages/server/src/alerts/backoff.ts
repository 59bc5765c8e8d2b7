const pausesMs = [5_000, 10_000, 30_000, 60_000, 120_000, 300_000] as const;
const jitter = 0.2;
const longestMs = 3_600_000;
/** How often a receiver with a wrong address or secret is tried. */
export const brokenPauseMs = 3_600_000;

/** How long to wait after this many failures in a row, from 1; `chance` from 0 to below 1. */
export function pauseAfter(failures: number, chance: number): number {
  const pauseMs = pausesMs[Math.min(failures, pausesMs.length) - 1] ?? pausesMs[0];
  return pauseMs * (1 - jitter + 2 * jitter * chance);
}

/** What the receiver asks for wins, up to an hour. */
export function askedPause(retryAfterMs: number | null, pauseMs: number): number {
  return retryAfterMs === null ? pauseMs : Math.min(Math.max(retryAfterMs, 0), longestMs);
}
