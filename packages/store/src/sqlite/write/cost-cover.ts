import type { Database, Statement } from "better-sqlite3";
import { sumColumns } from "../../usage-measure.js";
import { hourOf } from "../sql/row-time.js";
import { soundNames, usageColumns, usageExtras } from "../sql/usage-sql.js";

/** Its cursor: the row up to which the hours say of how many tokens the cost is known. */
export const coverSource = "llm_usage_cover";

const later = sumColumns.filter(({ isLater }) => isLater === true).map(({ column }) => column);

const cover = (isCostTold: boolean) => `
UPDATE monitor_usage_hours AS h SET ${later.map((name) => `${name} = coalesce(h.${name}, 0) + t.${name}`).join(", ")}
FROM (
  SELECT u.channel, ${hourOf("u.ts")} AS bucket_ms, u.model, u.feature,
    ${usageColumns(isCostTold)}
  FROM llm_usage AS u NOT INDEXED ${usageExtras}
  WHERE u.id > ? AND u.id <= ? AND ${soundNames}
  GROUP BY 1, 2, 3, 4
) AS t
WHERE h.channel = t.channel AND h.bucket_ms = t.bucket_ms AND h.model = t.model AND h.feature = t.feature`;

/**
 * Brings into the hours that an older version rolled up what it did not count: of how many tokens
 * the cost is known, and what of it bots told. The rows between its cursor and that of the rollup
 * are those hours' rows, since our own rollup moves both and an older version's moves only its own.
 * What was deleted before stays unknown: `covered_calls` says how many calls are counted.
 */
export class CostCover {
  readonly #db: Database;
  readonly #cursor: Statement;
  readonly #move: Statement;
  readonly #covers = new Map<boolean, Statement>();

  constructor(db: Database) {
    this.#db = db;
    this.#cursor = db.prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = ?").pluck();
    this.#move = db.prepare(
      `INSERT INTO monitor_rollup_cursors (source, last_id) VALUES ('${coverSource}', ?)
       ON CONFLICT (source) DO UPDATE SET last_id = excluded.last_id`,
    );
  }

  /** How many rows are left, at most. */
  waiting(): number {
    return Math.max(0, (this.#cursor.get("llm_usage") as number) - this.#at());
  }

  /** In a transaction, after `ToldCost` has no more to do; answers how many ids it passed. */
  coverNext(rows: number, isCostTold: boolean): number {
    const passed = Math.min(rows, this.waiting());
    if (passed === 0) return 0;
    const from = this.#at();
    let statement = this.#covers.get(isCostTold);
    if (statement === undefined) {
      statement = this.#db.prepare(cover(isCostTold));
      this.#covers.set(isCostTold, statement);
    }
    statement.run(from, from + passed);
    this.#move.run(from + passed);
    return passed;
  }

  /** In the transaction that rolled up the rows up to this one. */
  moveTo(id: number): void {
    this.#move.run(id);
  }

  #at(): number {
    return (this.#cursor.get(coverSource) as number | undefined) ?? 0;
  }
}
