import {
  alertRecord,
  factRecord,
  noticeRecord,
  type StoredAlert,
  type StoredNotice,
  type StoredSilence,
  type StoredTell,
  silenceRecord,
  tellRecord,
} from "../alert.js";
import {
  type AlertHistory,
  type AlertPlan,
  alertIdsIn,
  type NoticePlan,
  type OpenAlerts,
} from "../alert-query.js";
import { byText } from "../metric-series.js";
import { storableText } from "./binary-array.js";
import { Conditions, type ReadScope } from "./read-scope.js";
import { inOrder, readerOf, rowsPerLook } from "./record-reader.js";

const alerts = readerOf(alertRecord);
const tells = readerOf(tellRecord);
const notices = readerOf(noticeRecord);
const silences = readerOf(silenceRecord);
const facts = readerOf(factRecord);

/** What a monitor that starts has to know: see `OpenAlerts`. */
export async function readOpenAlerts(scope: ReadScope): Promise<OpenAlerts> {
  const sending = (await noticesWhere(scope, (where) => where.add("r.state = 'sending'"), "")).sort(
    (a, b) => a.madeMs - b.madeMs || byText(a.noticeId, b.noticeId),
  );
  const mentioned = sending.flatMap(({ itemsJson }) => alertIdsIn(itemsJson)).map(storableText);
  const open = await alertsWhere(
    scope,
    (where) => {
      where.add(
        `(r.closed IS NULL OR r.alert_id = ANY (${where.value(mentioned, "text[]")})
 OR EXISTS (SELECT 1 FROM ${where.table("tells")} AS t WHERE t.host_no = r.host_no AND t.alert_id = r.alert_id AND t.phase <> 'over'))`,
      );
    },
    "",
  );
  open.sort((a, b) => a.openedMs - b.openedMs || byText(a.alertId, b.alertId));
  return { alerts: open, tells: await tellsOf(scope, open), notices: sending };
}

export async function readAlertHistory(scope: ReadScope, plan: AlertPlan): Promise<AlertHistory> {
  const { alertId, subject, rule, fromMs, toMs, closedFromMs, after, limit } = plan;
  const found = await alertsWhere(
    scope,
    (where) => {
      for (const [name, value] of Object.entries({ alert_id: alertId, subject, rule })) {
        if (value !== undefined) where.add(`r.${name} = ${where.value(storableText(value), "text")}`);
      }
      addOpened(where, "r.opened", fromMs, toMs);
      if (closedFromMs !== null) where.add(`r.closed >= ${where.time(closedFromMs)}`);
      if (after !== null) {
        const place = `(${where.time(after.openedMs)}, ${where.value(storableText(after.alertId), "text")})`;
        where.add(`(r.opened, ${inOrder("r.alert_id")}) < ${place}`);
      }
    },
    `ORDER BY r.opened DESC, ${inOrder("r.alert_id")} DESC LIMIT ${limit}`,
  );
  return { alerts: found, tells: await tellsOf(scope, found) };
}

export async function readNotices(scope: ReadScope, plan: NoticePlan): Promise<StoredNotice[]> {
  const { receiver, alertId, fromMs, toMs, limit } = plan;
  const found: StoredNotice[] = [];
  let { after } = plan;
  for (;;) {
    const look = alertId === undefined ? limit : rowsPerLook;
    const rows = await noticesWhere(
      scope,
      (where) => {
        if (receiver !== undefined) where.add(`r.receiver = ${where.value(storableText(receiver), "text")}`);
        addOpened(where, "r.made", fromMs, toMs);
        if (after !== null) {
          const place = `(${where.time(after.madeMs)}, ${where.value(storableText(after.noticeId), "text")})`;
          where.add(`(r.made, ${inOrder("r.notice_id")}) < ${place}`);
        }
      },
      `ORDER BY r.made DESC, ${inOrder("r.notice_id")} DESC LIMIT ${look}`,
    );
    for (const row of rows) {
      if (alertId !== undefined && !alertIdsIn(row.itemsJson).includes(alertId)) continue;
      if (found.push(row) === limit) return found;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < look) return found;
    after = { madeMs: last.madeMs, noticeId: last.noticeId };
  }
}

function addOpened(where: Conditions, time: string, fromMs: number, toMs: number): void {
  if (fromMs > 0) where.add(`${time} >= ${where.time(fromMs)}`);
  if (toMs < Number.MAX_SAFE_INTEGER) where.add(`${time} < ${where.time(toMs)}`);
}

export async function readSilences(scope: ReadScope, fromMs: number): Promise<StoredSilence[]> {
  const where = new Conditions(scope, "r");
  where.add(`r.until >= ${where.time(fromMs)}`);
  const text = `SELECT ${silences.select} FROM ${where.table("silences")} AS r WHERE ${where}`;
  const found = (await scope.rows(text, where.values)).map(silences.rowOf);
  return found.sort((a, b) => a.fromMs - b.fromMs || byText(a.silenceId, b.silenceId));
}

export async function readFacts(scope: ReadScope): Promise<ReadonlyMap<string, string>> {
  const where = new Conditions(scope, "r");
  const text = `SELECT ${facts.select} FROM ${where.table("facts")} AS r WHERE ${where}`;
  const found = (await scope.rows(text, where.values)).map(facts.rowOf);
  return new Map(found.sort((a, b) => byText(a.name, b.name)).map(({ name, value }) => [name, value]));
}

async function alertsWhere(
  scope: ReadScope,
  limitTo: (where: Conditions) => void,
  rest: string,
): Promise<StoredAlert[]> {
  const where = new Conditions(scope, "r");
  limitTo(where);
  const text = `SELECT ${alerts.select} FROM ${where.table("alerts")} AS r WHERE ${where} ${rest}`;
  return (await scope.rows(text, where.values)).map(alerts.rowOf);
}

async function noticesWhere(
  scope: ReadScope,
  limitTo: (where: Conditions) => void,
  rest: string,
): Promise<StoredNotice[]> {
  const where = new Conditions(scope, "r");
  limitTo(where);
  const text = `SELECT ${notices.select} FROM ${where.table("notices")} AS r WHERE ${where} ${rest}`;
  return (await scope.rows(text, where.values)).map(notices.rowOf);
}

async function tellsOf(scope: ReadScope, of: readonly StoredAlert[]): Promise<StoredTell[]> {
  const where = new Conditions(scope, "r");
  const ids = of.map(({ alertId }) => storableText(alertId));
  where.add(`r.alert_id = ANY (${where.value(ids, "text[]")})`);
  const text = `SELECT ${tells.select} FROM ${where.table("tells")} AS r WHERE ${where}`;
  const found = (await scope.rows(text, where.values)).map(tells.rowOf);
  return found.sort((a, b) => byText(a.alertId, b.alertId) || byText(a.receiver, b.receiver));
}
