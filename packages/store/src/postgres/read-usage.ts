import { costCoverageOf } from "../cost-coverage.js";
import { LatencyHistogram, latencyBinOf, usualBinBounds } from "../latency-histogram.js";
import { namedPercentiles, percentilesOf } from "../latency-percentiles.js";
import type { LlmUsageFields } from "../llm-usage.js";
import { cutPeriod, type Period } from "../period.js";
import { costSums, type SumColumn, sumColumns, type UsageSumsOf, usageMeasures } from "../usage-measure.js";
import { beginsWithinHour, stretchesOf } from "../usage-stretch.js";
import { dayMs, errorRateOf, hourMs, rankTotals, type UsagePlan, type UsageTotal } from "../usage-totals.js";
import { storableText } from "./binary-array.js";
import { binOfCell, callsOfCell } from "./latency-cells.js";
import { Conditions, numberIn, type ReadScope, textIn, timeText } from "./read-scope.js";
import { msOf } from "./record-columns.js";
import { answeredSum, bounded } from "./usage-groups.js";

type Row = Record<string, unknown>;

interface Group {
  readonly keys: Pick<UsageTotal, "channel" | "model" | "feature" | "tsMs">;
  readonly sums: number[];
  readonly histogram: LatencyHistogram;
}

type Groups = Map<string, Group>;

/** Past so many stretches they are joined as rows, not listed as conditions. */
const maxListed = 64;

/**
 * Whole hours come from the rollup, parts of an hour and hours in which a day begins from the
 * calls. PostgreSQL sums; the groups are ordered and cut here, as its orders of text are others.
 */
export async function readUsage(scope: ReadScope, plan: UsagePlan): Promise<UsageTotal[]> {
  const groups: Groups = new Map();
  const { middle } = cutPeriod(plan, hourMs);
  if (middle.fromMs < middle.toMs) await addHours(scope, plan, middle, groups);
  if (stretchesOf(plan).length > 0) await addCalls(scope, plan, groups);
  if (plan.keys.length === 0 && groups.size === 0) groupOf(groups, {}, plan);
  return rankTotals(
    [...groups.values()].map((group) => totalOf(group, plan)),
    plan,
  );
}

async function addHours(scope: ReadScope, plan: UsagePlan, period: Period, groups: Groups): Promise<void> {
  const questionOf = () => {
    const where = new Conditions(scope, "u");
    where.add(`u.bucket >= ${where.time(period.fromMs)} AND u.bucket < ${where.time(period.toMs)}`);
    addNames(where, plan);
    if (beginsWithinHour(plan)) {
      where.add(`u.bucket + interval '1 hour' <= ${dayOf(where, plan, "u.bucket")} + interval '1 day'`);
    }
    const keys = keysOf(where, plan, "u.bucket", "u.bucket");
    return { where, keys };
  };
  const { where, keys } = questionOf();
  const sums = sumColumns.map(({ column }) => `sum(u.${column})::float8 AS ${column}`);
  const text = `SELECT ${[...keys.columns, ...sums].join(", ")} FROM ${where.table("usage_hours")} AS u WHERE ${where} ${keys.group}`;
  for (const row of await scope.rows(text, where.values)) addSums(groups, row, plan);
  if (!plan.hasPercentiles) return;
  const bins = questionOf();
  const cells = `${binOfCell("cell")}::float8 AS bin, sum(${callsOfCell("cell")})::float8 AS bin_calls`;
  const grouped = [...bins.keys.names, "bin"].join(", ");
  const binText = `SELECT ${[...bins.keys.columns, cells].join(", ")} FROM ${bins.where.table("usage_hours")} AS u, unnest(u.latency_bins) AS cell
 WHERE ${bins.where} GROUP BY ${grouped}`;
  for (const row of await scope.rows(binText, bins.where.values)) {
    groupOf(groups, row, plan).histogram.addBin(numberIn(row, "bin"), numberIn(row, "bin_calls"));
  }
}

async function addCalls(scope: ReadScope, plan: UsagePlan, groups: Groups): Promise<void> {
  const stretches = stretchesOf(plan);
  const questionOf = () => {
    const where = new Conditions(scope, "u");
    addNames(where, plan);
    let join = "";
    if (stretches.length <= maxListed) {
      const listed = stretches.map(
        ({ fromMs, toMs }) => `(u.ts >= ${where.time(fromMs)} AND u.ts < ${where.time(toMs)})`,
      );
      where.add(`(${listed.join(" OR ")})`);
    } else {
      const [from, to] = [stretches.map(({ fromMs }) => fromMs), stretches.map(({ toMs }) => toMs)].map(
        (list) => where.value(list.map(timeText), "timestamptz[]"),
      );
      join = `, unnest(${from}, ${to}) AS s (from_ts, to_ts)`;
      where.add("u.ts >= s.from_ts AND u.ts < s.to_ts");
    }
    const keys = keysOf(where, plan, "u.ts", "date_trunc('hour', u.ts, 'UTC')");
    return { where, keys, from: `FROM ${where.table("llm_usage")} AS u${join} WHERE ${where}` };
  };
  const { where, keys, from } = questionOf();
  const sums = sumColumns.map((one) => `${rawSum(one)}::float8 AS ${one.column}`);
  const text = `SELECT ${[...keys.columns, ...sums].join(", ")} ${from} ${keys.group}`;
  for (const row of await scope.rows(text, where.values)) addSums(groups, row, plan);
  if (!plan.hasPercentiles) return;
  const latencies = questionOf();
  const bounds = latencies.where.value(usual.leastMs, "float8[]");
  const isUsual = `u.latency_ms >= ${usual.leastMs[0]} AND u.latency_ms < ${usual.leastMs.at(-1)}`;
  const columns = [
    ...latencies.keys.columns,
    `CASE WHEN ${isUsual} THEN width_bucket(u.latency_ms, ${bounds})::float8 END AS usual_bin`,
    `CASE WHEN NOT (${isUsual}) THEN u.latency_ms END AS other_ms`,
    "count(*)::float8 AS bin_calls",
  ];
  const latencyText = `SELECT ${columns.join(", ")} ${latencies.from}
 AND u.latency_ms IS NOT NULL GROUP BY ${[...latencies.keys.names, "usual_bin", "other_ms"].join(", ")}`;
  for (const row of await scope.rows(latencyText, latencies.where.values)) {
    const bin =
      row["usual_bin"] === null
        ? latencyBinOf(numberIn(row, "other_ms"))
        : usual.first + numberIn(row, "usual_bin") - 1;
    groupOf(groups, row, plan).histogram.addBin(bin, numberIn(row, "bin_calls"));
  }
}

