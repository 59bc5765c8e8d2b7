import type { Cuts } from "../retention.js";
import type { MaintenanceReport } from "../store.js";
import type { Link } from "./link.js";
import { dropPartition, type Partition, partitionedTables, readPartitions } from "./partition.js";
import { timeText } from "./read-scope.js";
import { quoted } from "./record-columns.js";

type Deleted = MaintenanceReport["deleted"];

/** Rows that one statement deletes. */
const rowsPerStep = 5_000;
/** A partition with more rows is not counted: that could pass the deadline of a statement. */
const mostCounted = 2_000_000;

interface Target {
  readonly kind: keyof Deleted;
  readonly cut: keyof Cuts;
  readonly table: string;
}

const byTime: readonly Target[] = [
  { kind: "botMetrics", cut: "metricsDays", table: "bot_metrics" },
  { kind: "minutes", cut: "minuteDays", table: "metric_minutes" },
  { kind: "hours", cut: "hourDays", table: "metric_hours" },
  { kind: "customMetrics", cut: "customMetricsDays", table: "custom_metrics" },
  { kind: "statusChanges", cut: "statusHistoryDays", table: "status_history" },
  { kind: "llmUsage", cut: "usageDays", table: "llm_usage" },
];

/**
 * Deletes what is past its retention, of every host: partitions that are past it whole are dropped,
 * of the others the rows go in small steps. What fails with one keeps no other from its turn, and
 * is the rejection at the end. Answers how many rows went; of a partition with millions, about as
 * many as PostgreSQL reckons.
 */
export async function purge(link: Link, cuts: Cuts): Promise<Deleted> {
  const deleted: Record<keyof Deleted, number> = {
    botMetrics: 0,
    minutes: 0,
    hours: 0,
    customMetrics: 0,
    statusChanges: 0,
    llmUsage: 0,
    ...(await purgeKept(link, cuts.statusHistoryDays)),
  };
  const partitions = await readPartitions(link);
  const failures: unknown[] = [];
  for (const { kind, cut, table } of byTime) {
    const cutMs = cuts[cut];
    if (cutMs === null) continue;
    for (const part of partitions.filter((one) => one.table === table)) {
      try {
        deleted[kind] += await purgePartition(link, part, cutMs);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  if (failures.length > 0) throw failures[0];
  return deleted;
}

async function purgePartition(link: Link, part: Partition, cutMs: number): Promise<number> {
  if (part.fromMs !== null && part.fromMs >= cutMs) return 0;
  const name = `${quoted(link.url.schema)}.${quoted(part.name)}`;
  if (part.toMs !== null && part.toMs <= cutMs) {
    // Late rows may still come in until it is detached; they are past their retention as well.
    const rows = await rowsIn(link, name);
    if (await dropPartition(link, part)) return rows;
  }
  const time = partitionedTables.find(({ table }) => table === part.table)?.time ?? "ts";
  return await deleteInSteps(link, name, `${time} < '${timeText(cutMs)}'`);
}

/** `name`: of a table, quoted. */
async function rowsIn(link: Link, name: string): Promise<number> {
  const reckoned = await reckonedRowsIn(link, name);
  if (reckoned > mostCounted) return reckoned;
  const [counted] = await link.rows<{ rows: number }>(`SELECT count(*)::float8 AS rows FROM ${name}`);
  return counted?.rows ?? 0;
}

/** By the planner, which goes by the size of a table that was never analysed. */
async function reckonedRowsIn(link: Link, name: string): Promise<number> {
  const [row] = await link.rows<{ plans: readonly { Plan: { "Plan Rows": number } }[] }>(
    `EXPLAIN (FORMAT JSON) SELECT FROM ${name}`,
  );
  const [plans] = Object.values(row ?? {});
  return plans?.[0]?.Plan["Plan Rows"] ?? 0;
}

/** What is not cut by time: it has few rows, and some of them stay although they are old. */
async function purgeKept(
  link: Link,
  cutMs: number | null,
): Promise<Pick<Deleted, "runs" | "alerts" | "notices" | "silences">> {
  if (cutMs === null) return { runs: 0, alerts: 0, notices: 0, silences: 0 };
  const schema = quoted(link.url.schema);
  const cut = `'${timeText(cutMs)}'`;
  const newest = (column: string) =>
    `(SELECT max(${column}) FROM ${schema}.runs AS n WHERE n.host_no = runs.host_no)`;
  const runs = `seen < ${cut} AND started < ${newest("started")} AND seen < ${newest("seen")}`;
  const [alerts] = await link.rows<{ rows: number }>(
    `WITH gone AS (DELETE FROM ${schema}.alerts WHERE closed < ${cut} RETURNING host_no, alert_id),
 tells AS (DELETE FROM ${schema}.tells AS t USING gone WHERE t.host_no = gone.host_no AND t.alert_id = gone.alert_id)
 SELECT count(*)::float8 AS rows FROM gone`,
  );
  return {
    runs: await deleteInSteps(link, `${schema}.runs`, runs),
    alerts: alerts?.rows ?? 0,
    notices: await deleteInSteps(link, `${schema}.notices`, `settled < ${cut}`),
    silences: await deleteInSteps(link, `${schema}.silences`, `until < ${cut}`),
  };
}

async function deleteInSteps(link: Link, table: string, where: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    const [row] = await link.rows<{ rows: number }>(
      `WITH gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} LIMIT ${rowsPerStep})) RETURNING 1)
 SELECT count(*)::float8 AS rows FROM gone`,
    );
    const rows = row?.rows ?? 0;
    deleted += rows;
    if (rows < rowsPerStep) return deleted;
  }
}
