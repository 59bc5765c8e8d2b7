import {
  alertRecord,
  noticeRecord,
  type StoredAlert,
  type StoredNotice,
  type StoredSilence,
  type StoredTell,
  silenceRecord,
  tellRecord,
} from "../../alert.js";
import type { AlertHistory, AlertPlan, NoticePlan, OpenAlerts } from "../../alert-query.js";
import { rowFrom, selectList } from "../sql/record-statement.js";
import type { ReadConnection } from "./read-connection.js";

const alertOf = rowFrom(alertRecord, "monitor_alerts");
const tellOf = rowFrom(tellRecord, "monitor_tells");
const noticeOf = rowFrom(noticeRecord, "monitor_notices");
const silenceOf = rowFrom(silenceRecord, "monitor_silences");

/** The alerts that notices are about; a text that is no such list is about none. */
const idsOfNotices = (where: string) => `
  SELECT item.value ->> '$.alert_id' FROM monitor_notices AS notice, json_each(
    CASE WHEN json_valid(notice.items_json) AND json_type(notice.items_json) = 'array'
      THEN notice.items_json ELSE '[]' END) AS item
  WHERE ${where} AND item.type = 'object'`;

export function readOpenAlerts(connection: ReadConnection): OpenAlerts {
  if (!hasAlerts(connection)) return { alerts: [], tells: [], notices: [] };
  const needed = `
    SELECT alert_id FROM monitor_tells WHERE phase <> 'over'
    UNION ${idsOfNotices("notice.state = 'sending'")}`;
  const where = `closed_ms IS NULL OR alert_id IN (${needed})`;
  const alerts = alertsOf(connection, `WHERE ${where} ORDER BY opened_ms, alert_id`, []);
  const notices = connection.rows(
    `SELECT ${selectList(noticeRecord, "monitor_notices", connection)} FROM monitor_notices
     WHERE state = 'sending' ORDER BY made_ms, notice_id`,
  );
  return {
    alerts,
    tells: tellsOf(connection, alerts),
    notices: notices.map((row) => noticeOf(row) as unknown as StoredNotice),
  };
}

export function readAlertHistory(connection: ReadConnection, plan: AlertPlan): AlertHistory {
  if (!hasAlerts(connection)) return { alerts: [], tells: [] };
  const { alertId, subject, rule, fromMs, toMs, closedFromMs, after, limit } = plan;
  const conditions: [string, ...unknown[]][] = [["opened_ms >= ? AND opened_ms < ?", fromMs, toMs]];
  if (alertId !== undefined) conditions.push(["alert_id = ?", alertId]);
  if (subject !== undefined) conditions.push(["subject = ?", subject]);
  if (rule !== undefined) conditions.push(["rule = ?", rule]);
  if (closedFromMs !== null) conditions.push(["closed_ms >= ?", closedFromMs]);
  if (after !== null) conditions.push(["(opened_ms, alert_id) < (?, ?)", after.openedMs, after.alertId]);
  const alerts = alertsOf(
    connection,
    `WHERE ${conditions.map(([text]) => text).join(" AND ")} ORDER BY opened_ms DESC, alert_id DESC LIMIT ?`,
    [...conditions.flatMap(([, ...values]) => values), limit],
  );
  return { alerts, tells: tellsOf(connection, alerts) };
}

export function readNotices(connection: ReadConnection, plan: NoticePlan): StoredNotice[] {
  if (!hasAlerts(connection)) return [];
  const { receiver, alertId, fromMs, toMs, after, limit } = plan;
  const conditions: [string, ...unknown[]][] = [["made_ms >= ? AND made_ms < ?", fromMs, toMs]];
  if (receiver !== undefined) conditions.push(["receiver = ?", receiver]);
  if (alertId !== undefined)
    conditions.push([`? IN (${idsOfNotices("notice.notice_id = monitor_notices.notice_id")})`, alertId]);
  if (after !== null) conditions.push(["(made_ms, notice_id) < (?, ?)", after.madeMs, after.noticeId]);
  const rows = connection.rows(
    `SELECT ${selectList(noticeRecord, "monitor_notices", connection)} FROM monitor_notices
     WHERE ${conditions.map(([text]) => text).join(" AND ")} ORDER BY made_ms DESC, notice_id DESC LIMIT ?`,
    [...conditions.flatMap(([, ...values]) => values), limit],
  );
  return rows.map((row) => noticeOf(row) as unknown as StoredNotice);
}

export function readSilences(connection: ReadConnection, fromMs: number): StoredSilence[] {
  if (!hasAlerts(connection)) return [];
  const rows = connection.rows(
    `SELECT ${selectList(silenceRecord, "monitor_silences", connection)} FROM monitor_silences
     WHERE until_ms >= ? ORDER BY from_ms, silence_id`,
    [fromMs],
  );
  return rows.map((row) => silenceOf(row) as unknown as StoredSilence);
}

export function readFacts(connection: ReadConnection): [name: string, value: string][] {
  if (!hasAlerts(connection)) return [];
  return connection.rows("SELECT name, value FROM monitor_facts ORDER BY name") as [string, string][];
}

/** A file that is only read may be older than the tables. */
function hasAlerts(connection: ReadConnection): boolean {
  return connection.hasColumn("monitor_facts", "name");
}

function alertsOf(connection: ReadConnection, rest: string, values: readonly unknown[]): StoredAlert[] {
  const list = selectList(alertRecord, "monitor_alerts", connection);
  return connection
    .rows(`SELECT ${list} FROM monitor_alerts ${rest}`, values)
    .map((row) => alertOf(row) as unknown as StoredAlert);
}

function tellsOf(connection: ReadConnection, alerts: readonly StoredAlert[]): StoredTell[] {
  const ids = JSON.stringify(alerts.map(({ alertId }) => alertId));
  const rows = connection.rows(
    `SELECT ${selectList(tellRecord, "monitor_tells", connection)} FROM monitor_tells
     WHERE alert_id IN (SELECT value FROM json_each(?)) ORDER BY alert_id, receiver`,
    [ids],
  );
  return rows.map((row) => tellOf(row) as unknown as StoredTell);
}
