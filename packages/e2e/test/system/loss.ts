import type { Diary } from "./bot-process.js";
import type { StoredCalls } from "./database-file.js";

/**
 * A `kill -9`, in Unix milliseconds: the signal, and when the process was found gone. In between
 * its sockets still take what is written.
 */
export interface Kill {
  readonly atMs: number;
  readonly goneAtMs: number;
}

/** A call that no database has. */
export interface LostCall {
  readonly channel: string;
  readonly serial: number;
  /** Which kill took it, from 0; -1 where none can have. */
  readonly kill: number;
  /**
   * How long before that kill it was handed over; 0 for what was written to a process that was
   * dying.
   */
  readonly ageMs: number;
}

/**
 * Finds every call that is in no database, and lays it to the kill that ended the monitor to which
 * it was handed over: when it was made, if the client had a connection; else, with everything that
 * waited, when it had one again. A call made between a kill and the client's hearing of it may have
 * been taken by the dying process or may have waited; of one that is lost the former is assumed.
 */
export function lostCalls(
  diaries: ReadonlyMap<string, Diary>,
  stored: StoredCalls,
  kills: readonly Kill[],
): LostCall[] {
  const lost: LostCall[] = [];
  for (const [channel, { calls, connections }] of diaries) {
    for (const [i, madeAtMs] of calls.entries()) {
      if (stored.get(channel)?.has(i + 1)) continue;
      const handedAtMs = handOver(madeAtMs, connections);
      const kill = kills.findIndex(({ goneAtMs }) => goneAtMs >= handedAtMs);
      const killedAtMs = kills[kill]?.atMs ?? Number.POSITIVE_INFINITY;
      lost.push({ channel, serial: i + 1, kill, ageMs: Math.max(0, killedAtMs - handedAtMs) });
    }
  }
  return lost;
}

function handOver(madeAtMs: number, connections: Diary["connections"]): number {
  // A call that met a dead peer comes right before the client's hearing of it, most often within
  // one millisecond.
  const before = connections.findLast(({ atMs, connected }) =>
    connected ? atMs <= madeAtMs : atMs < madeAtMs,
  );
  if (before?.connected === true) return madeAtMs;
  const next = connections.find(({ atMs, connected }) => connected && atMs >= madeAtMs);
  return next?.atMs ?? Number.POSITIVE_INFINITY;
}
