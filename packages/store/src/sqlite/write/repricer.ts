import type { Database, Statement } from "better-sqlite3";
import type { ReadTables } from "../../packed-batch.js";
import { hourOf } from "../sql/row-time.js";
import { soundNames, toldAmount, usageExtras } from "../sql/usage-sql.js";
import { coverSource } from "./cost-cover.js";
import { hasToldCost } from "./told-cost.js";

/** A call whose cost nobody knows. */
interface Unpriced {
  readonly channel: string;
  readonly bucket_ms: number | null;
  readonly model: string;
  readonly feature: string;
  readonly tokens: number;
  readonly is_sound: number;
}

const unpriced = (isCostTold: boolean) => `
SELECT u.channel, ${hourOf("u.ts")} AS bucket_ms, u.model, u.feature,
  u.tokens_in + u.tokens_out AS tokens, ${soundNames} AS is_sound
FROM llm_usage AS u ${usageExtras}
WHERE u.id = ? AND x.cost_usd IS NULL${isCostTold ? ` AND ${toldAmount} IS NULL` : ""}`;

/**
 * Gives calls that are stored the cost that nobody knew, together with the hours that they are in.
 * What has a cost by now stays, so the same repricing may be written twice.
 */
export class Repricer {
  readonly #db: Database;
  readonly #hasToldCost: Statement;
  readonly #cursor: Statement;
  readonly #setCost: Statement;
  readonly #addToHour: Statement;
  readonly #unpriced = new Map<boolean, Statement>();

  constructor(db: Database) {
    this.#db = db;
    this.#hasToldCost = db.prepare(hasToldCost).pluck();
    this.#cursor = db.prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = ?").pluck();
    this.#setCost = db.prepare(
      `INSERT INTO monitor_usage_extras (usage_id, cost_usd, price_id) VALUES (?, ?, ?)
       ON CONFLICT (usage_id) DO UPDATE SET cost_usd = excluded.cost_usd, price_id = excluded.price_id`,
    );
    this.#addToHour = db.prepare(
      `UPDATE monitor_usage_hours SET cost_calls = cost_calls + 1, cost_usd = cost_usd + @cost,
         cost_tokens = CASE WHEN @isCovered THEN coalesce(cost_tokens, 0) + @tokens ELSE cost_tokens END
       WHERE channel = @channel AND bucket_ms = @bucketMs AND model = @model AND feature = @feature`,
    );
  }

  /** In a transaction; answers whether a call was among them that is in no hour yet. */
  apply({ columns, length }: NonNullable<ReadTables["repricings"]>): boolean {
    const statement = this.#statement(this.#hasToldCost.get() === 1);
    const rolledUp = this.#at("llm_usage");
    const covered = this.#at(coverSource);
    let isAnyLater = false;
    for (let i = 0; i < length; i++) {
      const id = columns.usageId.numberAt(i);
      const call = statement.get(id) as Unpriced | undefined;
      if (call === undefined) continue;
      const cost = columns.costUsd.numberAt(i);
      this.#setCost.run(id, cost, columns.priceId.numberAt(i));
      if (id > rolledUp) isAnyLater = true;
      else if (call.is_sound === 1 && call.bucket_ms !== null) {
        const { channel, bucket_ms: bucketMs, model, feature, tokens } = call;
        // Beyond that cursor, the tokens are still to be counted, and this call with them.
        const isCovered = id <= covered ? 1 : 0;
        this.#addToHour.run({ channel, bucketMs, model, feature, tokens, cost, isCovered });
      }
    }
    return isAnyLater;
  }

  #at(source: string): number {
    return (this.#cursor.get(source) as number | undefined) ?? 0;
  }

  #statement(isCostTold: boolean): Statement {
    let statement = this.#unpriced.get(isCostTold);
    if (statement === undefined) {
      statement = this.#db.prepare(unpriced(isCostTold));
      this.#unpriced.set(isCostTold, statement);
    }
    return statement;
  }
}
