import { StoreError } from "./error.js";
import { integerOf, timeOf } from "./period.js";

/** One life of a monitor, as a batch reports it; the newest report counts. */
export interface Run {
  readonly startedMs: number;
  /** It was running at this time. */
  readonly seenMs: number;
  /** It ends in order, at `seenMs`. */
  readonly stopped?: boolean;
}

export interface RunsQuery {
  /** Only those that were still running at this time. */
  readonly fromMs?: number;
  /** How many, newest first, 1 to 10 000; default 1 000. */
  readonly limit?: number;
}

export interface StoredRun {
  /** Who ran: the producer of its batches. */
  readonly producer: string;
  readonly startedMs: number;
  /** When it was last known to run. */
  readonly seenMs: number;
  /** Null while it runs, or if it was lost: killed, or without power. */
  readonly stoppedMs: number | null;
}

export interface RunsPlan {
  readonly fromMs: number;
  readonly limit: number;
}

export function planRuns(query: RunsQuery): RunsPlan {
  return {
    fromMs: query.fromMs === undefined ? 0 : timeOf("fromMs", query.fromMs),
    limit: integerOf("limit", query.limit, 1_000, 10_000),
  };
}

/** Throws `invalid_batch` for what is no run. */
export function checkedRun(run: unknown): Required<Run> | null {
  if (run === undefined) return null;
  if (typeof run !== "object" || run === null)
    throw new StoreError("invalid_batch", "run: expected an object");
  const { startedMs, seenMs, stopped = false } = run as Partial<Run>;
  for (const [field, ms] of Object.entries({ startedMs, seenMs })) {
    if (Number.isSafeInteger(ms) && (ms as number) >= 0) continue;
    throw new StoreError("invalid_batch", `run.${field}: expected Unix milliseconds`);
  }
  if (typeof stopped !== "boolean") throw new StoreError("invalid_batch", "run.stopped: expected a boolean");
  return { startedMs: startedMs as number, seenMs: seenMs as number, stopped };
}
