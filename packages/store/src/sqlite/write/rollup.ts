import type { Database, Statement } from "better-sqlite3";
import { type SumColumn, sumColumns } from "../../usage-measure.js";
import { binsOf, defineLatencyFunctions, mergedBins } from "../sql/latency-functions.js";
import { rawLatency, usageColumns } from "../sql/usage-sql.js";
import { CostCover } from "./cost-cover.js";
import { ToldCost } from "./told-cost.js";
import type { UsageSums } from "./usage-sums.js";

/**
 * Raw rows that one transaction rolls up: some tens of milliseconds in the writer's thread, during
 * which writes wait.
 */
const rowsPerStep = 10_000;

/** Where rows turn up. */
type Source = "bot_metrics" | "llm_usage";

const metricRollup = (table: string, prefixLength: number, rest: string) => `
INSERT INTO ${table} (channel, bucket_ms, n, rss_sum, rss_min, rss_max, cpu_sum, cpu_min, cpu_max, rss_others, cpu_others)
SELECT channel, unixepoch(prefix || '${rest}') * 1000, n, rss_sum, rss_min, rss_max, cpu_sum, cpu_min, cpu_max, rss_others, cpu_others
FROM (
  SELECT m.channel, substr(m.ts, 1, ${prefixLength}) AS prefix, count(*) AS n,
    total(m.rss_mb) AS rss_sum, min(m.rss_mb) AS rss_min, max(m.rss_mb) AS rss_max,
    total(m.cpu_pct) AS cpu_sum, min(m.cpu_pct) AS cpu_min, max(m.cpu_pct) AS cpu_max,
    total(m.rss_mb * (1 - s.share)) AS rss_others, total(m.cpu_pct * (1 - s.share)) AS cpu_others
  FROM bot_metrics AS m NOT INDEXED LEFT JOIN monitor_metric_shares AS s ON s.metric_id = m.id
  WHERE m.id > ? AND m.id <= ? AND typeof(m.rss_mb) = 'real' AND typeof(m.cpu_pct) = 'real' AND typeof(m.channel) = 'text'
  GROUP BY m.channel, prefix
)
WHERE unixepoch(prefix || '${rest}') IS NOT NULL
ON CONFLICT (channel, bucket_ms) DO UPDATE SET n = n + excluded.n,
  rss_sum = rss_sum + excluded.rss_sum, rss_min = min(rss_min, excluded.rss_min), rss_max = max(rss_max, excluded.rss_max),
  cpu_sum = cpu_sum + excluded.cpu_sum, cpu_min = min(cpu_min, excluded.cpu_min), cpu_max = max(cpu_max, excluded.cpu_max),
  rss_others = rss_others + excluded.rss_others, cpu_others = cpu_others + excluded.cpu_others`;

const sumNames = sumColumns.map(({ column }) => column);
const usageHours = `monitor_usage_hours (channel, bucket_ms, model, feature, ${sumNames.join(", ")}, latency_bins)`;

const addUsage = `ON CONFLICT (channel, bucket_ms, model, feature) DO UPDATE SET
  ${sumColumns.map(added).join(", ")},
  latency_bins = ${mergedBins("latency_bins", "excluded.latency_bins")}`;

/** What an older version left without a value counts from here on. */
function added({ column, isLater = false }: SumColumn): string {
  return `${column} = ${isLater ? `coalesce(${column}, 0)` : column} + excluded.${column}`;
}

const usageRollup = (isCostTold: boolean) => `
INSERT INTO ${usageHours}
SELECT channel, unixepoch(prefix || ':00:00') * 1000, model, feature, ${sumNames.join(", ")}, latency_bins
FROM (
  SELECT u.channel, substr(u.ts, 1, 13) AS prefix, u.model, u.feature, ${usageColumns(isCostTold)},
    ${binsOf(rawLatency)} AS latency_bins
  FROM llm_usage AS u NOT INDEXED LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id
  WHERE u.id > ? AND u.id <= ? AND typeof(u.channel) = 'text' AND typeof(u.model) = 'text' AND typeof(u.feature) = 'text'
  GROUP BY u.channel, prefix, u.model, u.feature
)
WHERE unixepoch(prefix || ':00:00') IS NOT NULL
${addUsage}`;

const usageGroup = `INSERT INTO ${usageHours} VALUES (?, ?, ?, ?, ${sumNames.map(() => "?").join(", ")}, ?) ${addUsage}`;

/**
 * Keeps the rollups behind a cursor: every raw row up to `last_id` is in them exactly once, because
 * the cursor moves in the transaction that adds the rows, and readers add the few rows beyond it
 * themselves. So the rows of a Python monitor that ran while we were off are rolled up like our
 * own, and a kill between two steps costs nothing.
 *
 * Why not in each batch's transaction: rows of 200 bots fall into nearly as many groups as there
 * are rows, and an upsert costs as much as an insert. Ten thousand rows at once meet each group
 * many times over.
 *
 * Usage rows that this process wrote are summed already (`UsageSums`): where those stand right
 * behind the cursor, they are what is added.
 */
