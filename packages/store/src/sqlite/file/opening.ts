import { randomInt, randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { type FleetSource, fleetSources, sourceTables } from "../../fleet-source.js";
import { type HostIdentity, keepHostFile, readHostFile } from "./host-file.js";
import { machineHere } from "./machine.js";

/** What is written by openings of a file that had none yet: those of older versions. */
export const oldOpening = 0;

/** From so many openings of a source on, the oldest without a row left are forgotten. */
const keptOpenings = 1_000;

/**
 * The largest id that a source has given to a row, also to one that is deleted by now; 0 before the
 * first. A query of one row and one column.
 */
export function lastIdOf(source: FleetSource): string {
  const table = sourceTables[source];
  const kept =
    source === "custom"
      ? `SELECT last_id FROM monitor_last_ids WHERE source = '${source}'`
      : `SELECT seq FROM sqlite_sequence WHERE name = '${table}'`;
  return `SELECT max(coalesce((${kept}), 0), coalesce((SELECT max(id) FROM ${table}), 0))`;
}

/**
 * One opening of the file for writing. The rows that are written under it are named by its number
 * and their id. Ids alone name nothing: a backup that is put back, or a copy of the file, gives ids
 * that were used before to other rows.
 *
 * It is written into the file before any row is. Where that cannot be at once (a full disk, a lock
 * of another process), it is written with the first batch.
 */
export class Opening {
  readonly #db: Database;
  readonly #path: string;
  readonly #number = Date.now() * 1_024 + randomInt(1_024);
  #identity: HostIdentity | null = null;
  #isWritten = false;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#path = path;
  }

  tryWrite(): void {
    try {
      this.#db.transaction(() => this.write()).immediate();
      this.noteCommitted();
    } catch {
      // The first batch tries again, and says what is wrong.
    }
  }

  /** In a transaction, before rows are inserted. Does nothing once a transaction with it ended. */
  write(): void {
    if (this.#isWritten) return;
    this.#identity = this.#writeIdentity();
    for (const source of fleetSources) this.#writeSource(source);
  }

  /** The transaction in which it was written has ended well. */
  noteCommitted(): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    if (this.#identity !== null) keepHostFile(realPathOf(this.#path), this.#identity);
  }

  #writeIdentity(): HostIdentity {
    const { bootId, machine } = machineHere();
    const known = this.#db.prepare("SELECT host_id, made_at_ms FROM monitor_identity").get() as
      | { readonly host_id: string; readonly made_at_ms: number }
      | undefined;
    if (known !== undefined) {
      this.#db
        .prepare(
          "UPDATE monitor_identity SET boot_id = ?, machine = ? WHERE boot_id IS NOT ? OR machine IS NOT ?",
        )
        .run(bootId, machine, bootId, machine);
      return { hostId: known.host_id, madeAtMs: known.made_at_ms };
    }
    const identity = readHostFile(realPathOf(this.#path)) ?? { hostId: randomUUID(), madeAtMs: Date.now() };
    this.#db
      .prepare(
        "INSERT INTO monitor_identity (one, host_id, made_at_ms, boot_id, machine) VALUES (1, ?, ?, ?, ?)",
      )
      .run(identity.hostId, identity.madeAtMs, bootId, machine);
    return identity;
  }

  #writeSource(source: FleetSource): void {
    const table = sourceTables[source];
    const fromId = 1 + (this.#db.prepare(lastIdOf(source)).pluck().get() as number);
    const insert = this.#db.prepare(
      "INSERT INTO monitor_openings (opening, source, from_id, opened_at_ms) VALUES (?, ?, ?, ?)",
    );
    const isFirst =
      this.#db.prepare("SELECT 1 FROM monitor_openings WHERE source = ?").get(source) === undefined;
    const oldest = isFirst ? this.#db.prepare(`SELECT min(id) FROM ${table}`).pluck().get() : null;
    if (typeof oldest === "number") insert.run(oldOpening, source, oldest, Date.now());
    // Under these nothing was written.
    this.#db.prepare("DELETE FROM monitor_openings WHERE source = ? AND from_id >= ?").run(source, fromId);
    this.#db.prepare(forgetEmptied(table)).run(source, source, keptOpenings);
    insert.run(this.#number, source, fromId, Date.now());
  }
}

/** Parameters: the source, twice, and how many to keep. */
function forgetEmptied(table: string): string {
  return `DELETE FROM monitor_openings WHERE n IN (
    SELECT o.n FROM (
      SELECT n, from_id, lead(from_id) OVER (ORDER BY n) AS end_id FROM monitor_openings WHERE source = ?
    ) AS o
    WHERE o.n <= (SELECT n FROM monitor_openings WHERE source = ? ORDER BY n DESC LIMIT 1 OFFSET ?)
      AND NOT EXISTS (SELECT 1 FROM ${table} WHERE id >= o.from_id AND id < o.end_id))`;
}

export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
