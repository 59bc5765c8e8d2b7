import type { Database, Statement } from "better-sqlite3";
import type { RowCells } from "../../column.js";
import type { ReadTables } from "../../packed-batch.js";
import type { RecordDeclaration, TableName } from "../../record.js";
import { records } from "../../records.js";
import { upsertOf } from "../sql/record-statement.js";
import { RecordColumns } from "./record-insert.js";

/** Writes alerts and what belongs to them, each row in the place of an older one of its name. */
export class AlertInsert {
  readonly #supersede: Statement;
  readonly #alerts: Upsert;
  readonly #tells: Upsert;
  readonly #notices: Upsert;
  readonly #silences: Upsert;
  readonly #facts: Upsert;

  constructor(db: Database) {
    const upsert = (record: RecordDeclaration<unknown>, table: TableName, key: string) =>
      new Upsert(db.prepare(upsertOf(record, table, key)), new RecordColumns(record, table));
    this.#supersede = db.prepare(
      `UPDATE monitor_alerts SET closed_ms = max(opened_ms, ?), outcome = 'superseded'
       WHERE rule = ? AND subject = ? AND closed_ms IS NULL AND alert_id <> ?`,
    );
    this.#alerts = upsert(records.alerts, "monitor_alerts", "alert_id");
    this.#tells = upsert(records.tells, "monitor_tells", "receiver, alert_id");
    this.#notices = upsert(records.notices, "monitor_notices", "notice_id");
    this.#silences = upsert(records.silences, "monitor_silences", "silence_id");
    this.#facts = upsert(records.facts, "monitor_facts", "name");
  }

  insertAlertRows({ alerts, tells, notices, silences, facts }: ReadTables): void {
    if (alerts !== undefined) {
      for (let i = 0; i < alerts.length; i++) {
        const { alertId, rule, subject, openedMs, closedMs } = alerts.storedRow(i);
        if (closedMs === null) this.#supersede.run(openedMs, rule, subject, alertId);
        this.#alerts.upsertRow(alerts.cells, i);
      }
    }
    if (tells !== undefined) this.#tells.upsertAll(tells);
    if (notices !== undefined) this.#notices.upsertAll(notices);
    if (silences !== undefined) this.#silences.upsertAll(silences);
    if (facts !== undefined) this.#facts.upsertAll(facts);
  }
}

class Upsert {
  readonly #statement: Statement;
  readonly #columns: RecordColumns;

  constructor(statement: Statement, columns: RecordColumns) {
    this.#statement = statement;
    this.#columns = columns;
  }

  upsertRow(cells: RowCells, row: number): void {
    const values = this.#columns.emptyRow();
    this.#columns.fill(values, 0, cells, row);
    this.#statement.run(...values);
  }

  upsertAll({ cells, length }: { readonly cells: RowCells; readonly length: number }): void {
    for (let i = 0; i < length; i++) this.upsertRow(cells, i);
  }
}
