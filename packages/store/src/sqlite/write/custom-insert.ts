import type { Database, Statement } from "better-sqlite3";
import { customMetricRecord } from "../../custom-metric.js";
import { lastIdOf } from "../file/opening.js";
import { BulkInsert } from "./bulk-insert.js";
import type { ChannelTable, OrderedRows } from "./channel-order.js";
import { RecordColumns } from "./record-insert.js";

/**
 * Inserts custom metrics under ids that no row had before. Their table has no AUTOINCREMENT, so
 * SQLite would begin at 1 again once retention has emptied it. The last id is read in the
 * transaction, as another process may have written.
 */
export class CustomInsert {
  readonly #columns = new RecordColumns(customMetricRecord, "monitor_custom_metrics");
  readonly #bulk: BulkInsert;
  readonly #lastId: Statement;
  readonly #keepLastId: Statement;

  constructor(db: Database) {
    this.#bulk = new BulkInsert(db, "monitor_custom_metrics", ["id", ...this.#columns.names]);
    this.#lastId = db.prepare(lastIdOf("custom")).pluck();
    this.#keepLastId = db.prepare("UPDATE monitor_last_ids SET last_id = ? WHERE source = 'custom'");
  }

  /** In a transaction. */
  insert(rows: OrderedRows<ChannelTable>): void {
    if (rows.count === 0) return;
    const lastId = this.#lastId.get() as number;
    this.#bulk.insert(rows.count, (values, at, i) => {
      values[at] = lastId + 1 + i;
      this.#columns.fill(values, at + 1, rows.tableAt(i).cells, rows.rowAt(i));
    });
    this.#keepLastId.run(lastId + rows.count);
  }
}
