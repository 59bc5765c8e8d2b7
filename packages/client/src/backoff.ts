/** The first bound of the pause, and the last. */
const firstBoundMs = 250;
const lastBoundMs = 30_000;

/**
 * A connection that lived this long shows that the monitor works: the next failure counts as the
 * first.
 */
const provenMs = 1_000;

/** How far connections that open but do not last let the bound grow: to 2 s. */
const mostBriefFailures = 4;

/**
 * How long to wait before the next attempt: anything from 0 to a bound that doubles with each
 * failure, from 0.25 s to 30 s. Full jitter, since all the bots of a machine lose their monitor in
 * the same instant, and must not all come back in the same one. `random` is from 0 to below 1.
 */
export function pauseMsAfter(failures: number, random: number): number {
  const bound = Math.min(firstBoundMs * 2 ** Math.max(0, failures - 1), lastBoundMs);
  return Math.floor(random * bound);
}

/** A pause of up to 30 s, for a client that has nothing to say. */
export function longPauseMs(random: number): number {
  return Math.floor(random * lastBoundMs);
}

/**
 * Counts failures in a row after a connection that ended after `livedMs` (undefined: it never
 * opened). A connection that opened and soon ended is a milder failure: a monitor that restarts is
 * found again within 2 s, and one that accepts and closes is not hammered.
 */
export function failuresAfter(failures: number, livedMs: number | undefined): number {
  if (livedMs === undefined) return failures + 1;
  if (livedMs >= provenMs) return 1;
  return Math.min(failures + 1, mostBriefFailures);
}
