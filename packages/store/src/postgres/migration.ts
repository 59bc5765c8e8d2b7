import { createHash } from "node:crypto";
import { StoreError } from "../error.js";
import type { Link } from "./link.js";
import { shownUrl } from "./postgres-url.js";
import { quoted } from "./record-columns.js";
import { type PostgresMigration, postgresMigrations } from "./schema.js";
import { sqlStateOf } from "./sql-state.js";

interface Applied extends Record<string, unknown> {
  readonly version: number;
  readonly checksum: string;
  readonly additive: boolean;
  readonly needs: string;
}

const missingTable = "42P01";
const missingSchema = "3F000";
const forbidden = "42501";

/**
 * Brings the schema up to `steps` and answers which steps it applied. All of them in one
 * transaction, behind a lock that ends with it: of several that start at once one migrates, and the
 * others find it done.
 *
 * Throws `newer_file` for a step that we do not know and that is not only additive, naming the
 * version that does; `migration_mismatch` where a step was applied with another text; and
 * `needs_migration` where steps are missing and this user may not create tables.
 */
export async function migratePostgres(
  link: Link,
  steps: readonly PostgresMigration[] = postgresMigrations,
): Promise<number[]> {
  const { schema } = link.url;
  const name = quoted(schema);
  if (pendingSteps(await appliedSteps(link), link, steps).length === 0) return [];
  try {
    return await link.transaction(async (rows) => {
      await rows(
        "SELECT pg_advisory_xact_lock(hashtextextended('kissbot:' || current_database() || ':' || $1, 0))",
        [schema],
      );
      await rows(`CREATE SCHEMA IF NOT EXISTS ${name}`);
      await rows("SELECT set_config('search_path', $1, true), set_config('lock_timeout', '5s', true)", [
        name,
      ]);
      await rows(migrationsTable("migrations"));
      const applied = (await rows("SELECT version, checksum, additive, needs FROM migrations")) as Applied[];
      const pending = pendingSteps(applied, link, steps);
      for (const step of pending) {
        await rows(step.sql);
        await rows(
          "INSERT INTO migrations (version, name, checksum, additive, needs) VALUES ($1, $2, $3, $4, $5)",
          [step.version, step.name, checksumOf(step), step.additive, step.needs],
        );
      }
      return pending.map(({ version }) => version);
    }, migrationMs);
  } catch (error) {
    if (sqlStateOf(error) !== forbidden) throw error;
    const sentence = `${shownUrl(link.url)}: the tables are not there, or older than this version, and this user may not create them; connect once as their owner`;
    throw new StoreError("needs_migration", sentence, { cause: error });
  }
}

/** Makes the table of the steps that were applied, where it is missing. */
export const migrationsTable = (name: string) => `CREATE TABLE IF NOT EXISTS ${name} (
  version int PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  additive boolean NOT NULL,
  needs text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** How many steps of ours the database lacks. Throws as `migratePostgres`. */
export async function countPendingSteps(link: Link): Promise<number> {
  return pendingSteps(await appliedSteps(link), link, postgresMigrations).length;
}

/** Throws `newer_file` and `migration_mismatch` as `migratePostgres` does. */
export async function assertUsable(link: Link): Promise<void> {
  await countPendingSteps(link);
}

/**
 * For who only reads: throws what `migratePostgres` throws, and `needs_migration` for a missing
 * step.
 */
export async function assertMigrated(link: Link): Promise<void> {
  if ((await countPendingSteps(link)) === 0) return;
  const sentence = `${shownUrl(link.url)}: the tables are not there, or older than this version; open it once for writing`;
  throw new StoreError("needs_migration", sentence);
}

/** Twenty that start at once wait for one another. */
const migrationMs = 60_000;

async function appliedSteps(link: Link): Promise<Applied[]> {
  try {
    return await link.rows<Applied>(
      `SELECT version, checksum, additive, needs FROM ${quoted(link.url.schema)}.migrations`,
    );
  } catch (error) {
    const code = sqlStateOf(error);
    if (code === missingTable || code === missingSchema) return [];
    throw error;
  }
}

function pendingSteps(
  applied: readonly Applied[],
  link: Link,
  steps: readonly PostgresMigration[],
): PostgresMigration[] {
  const place = `${shownUrl(link.url)}, schema ${link.url.schema}`;
  for (const { version, checksum, additive, needs } of applied) {
    const step = steps.find((known) => known.version === version);
    if (step === undefined) {
      if (additive) continue;
      const sentence = `${place} was migrated by a newer version; @kissbot/store ${needs} or newer is needed`;
      throw new StoreError("newer_file", sentence);
    }
    if (checksum !== checksumOf(step)) {
      const sentence = `${place}: migration ${version} was applied with another text than ours`;
      throw new StoreError("migration_mismatch", sentence);
    }
  }
  return steps.filter(({ version }) => !applied.some((done) => done.version === version));
}

function checksumOf({ sql }: PostgresMigration): string {
  return createHash("sha256").update(sql).digest("hex");
}
