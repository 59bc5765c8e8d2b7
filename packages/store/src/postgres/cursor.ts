import type { Ranges } from "../ranges.js";
import type { Link } from "./link.js";
import { quoted } from "./record-columns.js";

/** How far a source was received, as the database says. */
export interface Cursor {
  readonly version: number;
  readonly ranges: Ranges;
}

interface Row extends Record<string, unknown> {
  readonly version: number;
  readonly ranges: readonly string[];
}

/** By opening, the cursors that there are of a source. */
export async function readCursors(
  link: Link,
  hostNo: number,
  source: string,
  openings: readonly number[],
): Promise<ReadonlyMap<number, Cursor>> {
  const rows = await link.rows<Row & { readonly opening: number }>(
    `SELECT opening::float8, version::float8, ranges FROM ${quoted(link.url.schema)}.cursors
 WHERE host_no = $1 AND source = $2 AND opening = ANY($3::bigint[])`,
    [hostNo, source, openings],
  );
  return new Map(rows.map((row) => [row.opening, cursorFrom(row)]));
}

/** The cursor of a source in one opening; made where there is none. */
export async function readCursor(
  link: Link,
  hostNo: number,
  source: string,
  opening: number,
): Promise<Cursor> {
  const table = `${quoted(link.url.schema)}.cursors`;
  const values = [hostNo, source, opening];
  const select = `SELECT version::float8, ranges FROM ${table} WHERE host_no = $1 AND source = $2 AND opening = $3`;
  const [row] = await link.rows<Row>(select, values);
  if (row !== undefined) return cursorFrom(row);
  await link.rows(
    `INSERT INTO ${table} (host_no, source, opening, version, ranges) VALUES ($1, $2, $3, 0, '{}') ON CONFLICT DO NOTHING`,
    values,
  );
  const [made] = await link.rows<Row>(select, values);
  return made === undefined ? { version: 0, ranges: [] } : cursorFrom(made);
}

function cursorFrom({ version, ranges }: Row): Cursor {
  return { version, ranges: ranges.map(Number) };
}