/** PostgreSQL counts in the same bins: of a busy hour it would send each latency otherwise. */
const usual = usualBinBounds();

function rawSum({ raw, source }: SumColumn): string {
  if (source === null) return "count(*)";
  if (source === "toldCost") return `sum(CASE WHEN u.price_id IS NULL THEN ${bounded("u.cost_usd")} END)`;
  if (source === "costTokens")
    return "sum(CASE WHEN u.cost_usd IS NOT NULL THEN u.tokens_in::float8 + u.tokens_out END)";
  const column = `u.${source.column}`;
  return raw === "count" ? `count(${column})` : `sum(${bounded(`${column}::float8`)})`;
}

function addNames(where: Conditions, { channel, model, feature }: UsagePlan): void {
  for (const [name, value] of Object.entries({ channel, model, feature })) {
    if (value !== undefined) where.add(`u.${name} = ${where.value(storableText(value), "text")}`);
  }
}

/** `time`: of a row; `hour`: the hour that it is in. */
function keysOf(
  where: Conditions,
  plan: UsagePlan,
  time: string,
  hour: string,
): { readonly columns: string[]; readonly names: string[]; readonly group: string } {
  const names = (["channel", "model", "feature"] as const).filter((name) => plan.keys.includes(name));
  const columns: string[] = names.map((name) => `u.${name} AS ${name}`);
  const grouped: string[] = names.map((name) => `u.${name}`);
  if (plan.keys.includes("hour") || plan.keys.includes("day")) {
    columns.push(`${msOf(plan.keys.includes("hour") ? hour : dayOf(where, plan, time))} AS ts_ms`);
    grouped.push("ts_ms");
  }
  return { columns, names: grouped, group: grouped.length === 0 ? "" : `GROUP BY ${grouped.join(", ")}` };
}

/** The beginning of the day. Days are counted from one before every time that a row can have. */
function dayOf(where: Conditions, { offsetMs }: UsagePlan, time: string): string {
  return `date_bin(interval '1 day', ${time}, ${where.time(-offsetMs - 2 * dayMs)})`;
}

function addSums(groups: Groups, row: Row, plan: UsagePlan): void {
  const { sums } = groupOf(groups, row, plan);
  for (const [i, { column }] of sumColumns.entries()) sums[i] = (sums[i] as number) + numberIn(row, column);
}

function groupOf(groups: Groups, row: Row, { keys }: UsagePlan): Group {
  const name = (key: "channel" | "model" | "feature") =>
    keys.includes(key) && key in row ? textIn(row, key) : null;
  const tsMs = row["ts_ms"] === undefined ? null : numberIn(row, "ts_ms");
  const own = { channel: name("channel"), model: name("model"), feature: name("feature"), tsMs };
  const key = JSON.stringify(Object.values(own));
  let group = groups.get(key);
  if (group === undefined) {
    const sums = new Array<number>(sumColumns.length).fill(0);
    group = { keys: own, sums, histogram: new LatencyHistogram() };
    groups.set(key, group);
  }
  return group;
}

function totalOf({ keys, sums, histogram }: Group, { hasPercentiles }: UsagePlan): UsageTotal {
  const at = (i: number) => sums[i] as number;
  const named: Record<string, number | null> = {};
  for (const { name, at: place, calls, isAverage } of usageMeasures) {
    const known = calls === null ? at(0) : at(calls.at);
    const isUnknown = calls !== null && known === 0;
    named[name] = isUnknown ? null : answeredSum(isAverage ? at(place) / known : at(place));
    if (calls !== null) named[calls.name] = known;
  }
  const totals = named as unknown as UsageSumsOf<LlmUsageFields>;
  const calls = at(0);
  const { tokensIn, tokensOut, costCalls } = totals;
  const coverage = costCoverageOf({
    calls,
    costCalls,
    tokensIn,
    tokensOut,
    toldUsd: answeredSum(at(costSums.toldUsd)),
    costTokens: answeredSum(at(costSums.costTokens)),
    coveredCalls: at(costSums.coveredCalls),
  });
  return {
    ...keys,
    calls,
    ...totals,
    ...coverage,
    errorRate: errorRateOf(totals.errors, calls),
    ...namedPercentiles(percentilesOf(hasPercentiles ? histogram.text() : null)),
  };
}
