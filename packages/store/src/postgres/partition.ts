import type { Link } from "./link.js";
import { timeText } from "./read-scope.js";
import { quoted } from "./record-columns.js";
import { isPartitionMade, notHere, sqlStateOf } from "./sql-state.js";

export type PartitionUnit = "day" | "month";

export interface PartitionedTable {
  readonly table: string;
  readonly time: string;
  readonly unit: PartitionUnit;
}

/** The tables that are cut by time, and how finely: what is deleted soon is cut by the day. */
export const partitionedTables: readonly PartitionedTable[] = [
  { table: "bot_metrics", time: "ts", unit: "day" },
  { table: "metric_minutes", time: "bucket", unit: "day" },
  { table: "metric_hours", time: "bucket", unit: "month" },
  { table: "custom_metrics", time: "ts", unit: "day" },
  { table: "status_history", time: "ts", unit: "month" },
  { table: "llm_usage", time: "ts", unit: "month" },
];

/** A part of a table. The rest, which holds what no other does, has no bounds. */
export interface Partition {
  readonly table: string;
  readonly name: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

interface Span {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const dayMs = 86_400_000;
const ahead: Readonly<Record<PartitionUnit, number>> = { day: 3, month: 2 };
/** Nobody waits longer for a statement that changes the partitions. */
const lockMs = 80;
const tries = 5;
/**
 * While the rest is larger, nobody is kept waiting for its rows to be looked through: that takes
 * 450 ms for a million.
 */
const mostRestBytes = 1_048_576;
/** To look through all of it while others go on. */
const validateMs = 60_000;
/** No row is of a later time: it would get that of its arrival. */
const mostAheadMs = 3_600_000;
const lockNotAvailable = "55P03";
/** Somebody made or dropped it meanwhile. */
const alreadyDone: readonly (string | null)[] = ["42P07", "42P01", "42P16"];
/** Only the owner of the tables may: others do without it. */
const forbidden = "42501";

/** The day or month of a time, and its name. */
export function spanOf({ table, unit }: PartitionedTable, ms: number): Span {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const digits = date
    .toISOString()
    .slice(0, unit === "day" ? 10 : 7)
    .replaceAll("-", "");
  if (unit === "month") {
    return { name: `${table}_p${digits}`, fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
  }
  const fromMs = Math.floor(ms / dayMs) * dayMs;
  return { name: `${table}_p${digits}`, fromMs, toMs: fromMs + dayMs };
}

/** Every part of every table, as the database has them now. */
export async function readPartitions(link: Link): Promise<Partition[]> {
  const rows = await link.rows<{ parent: string; name: string }>(
    `SELECT p.relname AS parent, c.relname AS name FROM pg_inherits AS i
 JOIN pg_class AS p ON p.oid = i.inhparent JOIN pg_class AS c ON c.oid = i.inhrelid
 JOIN pg_namespace AS n ON n.oid = p.relnamespace
 WHERE n.nspname = $1 AND p.relkind = 'p' ORDER BY 1, 2`,
    [link.url.schema],
  );
  return rows.map(({ parent, name }): Partition => {
    const owner = partitionedTables.find(({ table }) => table === parent);
    const span = owner === undefined ? null : spanIn(owner, name);
    return { table: parent, name, fromMs: span?.fromMs ?? null, toMs: span?.toMs ?? null };
  });
}

function spanIn(owner: PartitionedTable, name: string): Span | null {
  const [, year, month, day = "01"] = /_p(\d{4})(\d\d)(\d\d)?$/.exec(name) ?? [];
  return year === undefined ? null : spanOf(owner, Date.UTC(Number(year), Number(month) - 1, Number(day)));
}

/**
 * Makes the partitions of now and of the time ahead, and answers their names. Rows that were
 * written to the rest before go along; where there are many, one whose time has begun is not made.
 * One that cannot be made without others waiting, or not by this user, is left for the next time.
 */
export async function ensurePartitions(link: Link, nowMs: number): Promise<string[]> {
  const present = new Set((await readPartitions(link)).map(({ name }) => name));
  const made: string[] = [];
  for (const owner of partitionedTables) {
    let span = spanOf(owner, nowMs);
    for (let i = 0; i <= ahead[owner.unit]; i++) {
      if (!present.has(span.name) && (await makePartition(link, owner, span, nowMs))) made.push(span.name);
      span = spanOf(owner, span.toMs);
    }
  }
  return made;
}

async function makePartition(
  link: Link,
  owner: PartitionedTable,
  span: Span,
  nowMs: number,
): Promise<boolean> {
  const names = namesOf(link, owner, span);
  const [size] = await link.rows<{ bytes: number }>(
    `SELECT pg_relation_size('${names.rest}'::regclass)::float8 AS bytes`,
  );
  if ((size?.bytes ?? 0) <= mostRestBytes) return await makeWithRows(link, owner, names);
  if (span.fromMs > nowMs + mostAheadMs) return await makeBesideRows(link, owner, names);
  await dropCheckLeft(link, names);
  return false;
}

/** Of a try that was broken off: it would refuse each row of a time that has begun. */
async function dropCheckLeft(link: Link, { rest, checkName, dropCheck }: Names): Promise<void> {
  const left = await link.rows(
    `SELECT 1 AS found FROM pg_constraint WHERE conrelid = '${rest}'::regclass AND conname = '${checkName}'`,
  );
  if (left.length > 0) await withoutWaiting(link, [dropCheck]);
}

type Names = ReturnType<typeof namesOf>;

function namesOf(link: Link, { table }: PartitionedTable, span: Span) {
  const schema = quoted(link.url.schema);
  const [from, to] = [span.fromMs, span.toMs].map((ms) => `'${timeText(ms)}'`);
  const rest = `${schema}.${table}_rest`;
  const checkName = `${span.name}${notHere}`;
  const check = quoted(checkName);
  return {
    whole: `${schema}.${table}`,
    rest,
    part: `${schema}.${quoted(span.name)}`,
    checkName,
    check,
    dropCheck: `ALTER TABLE ${rest} DROP CONSTRAINT IF EXISTS ${check}`,
    from,
    to,
  };
}

async function makeWithRows(
  link: Link,
  { time }: PartitionedTable,
  { whole, rest, part, dropCheck, from, to }: Names,
): Promise<boolean> {
  return await withoutWaiting(link, [
    `CREATE TABLE ${part} (LIKE ${whole} INCLUDING DEFAULTS INCLUDING STORAGE)`,
    `LOCK TABLE ${rest} IN EXCLUSIVE MODE`,
    `WITH moved AS (DELETE FROM ${rest} WHERE ${time} >= ${from} AND ${time} < ${to} RETURNING *) INSERT INTO ${part} SELECT * FROM moved`,
    `ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${from}) TO (${to})`,
    // Of a try whose process was killed.
    dropCheck,
  ]);
}

/**
 * The rest is looked through while others read and write: with a check that is proven, PostgreSQL
 * does not do so while it holds them up. Rows that the check refuses are sent again.
 */
async function makeBesideRows(
  link: Link,
  { time }: PartitionedTable,
  { whole, rest, part, check, dropCheck, from, to }: Names,
): Promise<boolean> {
  const isHere = `${time} IS NOT NULL AND ${time} >= ${from} AND ${time} < ${to}`;
  const addCheck = `ALTER TABLE ${rest} ADD CONSTRAINT ${check} CHECK (NOT (${isHere})) NOT VALID`;
  if (!(await withoutWaiting(link, [dropCheck, addCheck]))) return false;
  try {
    await link.script(`ALTER TABLE ${rest} VALIDATE CONSTRAINT ${check}`, validateMs);
    const isMade = await withoutWaiting(link, [
      `CREATE TABLE ${part} (LIKE ${whole} INCLUDING DEFAULTS INCLUDING STORAGE)`,
      `ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${from}) TO (${to})`,
      dropCheck,
    ]);
    if (isMade) return true;
  } catch (error) {
    // The rest has rows of that time.
    if (!isPartitionMade(error)) throw error;
  }
  await withoutWaiting(link, [dropCheck]);
  return false;
}

/**
 * Drops a partition and all its rows; false where others would have to wait for it, or where this
 * user may not.
 */
export async function dropPartition(link: Link, { table, name }: Partition): Promise<boolean> {
  const schema = quoted(link.url.schema);
  return await withoutWaiting(link, [
    `ALTER TABLE ${schema}.${table} DETACH PARTITION ${schema}.${quoted(name)}`,
    `DROP TABLE ${schema}.${quoted(name)}`,
  ]);
}

/**
 * One transaction, of one process at a time, that gives up rather than queue behind a long read,
 * with all writers behind it.
 */
async function withoutWaiting(link: Link, statements: readonly string[]): Promise<boolean> {
  const name = `'kissbot partitions:' || current_database() || ':${link.url.schema}'`;
  const lock = `SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
  const timeout = `SELECT set_config('lock_timeout', '${lockMs}ms', true)`;
  for (let i = 0; i < tries; i++) {
    try {
      await link.script([timeout, lock, ...statements].join(";\n"));
      return true;
    } catch (error) {
      const code = sqlStateOf(error);
      if (code === forbidden || alreadyDone.includes(code)) return false;
      if (code !== lockNotAvailable) throw error;
    }
  }
  return false;
}
