import type { Database, Statement } from "better-sqlite3";
import { costSource, costUntilSource } from "../sql/cost-source.js";
import { hourOf } from "../sql/row-time.js";
import { toldAmount } from "../sql/usage-sql.js";
import { coverSource } from "./cost-cover.js";

/**
 * Whether `llm_usage` has the ninth column, which some loggers of the Python era write themselves.
 * Another process may add it at any time.
 */
export const hasToldCost = "SELECT count(*) FROM pragma_table_info('llm_usage') WHERE name = 'cost_usd'";

/** What `cost-cover.ts` has passed already gets the rest of what belongs to the cost as well. */
const addCosts = `
UPDATE monitor_usage_hours AS h SET cost_calls = h.cost_calls + t.n, cost_usd = h.cost_usd + t.cost,
  told_usd = coalesce(h.told_usd, 0) + t.told, cost_tokens = coalesce(h.cost_tokens, 0) + t.tokens
FROM (
  SELECT u.channel, ${hourOf("u.ts")} AS bucket_ms, u.model, u.feature, count(*) AS n, total(u.cost_usd) AS cost,
    total(CASE WHEN u.id <= c.last_id THEN u.cost_usd END) AS told,
    total(CASE WHEN u.id <= c.last_id THEN u.tokens_in + u.tokens_out END) AS tokens
  FROM llm_usage AS u NOT INDEXED LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id
    LEFT JOIN monitor_rollup_cursors AS c ON c.source = '${coverSource}'
  WHERE u.id > ? AND u.id <= ? AND x.cost_usd IS NULL AND ${toldAmount} IS NOT NULL
  GROUP BY 1, 2, 3, 4
) AS t
WHERE h.channel = t.channel AND h.bucket_ms = t.bucket_ms AND h.model = t.model AND h.feature = t.feature`;

/**
 * Brings the column's costs into the hours that were rolled up without it, once: up to the row at
 * which the rollup stood when the column was first seen. It has a cursor of its own, beside those
 * of the rollup, and moves it in the transaction that adds.
 */
export class ToldCost {
  readonly #has: Statement;
  readonly #cursor: Statement;
  readonly #begin: Statement;
  readonly #move: Statement;
  #add: Statement | undefined;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    this.#has = db.prepare(hasToldCost).pluck();
    this.#cursor = db.prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = ?").pluck();
    this.#begin = db.prepare(
      `INSERT OR IGNORE INTO monitor_rollup_cursors (source, last_id)
       SELECT '${costUntilSource}', last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage'
       UNION ALL SELECT '${costSource}', 0`,
    );
    this.#move = db.prepare(`UPDATE monitor_rollup_cursors SET last_id = ? WHERE source = '${costSource}'`);
  }

  /**
   * Whether the column is there; where it is seen for the first time, notes where the rollup
   * stands. To be called in a transaction.
   */
  notice(): boolean {
    if (this.#has.get() === 0) return false;
    if (this.#cursor.get(costSource) === undefined) this.#begin.run();
    return true;
  }

  /** How many rows are left, at most; before the column is noticed, all that are rolled up. */
  waiting(): number {
    const done = this.#cursor.get(costSource) as number | undefined;
    if (done === undefined) return this.#has.get() === 0 ? 0 : (this.#cursor.get("llm_usage") as number);
    return Math.max(0, (this.#cursor.get(costUntilSource) as number) - done);
  }

  /** In a transaction; answers how many ids it passed. */
  addNext(rows: number): number {
    const passed = Math.min(rows, this.waiting());
    if (passed === 0) return 0;
    const from = this.#cursor.get(costSource) as number;
    this.#add ??= this.#db.prepare(addCosts);
    this.#add.run(from, from + passed);
    this.#move.run(from + passed);
    return passed;
  }
}
