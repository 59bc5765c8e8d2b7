import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { StoreError } from "../../error.js";
import { textFromMs } from "../../timestamp.js";
import { type Migration, migrations, usageTableWithCost } from "./schema.js";

interface AppliedMigration {
  readonly version: number;
  readonly checksum: string;
  readonly additive: number;
  readonly needs: string;
}

const ledgerTable = `CREATE TABLE IF NOT EXISTS monitor_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  additive INTEGER NOT NULL,
  needs TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT`;

/**
 * Brings a file up to `steps` and answers which steps it applied. All of them in one immediate
 * transaction, whose lock makes of several processes that start at once one that migrates; the
 * others then find it done. Nothing is rewritten: a file of any size is migrated at once, and its
 * rollups are filled later, in the background.
 *
 * Throws `newer_file` for a step that we do not know and that is not only additive, naming the
 * version that does; throws `migration_mismatch` where a step that we know was applied with another
 * text. In both cases nothing was changed.
 */
export function migrate(db: Database, path: string, steps: readonly Migration[] = migrations): number[] {
  if (pendingMigrations(db, path, steps).length === 0) return [];
  return db
    .transaction((): number[] => {
      db.exec(ledgerTable);
      const pending = pendingMigrations(db, path, steps);
      const record = db.prepare(
        "INSERT INTO monitor_migrations (version, name, checksum, additive, needs, applied_at) VALUES (?, ?, ?, ?, ?, ?)",
      );
      for (const step of pending) {
        if (step.version === 1) db.exec(usageTableWithCost);
        db.exec(step.sql);
        const { version, name, additive, needs } = step;
        record.run(version, name, checksumOf(step), additive ? 1 : 0, needs, textFromMs(Date.now()));
      }
      return pending.map(({ version }) => version);
    })
    .immediate();
}

/** The steps that a file still lacks; checks those that it has. */
export function pendingMigrations(
  db: Database,
  path: string,
  steps: readonly Migration[] = migrations,
): Migration[] {
  const applied = appliedMigrations(db);
  for (const { version, checksum, additive, needs } of applied) {
    const step = steps.find((known) => known.version === version);
    if (step === undefined) {
      if (additive === 1) continue;
      throw new StoreError(
        "newer_file",
        `${path} was written by a newer version; @kissbot/store ${needs} or newer is needed`,
      );
    }
    if (checksum !== checksumOf(step)) {
      throw new StoreError(
        "migration_mismatch",
        `${path}: migration ${version} was applied with another text than ours`,
      );
    }
  }
  return steps.filter(({ version }) => !applied.some((done) => done.version === version));
}

function appliedMigrations(db: Database): AppliedMigration[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'monitor_migrations'").get();
  if (exists === undefined) return [];
  return db
    .prepare("SELECT version, checksum, additive, needs FROM monitor_migrations ORDER BY version")
    .all() as AppliedMigration[];
}

function checksumOf({ sql }: Migration): string {
  return createHash("sha256").update(sql).digest("hex");
}
