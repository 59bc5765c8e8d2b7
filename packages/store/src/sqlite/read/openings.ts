import type { Database } from "better-sqlite3";
import type { FleetSource } from "../../fleet-source.js";
import type { IdRange } from "../../ranges.js";
import { lastIdOf } from "../file/opening.js";

/** The ids of a source that were given under one opening of the file. */
export interface OpeningRange extends IdRange {
  /** Its number: with it, an id names one row for ever. */
  readonly opening: number;
}

/**
 * The openings of a source that have any id, the newest first. The ids of one end before those of
 * any later one, so a row of the file has exactly one opening. To be called in a transaction.
 */
export function readOpenings(db: Database, source: FleetSource): OpeningRange[] {
  let last = db.prepare(lastIdOf(source)).pluck().get() as number;
  const rows = db
    .prepare("SELECT opening, from_id FROM monitor_openings WHERE source = ? ORDER BY n DESC")
    .raw()
    .all(source) as [opening: number, first: number][];
  const openings: OpeningRange[] = [];
  for (const [opening, first] of rows) {
    if (first <= last) openings.push({ opening, first, last });
    last = Math.min(last, first - 1);
  }
  return openings;
}
