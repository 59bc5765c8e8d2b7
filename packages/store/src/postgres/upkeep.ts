import { type Cuts, cutsAt, defaultRetention, type Retention } from "../retention.js";
import type { MaintenanceReport } from "../store.js";
import { judgeClock } from "./clock-doubt.js";
import { readFleetRetention } from "./fleet-retention.js";
import type { Link } from "./link.js";
import { ensurePartitions } from "./partition.js";
import { purge } from "./purge.js";
import { quoted } from "./record-columns.js";

export interface UpkeepReport {
  /** Partitions that were made. A user that does not own the tables makes none. */
  readonly partitions: readonly string[];
  /** Rows past their retention, of every host. */
  readonly deleted: MaintenanceReport["deleted"];
  /** Nothing is deleted before this time, as the clock has just leapt; null where it has not. */
  readonly withheldUntilMs: number | null;
}

/**
 * What whoever leads does once an hour: makes the partitions of the days to come, and deletes what
 * is past the retention of the fleet. By the clock of the database; nothing is deleted while that
 * has just leapt.
 */
export async function keepFleetDatabase(link: Link): Promise<UpkeepReport> {
  return await keepDatabase(link, await databaseNowMs(link), async () => {
    const { metricsDays } = defaultRetention;
    return { ...(await readFleetRetention(link)), metricsDays };
  });
}

/** The same by another clock and another retention: of a database that no other host shares. */
export async function keepDatabase(
  link: Link,
  nowMs: number,
  retentionOf: () => Retention | Promise<Retention>,
): Promise<UpkeepReport> {
  const made = await ensurePartitions(link, nowMs).then(
    (partitions) => ({ partitions }),
    (error: unknown) => ({ error }),
  );
  const withheldUntilMs = await judgeClock(link, nowMs);
  const cuts = withheldUntilMs === null ? cutsAt(nowMs, await retentionOf()) : noCuts;
  // A partition that cannot be made ends no retention.
  const deleted = await purge(link, cuts);
  if ("error" in made) throw made.error;
  return { partitions: made.partitions, deleted, withheldUntilMs };
}

const noCuts: Cuts = {
  metricsDays: null,
  minuteDays: null,
  hourDays: null,
  customMetricsDays: null,
  statusHistoryDays: null,
  usageDays: null,
};

/**
 * Whether it is a fleet's: another host has rows there, or somebody has set how long all keep
 * theirs.
 */
export async function isFleetDatabase(link: Link, ownHostNo: number): Promise<boolean> {
  const schema = quoted(link.url.schema);
  const [row] = await link.rows<{ is_fleet: boolean }>(
    `SELECT EXISTS (SELECT FROM ${schema}.hosts WHERE host_no <> $1)
 OR EXISTS (SELECT FROM ${schema}.marks WHERE name LIKE 'retention\\_%') AS is_fleet`,
    [ownHostNo],
  );
  return row?.is_fleet ?? true;
}

/** The database's clock, which is the one that all hosts share. */
export async function databaseNowMs(link: Link): Promise<number> {
  const [row] = await link.rows<{ ms: number }>(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms",
  );
  return Math.trunc(row?.ms ?? Date.now());
}
