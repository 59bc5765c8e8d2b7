import { statSync } from "node:fs";
import type { StoredBot } from "../../bot.js";
import { causeCodeOf } from "../../cause-code.js";
import { type FleetSource, fleetSources, sourceTables } from "../../fleet-source.js";
import type { StoredPrice } from "../../price.js";
import type { IdRange } from "../../ranges.js";
import { columnsOf, type NamedField, type RecordDeclaration, type TableName } from "../../record.js";
import { type FieldReaders, RecordTable, type RowReader, rowReader } from "../../record-table.js";
import { records } from "../../records.js";
import { msFromText } from "../../timestamp.js";
import { usageExtras, usageValues } from "../sql/usage-sql.js";
import { type OpeningRange, readOpenings } from "./openings.js";
import { ReadConnection } from "./read-connection.js";
import { readFleet } from "./read-fleet.js";
import { readPrices } from "./read-prices.js";

const sourceRecords = {
  status: records.statusChanges,
  usage: records.llmUsage,
  custom: records.customMetrics,
  metrics: records.botMetrics,
} as const;

/** The rows of a source as columns, as a batch has them. */
export type SourceTable<Source extends FleetSource> = RecordTable<(typeof sourceRecords)[Source]["fields"]>;

/** What stands under a range of ids. */
export interface SourceRows<Source extends FleetSource = FleetSource> {
  readonly table: SourceTable<Source>;
  /** How many of the ids have no row any more: retention deleted it. */
  readonly deleted: number;
  /** How many rows no store takes: the old tables hold any value in any column. */
  readonly rejected: number;
}

/** Where the database is open, and whose it is. */
export interface TailIdentity {
  readonly hostId: string;
  readonly bootId: string | null;
  readonly machine: string | null;
  /** The newest opening of the file for writing. */
  readonly opening: number;
}

type Row = readonly unknown[];

/**
 * Follows the tables of a database whose rows go to the fleet's database: over a connection of its
 * own that only reads, in short transactions, so that the writer never waits for it.
 */
export class SourceTail {
  readonly #connection: ReadConnection;
  readonly #path: string;
  readonly #file: string;
  readonly #readers = new Map<FleetSource, RowReader<unknown, Row>>();
  #version = -1;

  constructor(path: string) {
    this.#path = path;
    this.#connection = new ReadConnection(path);
    this.#file = fileAt(path);
  }

  /** Whether anybody has committed since this was asked before; true the first time. */
  hasNews(): boolean {
    const version = this.#connection.value("PRAGMA data_version") as number;
    const isNew = version !== this.#version;
    this.#version = version;
    return isNew;
  }

  /** Whether the path still has the file that was opened. */
  isThere(): boolean {
    return fileAt(this.#path) === this.#file;
  }

  /** Null while no writer of this version has opened the file. */
  identity(): TailIdentity | null {
    return this.#connection.inOneMoment(() => {
      if (!this.#connection.hasColumn("monitor_identity", "host_id")) return null;
      const [row] = this.#connection.rows("SELECT host_id, boot_id, machine FROM monitor_identity");
      const opening = this.#connection.value("SELECT opening FROM monitor_openings ORDER BY n DESC LIMIT 1");
      if (row === undefined || typeof opening !== "number") return null;
      const [hostId, bootId, machine] = row as [string, string | null, string | null];
      return { hostId, bootId, machine, opening };
    });
  }

