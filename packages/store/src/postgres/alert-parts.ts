import { textArray, timestampArray } from "./binary-array.js";
import { type AnyTable, addUpsert, type Table, texts } from "./row-parts.js";
import type { Statement } from "./statement.js";

/**
 * An alert that is open ends another open one of its rule and subject: those of this batch here,
 * those of before by the statement.
 */
export function addAlerts(statement: Statement, table: Table<"alerts"> | undefined): void {
  if (table === undefined || table.length === 0) return;
  const { alertId, rule, subject, openedMs, closedMs } = table.columns;
  const key = (row: number) => JSON.stringify([rule.at(row), subject.at(row)]);
  /** By rule and subject: the first that was open in this batch. */
  const firsts = new Map<string, number>();
  const last = new Map<string, { readonly row: number; closedMs: number | null; isSuperseded: boolean }>();
  for (let row = 0; row < table.length; row++) {
    const id = alertId.at(row) as string;
    if (!closedMs.isKnown(row)) {
      const opened = openedMs.numberAt(row);
      for (const [otherId, other] of last) {
        if (otherId === id || other.closedMs !== null || key(other.row) !== key(row)) continue;
        other.closedMs = Math.max(opened, openedMs.numberAt(other.row));
        other.isSuperseded = true;
      }
      if (!firsts.has(key(row))) firsts.set(key(row), row);
    }
    const closed = closedMs.isKnown(row) ? closedMs.numberAt(row) : null;
    last.set(id, { row, closedMs: closed, isSuperseded: false });
  }
  const openers = [...firsts.values()];
  const at = (column: { at(row: number): string | null }) =>
    textArray({ length: openers.length, at: (i) => column.at(openers[i] as number) });
  const opened = timestampArray({
    length: openers.length,
    numberAt: (i) => openedMs.numberAt(openers[i] as number),
  });
  if (openers.length > 0) {
    const source = [
      statement.value(at(rule), "text[]"),
      statement.value(at(subject), "text[]"),
      statement.value(opened, "timestamptz[]"),
    ].join(", ");
    const own = statement.value(
      texts([...last.keys()], (id) => id),
      "text[]",
    );
    statement.add(
      "superseded",
      `UPDATE ${statement.name("alerts")} AS a SET closed = greatest(x.opened, a.opened), outcome = 'superseded'
 FROM moved, unnest(${source}) AS x (rule, subject, opened)
 WHERE a.host_no = moved.host_no AND a.rule = x.rule AND a.subject = x.subject AND a.closed IS NULL
 AND a.alert_id <> ALL (${own})`,
    );
  }
  const kept = [...last.values()];
  const rows = kept.map(({ row }) => row);
  const closed = timestampArray({ length: rows.length, numberAt: (i) => kept[i]?.closedMs ?? Number.NaN });
  const outcome = textArray({
    length: rows.length,
    at: (i) => {
      const one = kept[i] as (typeof kept)[number];
      return one.isSuperseded ? "superseded" : table.columns.outcome.at(one.row);
    },
  });
  addUpsert(statement, "alerts", table as AnyTable, rows, ["alert_id"], { closed, outcome });
}
