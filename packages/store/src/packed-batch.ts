import type { Batch, BatchId } from "./batch.js";
import { Dictionary } from "./dictionary.js";
import { StoreError } from "./error.js";
import type { RecordDeclaration } from "./record.js";
import { type PackedTable, RecordTable } from "./record-table.js";
import { type RecordKind, recordKinds, records } from "./records.js";
import { checkedRun, type Run } from "./run.js";

/**
 * A batch as it crosses to the writer's thread: typed arrays, whose buffers are transferred, not
 * copied, and one dictionary of the strings (what a row costs the main thread: `pnpm bench store`).
 */
export interface PackedBatch extends BatchId {
  readonly strings: readonly string[];
  readonly tables: { readonly [Kind in RecordKind]?: PackedTable };
  readonly markOldStatusOffline: boolean;
  readonly forgotten: readonly string[];
  readonly run: Required<Run> | null;
  /** Rows of all tables together. */
  readonly rows: number;
}

const fields = new Set<string>([
  "producer",
  "epoch",
  "seq",
  "markOldStatusOffline",
  "forgotten",
  "run",
  ...recordKinds,
]);

/**
 * Checks a batch and packs it. Throws `invalid_batch` naming the first bad field
 * (`llmUsage[3].tokensIn`); the caller's batch is never changed. An unknown field of the batch is
 * an error, since a misspelt table would be lost without a word.
 */
export function packBatch(batch: Batch): PackedBatch {
  if (typeof batch !== "object" || batch === null)
    throw new StoreError("invalid_batch", "a batch is an object");
  for (const field of Object.keys(batch)) {
    if (!fields.has(field)) throw new StoreError("invalid_batch", `a batch has no field ${field}`);
  }
  const { producer, epoch, seq, markOldStatusOffline = false, forgotten = [] } = batch;
  if (typeof producer !== "string" || producer === "") {
    throw new StoreError("invalid_batch", "producer: expected a string that is not empty");
  }
  assertNumber("epoch", epoch);
  assertNumber("seq", seq);
  if (typeof markOldStatusOffline !== "boolean") {
    throw new StoreError("invalid_batch", "markOldStatusOffline: expected a boolean");
  }
  if (!Array.isArray(forgotten)) throw new StoreError("invalid_batch", "forgotten: expected an array");
  const run = checkedRun(batch.run);
  const dictionary = new Dictionary();
  for (const [i, channel] of forgotten.entries()) {
    if (typeof channel === "string" && channel !== "" && dictionary.ref(channel) !== 0) continue;
    throw new StoreError("invalid_batch", `forgotten[${i}]: expected a well-formed string that is not empty`);
  }
  const tables: { [Kind in RecordKind]?: PackedTable } = {};
  let rows = 0;
  for (const kind of recordKinds) {
    const given = batch[kind];
    if (given === undefined) continue;
    const table = packed(records[kind], given, dictionary);
    tables[kind] = table;
    rows += table.rows;
  }
  const { strings } = dictionary;
  return {
    producer,
    epoch,
    seq,
    strings,
    tables,
    markOldStatusOffline,
    forgotten: [...forgotten],
    run,
    rows,
  };
}

/** The tables of a batch that crossed, by the names of their records. */
export type ReadTables = {
  readonly [Kind in RecordKind]?: RecordTable<(typeof records)[Kind]["fields"]>;
};

export function readTables({ tables, strings }: PackedBatch): ReadTables {
  const dictionary = new Dictionary(strings as string[]);
  const entries = recordKinds.flatMap((kind) => {
    const table = tables[kind];
    const record: RecordDeclaration<unknown> = records[kind];
    return table === undefined ? [] : [[kind, RecordTable.read(record, table, dictionary)]];
  });
  return Object.fromEntries(entries) as ReadTables;
}

/** The buffers to hand over with the message; the batch can not be read here afterwards. */
export function buffersOf({ tables }: PackedBatch): ArrayBuffer[] {
  return Object.values(tables).flatMap((table) =>
    table.rows === 0 ? [] : [table.numbers.buffer, table.refs.buffer],
  );
}

function packed(
  record: RecordDeclaration<unknown>,
  rows: readonly object[] | Pick<RecordTable<unknown>, "record" | "pack">,
  dictionary: Dictionary,
): PackedTable {
  if (!(rows instanceof RecordTable)) {
    return RecordTable.packRows(record, rows as readonly object[], dictionary);
  }
  if (rows.record === record) return rows.pack(dictionary);
  throw new StoreError("invalid_batch", `${record.name}: expected an array`);
}

function assertNumber(field: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new StoreError("invalid_batch", `${field}: expected an integer from 0 to 2^53-1`);
  }
}
