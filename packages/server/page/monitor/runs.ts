import { listOf, textOf, timeOf } from "../link/summary.js";

/** A time in which the monitor ran. */
export interface Run {
  readonly beganMs: number;
  /** Null for the run that is going on. */
  readonly endedMs: number | null;
  /** It was killed or lost its power: it ended at most a minute after `endedMs`. */
  readonly wasLost: boolean;
  /** For how long nobody watched before it; null where that is not known. */
  readonly offMs: number | null;
}

/** From an answer of /api/v1/runs, the newest first. */
export function runsFrom(answer: unknown): readonly Run[] {
  const runs = listOf(answer).flatMap((run) => {
    const beganMs = timeOf(run["started_at"]);
    const wasLost = textOf(run["end"]) === "lost";
    return beganMs === null ? [] : [{ beganMs, endedMs: timeOf(run["ended_at"]), wasLost }];
  });
  return runs.map((run, i) => {
    const beforeMs = runs[i + 1]?.endedMs ?? null;
    return { ...run, offMs: beforeMs === null ? null : Math.max(0, run.beganMs - beforeMs) };
  });
}
