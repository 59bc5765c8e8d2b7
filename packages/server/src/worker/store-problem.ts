import type { StoreFailure, StoreState } from "@kissbot/store";

export interface StoreProblem {
  readonly code: string;
  readonly detail: string;
  readonly sinceMs: number;
}

/** What is wrong with writing, or with the log. */
export function problemOf({ status, sinceMs, detail, heldSnapshot }: StoreState): StoreProblem | null {
  if (status !== "ok")
    return { code: `store_${status}`, detail: detail ?? `the store is ${status}`, sinceMs };
  if (heldSnapshot === null) return null;
  const { holder, walBytes, sinceMs: heldMs } = heldSnapshot;
  const size = `${Math.round(walBytes / 1_048_576)} MiB`;
  return {
    code: "store_snapshot_held",
    detail: `${holder} holds an old snapshot; the log has grown to ${size}`,
    sinceMs: heldMs,
  };
}

/** Reads that fail for a reason that lasts; the oldest stands for all. */
export function readProblemOf(failures: readonly StoreFailure[]): StoreProblem | null {
  const reads = failures.filter(({ what }) => what !== "maintain").sort((a, b) => a.sinceMs - b.sinceMs);
  const [first] = reads;
  if (first === undefined) return null;
  const others = reads.length === 1 ? "" : ` (and ${reads.length - 1} other kinds of reads)`;
  return {
    code: "store_reads_fail",
    detail: `${first.what}: ${first.detail}${others}`,
    sinceMs: first.sinceMs,
  };
}

/** Rollups or retention that fail: the database grows, and charts over long periods fall behind. */
export function maintenanceProblemOf(failures: readonly StoreFailure[]): StoreProblem | null {
  const failure = failures.find(({ what }) => what === "maintain");
  return failure === undefined
    ? null
    : { code: "store_maintenance_fails", detail: failure.detail, sinceMs: failure.sinceMs };
}
