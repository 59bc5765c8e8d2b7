const oldestMs = 7 * 86_400_000;
const newestMs = 5 * 60_000;

/**
 * The time to store for a message: its own if that lies between 7 days before and 5 minutes after
 * its receipt, else the time of receipt. A bot's clock may be wrong by decades, and its rows must
 * not end up there.
 */
export function believableMs(ts: number | undefined, receivedAtMs: number): number {
  if (ts === undefined || !(ts >= receivedAtMs - oldestMs && ts <= receivedAtMs + newestMs))
    return receivedAtMs;
  return Math.trunc(ts);
}
