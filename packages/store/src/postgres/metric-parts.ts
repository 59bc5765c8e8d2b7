import { groupMetrics, type MetricGroup } from "./metric-groups.js";
import { type AnyTable, addRows, amounts, counts, type Table, texts, timestamps } from "./row-parts.js";
import type { Statement } from "./statement.js";

const minuteMs = 60_000;

const hourMs = 60 * minuteMs;

/** Samples, and their sums by minute and hour. */
export function addSamples(statement: Statement, table: Table<"botMetrics"> | undefined): void {
  addRows(statement, "bot_metrics", table as AnyTable | undefined);
  addMetricSums(statement, table);
}

/** The sums of samples by minute and hour, without the samples. */
export function addMetricSums(statement: Statement, table: Table<"botMetrics"> | undefined): void {
  if (table === undefined || table.length === 0) return;
  addMetricGroups(statement, "metric_minutes", groupMetrics(table, minuteMs));
  addMetricGroups(statement, "metric_hours", groupMetrics(table, hourMs));
}

const metricSums = [
  ["rss_sum", (group: MetricGroup) => group.rssSum],
  ["rss_own", (group: MetricGroup) => group.rssOwn],
  ["rss_min", (group: MetricGroup) => group.rssMin],
  ["rss_max", (group: MetricGroup) => group.rssMax],
  ["cpu_sum", (group: MetricGroup) => group.cpuSum],
  ["cpu_own", (group: MetricGroup) => group.cpuOwn],
  ["cpu_min", (group: MetricGroup) => group.cpuMin],
  ["cpu_max", (group: MetricGroup) => group.cpuMax],
] as const;

function addMetricGroups(statement: Statement, name: string, groups: readonly MetricGroup[]): void {
  const columns = ["bucket", "channel", "n", ...metricSums.map(([column]) => column)].join(", ");
  const source = [
    statement.value(
      timestamps(groups, ({ bucketMs }) => bucketMs),
      "timestamptz[]",
    ),
    statement.value(
      texts(groups, ({ channel }) => channel),
      "text[]",
    ),
    statement.value(
      counts(groups, ({ n }) => n),
      "bigint[]",
    ),
    ...metricSums.map(([, of]) => statement.value(amounts(groups, of), "float8[]")),
  ].join(", ");
  const updates = metricSums.map(([column]) => {
    const merge = column.endsWith("_min") ? "least" : column.endsWith("_max") ? "greatest" : null;
    return merge === null
      ? `${column} = r.${column} + excluded.${column}`
      : `${column} = ${merge}(r.${column}, excluded.${column})`;
  });
  statement.add(
    `${name}_rows`,
    `INSERT INTO ${statement.name(name)} AS r (host_no, ${columns})
 SELECT moved.host_no, x.* FROM moved, unnest(${source}) AS x (${columns})
 ON CONFLICT (host_no, channel, bucket) DO UPDATE SET n = r.n + excluded.n, ${updates.join(", ")}`,
  );
}
