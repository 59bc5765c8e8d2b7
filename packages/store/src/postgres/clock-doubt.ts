import type { Link } from "./link.js";
import { quoted } from "./record-columns.js";

const dayMs = 86_400_000;
const leapMs = 31 * dayMs;
const probationMs = 7 * dayMs;

/**
 * The rule of the SQLite store: a clock that leapt by more than 31 days since the round before is
 * believed when it has gone on steadily for 7 days. Null: rows may be deleted. Else until when they
 * may not.
 */
export async function judgeClock(link: Link, nowMs: number): Promise<number | null> {
  const table = `${quoted(link.url.schema)}.marks`;
  const now = Math.trunc(nowMs);
  const rows = await link.rows<{ name: string; value: number }>(
    `SELECT name, value::float8 FROM ${table} WHERE name IN ('maintenance_last', 'maintenance_leapt')`,
  );
  const mark = (name: string) => rows.find((one) => one.name === name)?.value;
  const last = mark("maintenance_last");
  const isLeap = last !== undefined && Math.abs(now - last) > leapMs;
  const leapt = isLeap ? now : (mark("maintenance_leapt") ?? 0);
  await link.rows(
    `INSERT INTO ${table} (name, value) VALUES ('maintenance_last', $1), ('maintenance_leapt', $2)
 ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [now, leapt],
  );
  const untilMs = leapt + probationMs;
  return leapt !== 0 && now < untilMs ? untilMs : null;
}
