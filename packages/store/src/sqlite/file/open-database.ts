import { existsSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { StoreError } from "../../error.js";
import type { StoreEvent } from "../../state.js";
import { connect, openWriter, writerWaitMs } from "./connection.js";
import { prepareDatabaseFile } from "./database-file.js";
import { migrate, pendingMigrations } from "./migration.js";
import { assertOurs } from "./ownership.js";
import { setAside } from "./set-aside.js";
import { errorFromSqlite } from "./sqlite-error.js";

/** Up to this size a file is checked whole when it is opened; that is a fraction of a second. */
const fullCheckBytes = 64 * 1024 * 1024;
const maxRounds = 5;

export interface Opening {
  readonly path: string;
  readonly openTimeoutMs: number;
  readonly tell: (event: StoreEvent) => void;
  /** Nobody waits for it any more. */
  readonly isGivenUp?: () => boolean;
}

/**
 * Opens, checks and migrates the file for writing. Waits for other processes' locks until the
 * deadline, then `busy`. A corrupt file is set aside, loudly, and a fresh one begun; one that stays
 * corrupt although a check finds it sound is `corrupt`. Rejects with `closed` when it is given up.
 */
export async function openDatabase({ path, openTimeoutMs, tell, isGivenUp }: Opening): Promise<Database> {
  const deadlineMs = performance.now() + openTimeoutMs;
  const asides: (StoreEvent | null)[] = [];
  try {
    for (;;) {
      try {
        const { db, migrated } = openOnce(path);
        if (migrated.length > 0) tell({ kind: "migrated", versions: migrated });
        return db;
      } catch (error) {
        const known = errorFromSqlite(error, `opening ${path}`);
        if (known.code === "corrupt" && asides.length < maxRounds) {
          asides.push(await replaced(path));
          continue;
        }
        // Eight starters at once: switching to WAL and recovering a log answer "busy" without
        // waiting.
        if (known.code !== "busy" || performance.now() > deadlineMs) throw known;
        await delay(10 + Math.random() * 40);
        if (isGivenUp?.())
          throw new StoreError("closed", "the store was closed before it was open", { cause: known });
      }
    }
  } finally {
    // Told when there are tables again: whoever hears it opens the path.
    for (const aside of asides) if (aside !== null) tell(aside);
  }
}

/** Null where the file is sound after all. */
async function replaced(path: string): Promise<StoreEvent | null> {
  const aside = await setAside(path, Date.now());
  if (aside.kind === "sound") return null;
  await prepareDatabaseFile(path, false);
  return { kind: "set_aside", paths: aside.paths, reason: aside.reason };
}

function openOnce(path: string): { db: Database; migrated: number[] } {
  inspect(path);
  const db = openWriter(path);
  try {
    const migrated = migrate(db, path);
    touchTables(db);
    return { db, migrated };
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Judges the file before anything is written to it: whose it is, and whether it is sound. Where a
 * log lies beside it the look is read-only, since closing a writing connection would play a
 * stranger's log into the stranger's file; where none does, a read-only one would leave an empty
 * log behind.
 */
function inspect(path: string): void {
  const db = connect(path, { timeout: writerWaitMs, readonly: existsSync(`${path}-wal`) });
  try {
    assertOurs(db, path);
    pendingMigrations(db, path);
    if (statSync(path).size > fullCheckBytes) return;
    const [first] = db.pragma("quick_check(1)") as { quick_check: string }[];
    if (first?.quick_check !== "ok")
      throw new StoreError("corrupt", `${path}: ${first?.quick_check ?? "no answer"}`);
  } finally {
    db.close();
  }
}

/** One row from either end of each table: cheap for any size, and a file cut short is found. */
function touchTables(db: Database): void {
  for (const table of ["bot_metrics", "llm_usage", "bot_status", "monitor_bots"]) {
    db.prepare(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`).get();
    db.prepare(`SELECT * FROM ${table} ORDER BY rowid LIMIT 1`).get();
  }
}