export class Rollup {
  readonly #db: Database;
  readonly #lastRolled: Statement;
  readonly #lastIds: Readonly<Record<Source, Statement>>;
  readonly #metricSteps: readonly Statement[];
  readonly #usageSteps = new Map<boolean, Statement>();
  readonly #moveCursor: Statement;
  readonly #usageSums: UsageSums;
  readonly #addUsageGroup: Statement;
  readonly #toldCost: ToldCost;
  readonly #costCover: CostCover;

  constructor(db: Database, usageSums: UsageSums) {
    this.#db = db;
    this.#usageSums = usageSums;
    defineLatencyFunctions(db);
    this.#addUsageGroup = db.prepare(usageGroup);
    this.#lastRolled = db.prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = ?").pluck();
    this.#lastIds = {
      bot_metrics: db.prepare("SELECT max(id) FROM bot_metrics").pluck(),
      llm_usage: db.prepare("SELECT max(id) FROM llm_usage").pluck(),
    };
    this.#metricSteps = [
      db.prepare(metricRollup("monitor_metric_minutes", 16, ":00")),
      db.prepare(metricRollup("monitor_metric_hours", 13, ":00:00")),
    ];
    this.#toldCost = new ToldCost(db);
    this.#costCover = new CostCover(db);
    this.#moveCursor = db.prepare("UPDATE monitor_rollup_cursors SET last_id = ? WHERE source = ?");
  }

  /** How many rows wait, at most: ids, of which some may have been deleted. */
  waiting(): number {
    return (
      this.#waitingOf("bot_metrics") +
      this.#waitingOf("llm_usage") +
      this.#toldCost.waiting() +
      this.#costCover.waiting()
    );
  }

  /**
   * The newest row of each source now: what a maintenance has to reach, however many come while it
   * works.
   */
  newest(): Readonly<Record<Source, number>> {
    return { bot_metrics: this.#newestOf("bot_metrics"), llm_usage: this.#newestOf("llm_usage") };
  }

  hasReached(newest: Readonly<Record<Source, number>>): boolean {
    const hasRolled = (source: Source) => (this.#lastRolled.get(source) as number) >= newest[source];
    const isCovered = this.#toldCost.waiting() === 0 && this.#costCover.waiting() === 0;
    return isCovered && hasRolled("bot_metrics") && hasRolled("llm_usage");
  }

  /**
   * Rolls up the next rows of the source that has more of them, in a transaction of its own; how
   * many ids it passed.
   */
  rollUpNext(): number {
    const passed = this.#db.transaction(() => this.#rollUpWithin()).immediate();
    if (this.#lastRolled.get("llm_usage") === this.#usageSums.upTo) this.#usageSums.clear();
    return passed;
  }

  #rollUpWithin(): number {
    const isCostTold = this.#toldCost.notice();
    const told = this.#toldCost.addNext(rowsPerStep);
    if (told > 0) return told;
    // Before any more is rolled up: what is rolled up below is covered as it is.
    const covered = this.#costCover.coverNext(rowsPerStep, isCostTold);
    if (covered > 0) return covered;
    const metrics = this.#waitingOf("bot_metrics");
    const usage = this.#waitingOf("llm_usage");
    if (metrics === 0 && usage === 0) return 0;
    const source: Source = metrics >= usage ? "bot_metrics" : "llm_usage";
    const from = this.#lastRolled.get(source) as number;
    let to = from + Math.min(rowsPerStep, Math.max(metrics, usage));
    const { after, upTo } = this.#usageSums;
    if (source === "llm_usage" && after === from) {
      this.#addUsageSums();
      to = upTo;
    } else {
      if (source === "llm_usage" && after > from) to = Math.min(to, after);
      const steps = source === "bot_metrics" ? this.#metricSteps : [this.#usageStep(isCostTold)];
      for (const statement of steps) statement.run(from, to);
    }
    this.#moveCursor.run(to, source);
    if (source === "llm_usage") this.#costCover.moveTo(to);
    return to - from;
  }

  #usageStep(isCostTold: boolean): Statement {
    let step = this.#usageSteps.get(isCostTold);
    if (step === undefined) {
      step = this.#db.prepare(usageRollup(isCostTold));
      this.#usageSteps.set(isCostTold, step);
    }
    return step;
  }

  #addUsageSums(): void {
    for (const { channel, bucketMs, model, feature, sums, latencyBins } of this.#usageSums.groups()) {
      this.#addUsageGroup.run(channel, bucketMs, model, feature, ...sums, latencyBins);
    }
  }

  #waitingOf(source: Source): number {
    return Math.max(0, this.#newestOf(source) - (this.#lastRolled.get(source) as number));
  }

  #newestOf(source: Source): number {
    return (this.#lastIds[source].get() as number | null) ?? 0;
  }
}
