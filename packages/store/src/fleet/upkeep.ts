import { judgeClock } from "../postgres/clock-doubt.js";
import type { Link } from "../postgres/link.js";
import { ensurePartitions } from "../postgres/partition.js";
import { purge } from "../postgres/purge.js";
import { cutsAt, defaultRetention } from "../retention.js";
import type { MaintenanceReport } from "../store.js";
import { readFleetRetention } from "./fleet-retention.js";

export interface UpkeepReport {
  /** Partitions that were made. A user that does not own the tables makes none. */
  readonly partitions: readonly string[];
  /** Rows past their retention, of every host. */
  readonly deleted: MaintenanceReport["deleted"];
}

/**
 * What whoever leads does once an hour: makes the partitions of the days to come, and deletes what
 * is past the retention of the fleet. By the clock of the database; nothing is deleted while that
 * has just leapt.
 */
export async function keepFleetDatabase(link: Link): Promise<UpkeepReport> {
  const nowMs = await databaseNowMs(link);
  const made = await ensurePartitions(link, nowMs).then(
    (partitions) => ({ partitions }),
    (error: unknown) => ({ error }),
  );
  const isDoubtful = (await judgeClock(link, nowMs)) !== null;
  const never = { minuteDays: null, hourDays: null, customMetricsDays: null, statusHistoryDays: null };
  const kept = isDoubtful ? { ...never, usageDays: null } : await readFleetRetention(link);
  const metricsDays = isDoubtful ? null : defaultRetention.metricsDays;
  // A partition that cannot be made ends no retention.
  const deleted = await purge(link, cutsAt(nowMs, { ...kept, metricsDays }));
  if ("error" in made) throw made.error;
  return { partitions: made.partitions, deleted };
}

/** The database's clock, which is the one that all hosts share. */
export async function databaseNowMs(link: Link): Promise<number> {
  const [row] = await link.rows<{ ms: number }>(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms",
  );
  return Math.trunc(row?.ms ?? Date.now());
}
