import type { Diary } from "./bot-process.js";
import type { StoredCalls } from "./database-file.js";

/** A call that a client handed to the kernel and that no database has. */
export interface LostCall {
  readonly channel: string;
  readonly serial: number;
  /** Which kill took it, from 0. */
  readonly kill: number;
  /** How long before that kill it was handed over. */
  readonly ageMs: number;
}

/**
 * Finds every call that is in no database, and lays it to the first kill after it was handed over.
 *
 * A call is handed over when it is made, if the client is connected to a monitor that lives; else with everything that waits, in the moment
 * in which the client is connected again. Between a kill and the client's hearing of it nothing is taken: the kernel refuses the write.
 */
export function lostCalls(
  diaries: ReadonlyMap<string, Diary>,
  stored: StoredCalls,
  killsMs: readonly number[],
): LostCall[] {
  const lost: LostCall[] = [];
  for (const [channel, { calls, connections }] of diaries) {
    for (const [i, madeAtMs] of calls.entries()) {
      if (stored.get(channel)?.has(i + 1)) continue;
      const handedAtMs = handOver(madeAtMs, connections, killsMs);
      const kill = killsMs.findIndex((atMs) => atMs >= handedAtMs);
      const killedAtMs = killsMs[kill];
      const ageMs = killedAtMs === undefined ? Number.POSITIVE_INFINITY : killedAtMs - handedAtMs;
      lost.push({ channel, serial: i + 1, kill, ageMs });
    }
  }
  return lost;
}

function handOver(madeAtMs: number, connections: Diary["connections"], killsMs: readonly number[]): number {
  const before = connections.filter(({ atMs }) => atMs <= madeAtMs).at(-1);
  const isAlive =
    before?.connected === true && !killsMs.some((atMs) => before.atMs <= atMs && atMs < madeAtMs);
  if (isAlive) return madeAtMs;
  return (
    connections.find(({ atMs, connected }) => connected && atMs >= madeAtMs)?.atMs ?? Number.POSITIVE_INFINITY
  );
}
