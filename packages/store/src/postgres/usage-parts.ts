import { sumColumns } from "../usage-measure.js";
import { float8Array, int8Array } from "./binary-array.js";
import { binOfCell, callsOfCell, cellOf } from "./latency-cells.js";
import {
  type AnyTable,
  addRows,
  amounts,
  chosenRows,
  counts,
  type Table,
  texts,
  timestamps,
} from "./row-parts.js";
import type { Statement } from "./statement.js";
import { cellsOf, groupUsage, type UsageGroup } from "./usage-groups.js";

/** Calls, their sums by the hour, and costs that calls get afterwards. */
export function addUsage(
  statement: Statement,
  table: Table<"llmUsage"> | undefined,
  repricings?: Table<"repricings">,
): void {
  addRows(statement, "llm_usage", table as AnyTable | undefined);
  const groups = table === undefined ? [] : groupUsage(table);
  const isRepriced = repricings !== undefined && repricings.length > 0;
  if (groups.length === 0 && !isRepriced) return;
  const keys = "channel, bucket, model, feature";
  const sums = sumColumns.map(({ column }) => column).join(", ");
  const own = usageGroups(statement, groups, keys, sums);
  const added = sumColumns.map(({ column }) => `${column} = r.${column} + excluded.${column}`);
  statement.add(
    "usage_hours_rows",
    `INSERT INTO ${statement.name("usage_hours")} AS r (host_no, ${keys}, ${sums}, latency_bins)
 ${isRepriced ? together([own, repricedGroups(statement, repricings, sums)], keys) : own}
 ON CONFLICT (host_no, ${keys}) DO UPDATE SET ${added.join(", ")},
 latency_bins = ${addedBins("r.latency_bins", "excluded.latency_bins")}`,
  );
}

/** Groups whose keys may be in several parts; each must come once, to be added to its hour. */
function together(parts: readonly string[], keys: string): string {
  return `SELECT host_no, ${keys}, ${sumColumns.map(({ column }) => `sum(${column})`).join(", ")}, max(bins)
 FROM (${parts.join("\nUNION ALL\n")}) AS parts GROUP BY host_no, ${keys}`;
}

/**
 * What the function `add_bins` of the schema answers, in the statement itself: a call of a function
 * in SQL takes longer than all else of its row.
 */
function addedBins(a: string, b: string): string {
  const sums = `SELECT ${binOfCell("cell")} AS bin, sum(${callsOfCell("cell")})::bigint AS calls FROM unnest(${a} || ${b}) AS cell GROUP BY 1`;
  return `CASE WHEN ${a} IS NULL THEN ${b} WHEN ${b} IS NULL THEN ${a}
 ELSE (SELECT array_agg(${cellOf("bin", "calls")} ORDER BY bin) FROM (${sums}) AS bins) END`;
}

function usageGroups(
  statement: Statement,
  groups: readonly UsageGroup[],
  keys: string,
  sums: string,
): string {
  const columns = [
    statement.value(
      texts(groups, ({ channel }) => channel),
      "text[]",
    ),
    statement.value(
      timestamps(groups, ({ bucketMs }) => bucketMs),
      "timestamptz[]",
    ),
    statement.value(
      texts(groups, ({ model }) => model),
      "text[]",
    ),
    statement.value(
      texts(groups, ({ feature }) => feature),
      "text[]",
    ),
    ...sumColumns.map(({ raw }, i) => {
      const of = ({ sums }: UsageGroup) => sums[i] as number;
      return raw === "count"
        ? statement.value(counts(groups, of), "bigint[]")
        : statement.value(amounts(groups, of), "float8[]");
    }),
  ].join(", ");
  const { places, cells } = cellsOf(groups);
  const [placeList, cellList] = [places, cells].map((list) =>
    statement.value(
      counts(list, (n) => n),
      "bigint[]",
    ),
  );
  return `SELECT moved.host_no, ${keys}, ${sums}, b.bins
 FROM moved, unnest(${columns}) WITH ORDINALITY AS x (${keys}, ${sums}, place)
 LEFT JOIN (SELECT place, array_agg(cell ORDER BY cell) AS bins FROM unnest(${placeList}, ${cellList}) AS y (place, cell) GROUP BY place) AS b
 USING (place)`;
}

/** A call without a cost gets one: only what its hour says of cost changes. */
function repricedGroups(statement: Statement, table: Table<"repricings">, sums: string): string {
  const { usageId, costUsd, priceId } = table.columns;
  const rows = chosenRows(table.length, (row) => `${usageId.numberAt(row)}`, "first");
  const column = (cells: { numberAt(row: number): number }, encode: typeof int8Array) =>
    encode({ length: rows.length, numberAt: (i) => cells.numberAt(rows[i] as number) });
  const source = [
    statement.value(column(usageId, int8Array), "bigint[]"),
    statement.value(column(costUsd, float8Array), "float8[]"),
    statement.value(column(priceId, int8Array), "bigint[]"),
  ].join(", ");
  const ids = rows.map((row) => usageId.numberAt(row));
  const least = ids.reduce((a, b) => Math.min(a, b));
  const greatest = ids.reduce((a, b) => Math.max(a, b));
  statement.add(
    "repriced",
    `UPDATE ${statement.name("llm_usage")} AS u SET cost_usd = x.cost_usd, price_id = x.price_id
 FROM moved, unnest(${source}) AS x (id, cost_usd, price_id)
 WHERE u.id = x.id AND u.id BETWEEN ${statement.value(least, "bigint")} AND ${statement.value(greatest, "bigint")}
 AND u.host_no = moved.host_no AND u.cost_usd IS NULL
 RETURNING u.host_no, u.channel, u.ts, u.model, u.feature, u.cost_usd, u.tokens_in, u.tokens_out`,
  );
  const added: Readonly<Record<string, string>> = {
    cost_calls: "count(*)",
    cost_usd: "sum(cost_usd)",
    cost_tokens: "sum(tokens_in::float8 + tokens_out)",
  };
  const values = sums.split(", ").map((name) => added[name] ?? "0");
  return `SELECT host_no, channel, date_trunc('hour', ts, 'UTC') AS bucket, model, feature, ${values.join(", ")}, NULL
 FROM repriced GROUP BY 1, 2, 3, 4, 5`;
}
