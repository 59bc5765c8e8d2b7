import { readdirSync, readFileSync } from "node:fs";

/** Kept from the bots: for readers of HTTP, the store's files and the looks at processes. */
const mostReserved = 128;

/**
 * The most connections of bots, so that other files can still be opened: the process's limit, less
 * its open files and a reserve of a quarter, at most 128. Null if the system does not report the
 * limit.
 */
export function connectionLimit(): number | null {
  try {
    const limit = limitFrom(readFileSync("/proc/self/limits", "latin1"));
    return limit === null ? null : connectionsWithin(limit, readdirSync("/proc/self/fd").length);
  } catch {
    // No /proc.
    return null;
  }
}

export function connectionsWithin(limit: number, open: number): number {
  return Math.max(1, limit - open - Math.min(mostReserved, Math.ceil(limit / 4)));
}

/** The soft limit of open files; null if there is none. */
export function limitFrom(limits: string): number | null {
  const text = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return text === undefined ? null : Number(text);
}