  /** The openings of each source that gave any id, the newest first, in one moment. */
  openings(): Readonly<Record<FleetSource, readonly OpeningRange[]>> {
    const { database } = this.#connection;
    return this.#connection.inOneMoment(
      () =>
        Object.fromEntries(fleetSources.map((source) => [source, readOpenings(database, source)])) as Record<
          FleetSource,
          OpeningRange[]
        >,
    );
  }

  read<Source extends FleetSource>(source: Source, { first, last }: IdRange): SourceRows<Source> {
    const rows = this.#connection.rows(this.#selectOf(source), [first, last]);
    const deleted = last - first + 1 - rows.length;
    const record = sourceRecords[source] as unknown as RecordDeclaration<unknown>;
    const reader = this.#readerOf(source, record);
    const table = new RecordTable(record, rows.length);
    for (const row of rows) table.appendFrom(reader, row, 0);
    if (table.isSound) return { table: table as unknown as SourceTable<Source>, deleted, rejected: 0 };
    const sound = rows.filter((row) => isSound(record, reader, row));
    const rest = new RecordTable(record, sound.length);
    for (const row of sound) rest.appendFrom(reader, row, 0);
    return {
      table: rest as unknown as SourceTable<Source>,
      deleted,
      rejected: rows.length - sound.length,
    };
  }

  /** How far around a range without rows there are none either, within these bounds. */
  emptyAround(source: FleetSource, { first, last }: IdRange, bounds: IdRange): IdRange {
    const table = sourceTables[source];
    const below = this.#connection.value(`SELECT max(id) FROM ${table} WHERE id < ?`, [first]);
    const above = this.#connection.value(`SELECT min(id) FROM ${table} WHERE id > ?`, [last]);
    return {
      first: typeof below === "number" ? Math.max(bounds.first, below + 1) : bounds.first,
      last: typeof above === "number" ? Math.min(bounds.last, above - 1) : bounds.last,
    };
  }

  /** The bots as they are now. */
  bots(): StoredBot[] {
    return this.#connection.inOneMoment(() => readFleet(this.#connection));
  }

  /** The prices that were applied to calls, but for those whose numbers are known. */
  prices(known: ReadonlySet<number>): StoredPrice[] {
    if (!this.#connection.hasColumn("monitor_prices", "price_id")) return [];
    if (this.#connection.value("SELECT count(*) FROM monitor_prices") === known.size) return [];
    return readPrices(this.#connection).filter(({ priceId }) => !known.has(priceId));
  }

  close(): void {
    this.#connection.close();
  }

  /** The fields of a row in their order, behind its id. Parameters: the first and the last id. */
  #selectOf(source: FleetSource): string {
    const { hasColumn } = this.#connection;
    if (source === "usage") {
      return `SELECT u.id, ${usageValues(hasColumn)} FROM llm_usage AS u NOT INDEXED ${usageExtras}
        WHERE u.id BETWEEN ? AND ? ORDER BY u.id`;
    }
    const table = sourceTables[source];
    const own = columnNames(sourceRecords[source], table);
    const beside = source === "metrics" ? columnNames(records.botMetrics, "monitor_metric_shares") : null;
    const list = sourceRecords[source].list.map(({ name }) => {
      const column = own.get(name);
      return column === undefined ? `s.${beside?.get(name)}` : `t.${column}`;
    });
    const shares = beside === null ? "" : "LEFT JOIN monitor_metric_shares AS s ON s.metric_id = t.id";
    return `SELECT t.id, ${list.join(", ")} FROM ${table} AS t ${shares} WHERE t.id BETWEEN ? AND ? ORDER BY t.id`;
  }

  #readerOf(source: FleetSource, record: RecordDeclaration<unknown>): RowReader<unknown, Row> {
    const known = this.#readers.get(source);
    if (known !== undefined) return known;
    const reader = rowReader(record, readersOf(source, record) as FieldReaders<unknown, Row>);
    this.#readers.set(source, reader);
    return reader;
  }
}

function columnNames(record: RecordDeclaration<unknown>, table: TableName): Map<string, string> {
  return new Map(columnsOf(record, table).map(({ field, column }) => [field.name, column]));
}

/** How the value of each field is taken from a row. Older versions wrote no code of a cause. */
function readersOf(
  source: FleetSource,
  { list }: RecordDeclaration<unknown>,
): Record<string, (row: Row) => unknown> {
  const table = sourceTables[source];
  const placeOf = (name: string) => 1 + list.findIndex((field) => field.name === name);
  const readers = Object.fromEntries(
    list.map((field, i): [string, (row: Row) => unknown] => [field.name, readerFor(field, i + 1, table)]),
  );
  if (source !== "status") return readers;
  const [code, sentence] = [placeOf("causeCode"), placeOf("cause")];
  return {
    ...readers,
    causeCode: (row) =>
      row[code] === null && typeof row[sentence] === "string" ? causeCodeOf(null, row[sentence]) : row[code],
  };
}

function readerFor(field: NamedField, at: number, table: TableName): (row: Row) => unknown {
  const isText = field.columns[table]?.includes(" TEXT") === true;
  if (field.kind === "time" && isText) return (row) => msFromText(row[at]);
  return (row) => row[at];
}

/** Whether a store takes a row by itself. */
function isSound(record: RecordDeclaration<unknown>, reader: RowReader<unknown, Row>, row: Row): boolean {
  const alone = new RecordTable(record, 1);
  alone.appendFrom(reader, row, 0);
  return alone.isSound;
}

function fileAt(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  return file === undefined ? "" : `${file.dev}:${file.ino}`;
}
