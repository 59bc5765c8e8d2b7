import type { StoredBot } from "../bot.js";
import { StoreError, type StoreErrorCode } from "../error.js";
import type { FleetSource } from "../fleet-source.js";
import { addBatch } from "../postgres/batch-parts.js";
import { readCursor, readCursors } from "../postgres/cursor.js";
import { enterHost } from "../postgres/host.js";
import { type Link, tlsRefused } from "../postgres/link.js";
import { addMetricSums } from "../postgres/metric-parts.js";
import { assertUsable, migratePostgres } from "../postgres/migration.js";
import { quoted } from "../postgres/record-columns.js";
import { type AnyTable, addRows, type Table } from "../postgres/row-parts.js";
import { remedyFor } from "../postgres/sql-state.js";
import { moveCursor, Statement } from "../postgres/statement.js";
import { addUsage } from "../postgres/usage-parts.js";
import { RecordTable } from "../record-table.js";
import { records } from "../records.js";
import type { SourceRows, TailIdentity } from "../sqlite/read/source-tail.js";
import { type BeatAnswer, type BeatFacts, ClonedHostError, HostPresence } from "./host-presence.js";
import type { BotsParcel, Cursor, Failure, Parcel, Receiver } from "./receiver.js";

/** Errors that last until somebody changes a setting, a right or a version. */
const hopelessCodes: readonly StoreErrorCode[] = [
  "reserved_scheme",
  "invalid_option",
  "needs_migration",
  "newer_file",
  "migration_mismatch",
];
const badCertificate = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * The fleet's database in PostgreSQL, over one connection. Each parcel is one statement: it moves
 * the cursor if nobody has, and stores the rows with their sums in the same moment. Of samples the
 * sums by minute and hour are stored, not the samples.
 */
export class PostgresReceiver implements Receiver {
  readonly #link: Link;
  readonly #name: string;
  readonly #presence: HostPresence;
  readonly #prepared = new WeakMap<SourceRows, Statement>();
  #hostNo = 0;
  /** The database's clock when it was asked, and ours, which nobody sets. */
  #clock = { atMs: Date.now(), monotonicMs: performance.now() };

  /** `name`: what the host is called in the fleet. `version`: that of the monitor. */
  constructor(link: Link, name: string, version: string | null = null) {
    this.#link = link;
    this.#name = name;
    this.#presence = new HostPresence(link, {
      name,
      version,
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
    });
  }

  get connections(): number {
    return this.#link.connections;
  }

  nowMs(): number {
    return this.#clock.atMs + Math.round(performance.now() - this.#clock.monotonicMs);
  }

  async enter(identity: TailIdentity): Promise<void> {
    await migratePostgres(this.#link);
    this.#hostNo = await enterHost(this.#link, { hostId: identity.hostId, name: this.#name });
    const atMs = await this.#presence.enter(this.#hostNo, identity);
    this.#clock = { atMs: Math.round(atMs), monotonicMs: performance.now() };
  }

  async beat(facts: BeatFacts): Promise<BeatAnswer> {
    // A newer version may have changed the tables since this connection was made.
    await assertUsable(this.#link);
    const answer = await this.#presence.beat(facts);
    // Either clock may have been set since, and this machine may have slept.
    this.#clock = { atMs: Math.round(this.#presence.databaseMs), monotonicMs: performance.now() };
    return answer;
  }

  leave(): Promise<void> {
    return this.#presence.leave();
  }

  async readCursor(source: FleetSource | "bots", opening: number): Promise<Cursor> {
    return await readCursor(this.#link, this.#hostNo, source, opening);
  }

  async readCursors(source: FleetSource, openings: readonly number[]): Promise<ReadonlyMap<number, Cursor>> {
    return await readCursors(this.#link, this.#hostNo, source, openings);
  }

  prepare(source: FleetSource, rows: SourceRows): void {
    this.#prepared.set(rows, this.#statementOf(source, rows));
  }

  async send({ source, opening, version, ranges, rows }: Parcel): Promise<boolean> {
    const statement = this.#prepared.get(rows) ?? this.#statementOf(source, rows);
    this.#prepared.delete(rows);
    moveCursor(statement, { hostNo: this.#hostNo, source, opening, version }, ranges, rows);
    return await this.#isDone(statement);
  }

  async readChannels(): Promise<readonly string[]> {
    const rows = await this.#link.rows<{ channel: string }>(
      `SELECT channel FROM ${this.#table("bots")} WHERE host_no = $1`,
      [this.#hostNo],
    );
    return rows.map(({ channel }) => channel);
  }

  async sendBots({ opening, version, bots, forgotten, prices }: BotsParcel): Promise<boolean> {
    const statement = new Statement(this.#link.url.schema);
    moveCursor(statement, { hostNo: this.#hostNo, source: "bots", opening, version }, []);
    const table = new RecordTable(records.bots, bots.length);
    table.append(bots.map(withKnownSince));
    const priceTable = new RecordTable(records.prices, prices.length);
    priceTable.append(prices);
    addBatch(statement, { bots: table, prices: priceTable }, { producer: "", forgotten, run: null });
    if (bots.length + forgotten.length === 0) return await this.#isDone(statement);
    statement.add(
      "told",
      `UPDATE ${statement.name("hosts")} AS h SET bots_version = h.bots_version + 1 FROM moved WHERE h.host_no = moved.host_no`,
    );
    return await this.#isDone(statement);
  }

  failureOf(error: unknown): Failure {
    if (error instanceof ClonedHostError) return "hopeless";
    if (error instanceof StoreError) return hopelessCodes.includes(error.code) ? "hopeless" : "retry";
    const { code } = (error ?? {}) as { code?: unknown };
    if (code === tlsRefused || (typeof code === "string" && badCertificate.test(code))) return "hopeless";
    const remedy = remedyFor(error);
    return remedy === "next_host" ? "retry" : remedy;
  }

  /** Without its cursor, whose version is not known before its turn. */
  #statementOf(source: FleetSource, { table }: SourceRows): Statement {
    const statement = new Statement(this.#link.url.schema);
    addSourceRows(statement, source, table as unknown as AnyTable);
    return statement;
  }

  async #isDone(statement: Statement): Promise<boolean> {
    const text = statement.text("SELECT (SELECT count(*) FROM moved)::int AS moved");
    const [row] = await this.#link.rows<{ moved: number }>(text, statement.values);
    return row?.moved === 1;
  }

  #table(name: string): string {
    return `${quoted(this.#link.url.schema)}.${name}`;
  }
}

function addSourceRows(statement: Statement, source: FleetSource, table: AnyTable): void {
  if (source === "status") addRows(statement, "status_history", table);
  else if (source === "custom") addRows(statement, "custom_metrics", table);
  else if (source === "usage") addUsage(statement, table as unknown as Table<"llmUsage">);
  else addMetricSums(statement, table as unknown as Table<"botMetrics">);
}

/** The Python monitor does not say since when a bot has its status: at least since it was seen. */
function withKnownSince({ origin: _, ...bot }: StoredBot) {
  return { ...bot, statusSinceMs: bot.statusSinceMs ?? bot.lastSeenMs };
}
