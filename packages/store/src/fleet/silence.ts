/** The shortest span that a host may be unheard, whatever its beat. */
export const shortestSilenceMs = 30_000;
/** So many beats may be lost in a row. */
const lostBeats = 4;
/** The beat of a host that has not told one. */
const defaultBeatS = 5;

/** What the rule of silence judges by. All times are the database's. */
export interface Attendance {
  readonly nowMs: number;
  /** When the database had the host's last beat. */
  readonly seenAtMs: number;
  /**
   * Since when somebody has watched without a gap: the `since` of the leader's lease while it is
   * held. Each gap starts it anew. Null while nobody watches; then no host is silent.
   */
  readonly attendedSinceMs: number | null;
  /** The host's own, in seconds; null where it told none. */
  readonly beatS: number | null;
}

/** For how long a host with this beat may be unheard, while somebody watches. */
export function silentAfterMs(beatS: number | null): number {
  return Math.max(shortestSilenceMs, lostBeats * (beatS ?? defaultBeatS) * 1_000);
}

/**
 * Whether a host that is `up` is silent: not heard for max(30 s, 4 beats) of attended time. A span
 * in which the database was away, or had no leader, counts for nobody: after it every host has the
 * whole span again. A stopped host is never asked about.
 */
export function isSilent({ nowMs, seenAtMs, attendedSinceMs, beatS }: Attendance): boolean {
  if (attendedSinceMs === null) return false;
  return nowMs - Math.max(seenAtMs, attendedSinceMs) > silentAfterMs(beatS);
}
