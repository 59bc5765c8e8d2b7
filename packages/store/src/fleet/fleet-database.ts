import { StoreError } from "../error.js";
import { type FleetRetention, readFleetRetention, writeFleetRetention } from "../postgres/fleet-retention.js";
import { describeFailure, Link } from "../postgres/link.js";
import { migratePostgres } from "../postgres/migration.js";
import { ensurePartitions } from "../postgres/partition.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";
import { quoted } from "../postgres/record-columns.js";
import { remedyFor } from "../postgres/sql-state.js";
import { databaseNowMs, keepFleetDatabase, type UpkeepReport } from "../postgres/upkeep.js";

/** A host that goes on beating would come back at once. */
const quietS = 30;

/** What `FleetDatabase.forget` did, or why it did nothing. */
export type Forgetting =
  | { readonly outcome: "forgotten"; readonly hostId: string; readonly bots: number }
  | { readonly outcome: "unknown" }
  /** It has beaten within the last `seenAgoS` seconds. */
  | { readonly outcome: "up"; readonly hostId: string; readonly seenAgoS: number }
  /** Several hosts have this name. */
  | { readonly outcome: "ambiguous"; readonly hostIds: readonly string[] };

/**
 * What an operator does to a fleet database, over one connection that the first question makes.
 * Methods reject with a `StoreError`: `busy` where the database does not answer, `refused` where
 * somebody has to change something, and those of the schema.
 */
export class FleetDatabase implements Disposable {
  readonly #link: Link;

  /** Throws `invalid_option` for a URL that is none. */
  constructor(url: string) {
    this.#link = new Link(parsePostgresUrl(url), { name: "kissbot-monitor hosts" });
  }

  /** Makes tables that are missing and the partitions of the days to come. */
  async migrate(): Promise<{ readonly versions: readonly number[]; readonly partitions: readonly string[] }> {
    return await this.#ask(async (link) => {
      const versions = await migratePostgres(link);
      return { versions, partitions: await ensurePartitions(link, await databaseNowMs(link)) };
    });
  }

  /**
   * Hides a host, by its name or id, and removes its bots. What it sent stays for as long as the
   * retention says. A host that beats is left as it is; one that beats again comes back.
   */
  async forget(host: string): Promise<Forgetting> {
    return await this.#ask(async (link) => {
      const schema = quoted(link.url.schema);
      const found = await link.rows<{ host_no: number; host_id: string; is_up: boolean; ago: number }>(
        `SELECT host_no, host_id::text AS host_id,
 state = 'up' AND seen_at > clock_timestamp() - greatest(${quietS}, 4 * coalesce(beat_s, 0)) * interval '1 s' AS is_up,
 greatest(0, extract(epoch FROM clock_timestamp() - seen_at))::float8 AS ago
 FROM ${schema}.hosts WHERE state <> 'forgotten' AND (name = $1 OR host_id::text = lower($1)) ORDER BY host_no`,
        [host],
      );
      const [only] = found;
      if (only === undefined) return { outcome: "unknown" };
      if (found.length > 1) return { outcome: "ambiguous", hostIds: found.map((row) => row.host_id) };
      const { host_no: hostNo, host_id: hostId, ago } = only;
      if (only.is_up) return { outcome: "up", hostId, seenAgoS: Math.round(ago) };
      // Its cursor moves, so what it last sent of its bots does not count when it comes back.
      const [gone] = await link.rows<{ bots: number }>(
        `WITH host AS (UPDATE ${schema}.hosts SET state = 'forgotten', bots_version = bots_version + 1 WHERE host_no = $1),
 cursor AS (UPDATE ${schema}.cursors SET version = version + 1 WHERE host_no = $1 AND source = 'bots'),
 gone AS (DELETE FROM ${schema}.bots WHERE host_no = $1 RETURNING 1)
 SELECT count(*)::int AS bots FROM gone`,
        [hostNo],
      );
      return { outcome: "forgotten", hostId, bots: gone?.bots ?? 0 };
    });
  }

  /** In whole days; null is for ever. */
  async retention(): Promise<FleetRetention> {
    return await this.#ask(readFleetRetention);
  }

  /**
   * Sets what is given, for every host. Whoever leads deletes within an hour. Rejects with
   * `invalid_option` for anything but 1 to 36 500 whole days or null.
   */
  async setRetention(changes: Partial<FleetRetention>): Promise<void> {
    await this.#ask((link) => writeFleetRetention(link, changes));
  }

  /** Makes partitions and deletes what is past the retention, as the leader does once an hour. */
  async keep(): Promise<UpkeepReport> {
    return await this.#ask(keepFleetDatabase);
  }

  /** How many bots each host has, by its number; hosts without bots are left out. */
  async botCounts(): Promise<ReadonlyMap<number, number>> {
    return await this.#ask(async (link) => {
      const rows = await link.rows<{ host_no: number; bots: number }>(
        `SELECT host_no, count(*)::int AS bots FROM ${quoted(link.url.schema)}.bots GROUP BY host_no`,
      );
      return new Map(rows.map((row) => [row.host_no, row.bots]));
    });
  }

  /** At once; a question on its way fails. */
  close(): void {
    this.#link.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #ask<Answer>(work: (link: Link) => Promise<Answer>): Promise<Answer> {
    try {
      return await work(this.#link);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const code = remedyFor(error) === "hopeless" ? "refused" : "busy";
      throw new StoreError(code, describeFailure(error, this.#link.url), { cause: error });
    }
  }
}
