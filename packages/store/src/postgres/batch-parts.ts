import type { ReadTables } from "../packed-batch.js";
import type { Run } from "../run.js";
import { addAlerts } from "./alert-parts.js";
import { storableText, timestampArray } from "./binary-array.js";
import { addSamples } from "./metric-parts.js";
import { type AnyTable, addNewest, addRows, type Table, texts } from "./row-parts.js";
import type { Statement } from "./statement.js";
import { addUsage } from "./usage-parts.js";

/** What a batch says beside its tables. */
export interface BatchWords {
  readonly producer: string;
  readonly forgotten: readonly string[];
  readonly run: Required<Run> | null;
}

/** Adds a whole batch to a statement whose cursor is to be moved. */
export function addBatch(statement: Statement, tables: ReadTables, words: BatchWords): void {
  const { bots, statusChanges, botMetrics, llmUsage, prices, customMetrics } = tables;
  addBots(statement, bots, words.forgotten);
  addRows(statement, "status_history", statusChanges);
  addRows(statement, "custom_metrics", customMetrics);
  addSamples(statement, botMetrics);
  addUsage(statement, llmUsage, tables.repricings);
  if (prices !== undefined) addNewest(statement, "prices", prices, ["price_id"], "first");
  addAlerts(statement, tables.alerts);
  const keyed = [
    ["tells", tables.tells, ["receiver", "alert_id"]],
    ["notices", tables.notices, ["notice_id"]],
    ["silences", tables.silences, ["silence_id"]],
    ["facts", tables.facts, ["name"]],
  ] as const;
  for (const [name, table, keys] of keyed) {
    if (table !== undefined) addNewest(statement, name, table as AnyTable, keys, "last");
  }
  if (words.run !== null) addRun(statement, words.producer, words.run);
}

/** The newest record of each bot; a bot that is forgotten and comes back in one batch stays. */
function addBots(statement: Statement, table: Table<"bots"> | undefined, forgotten: readonly string[]): void {
  const channels = new Set(forgotten);
  for (let row = 0; row < (table?.length ?? 0); row++)
    channels.delete(table?.columns.channel.at(row) as string);
  if (channels.size > 0) {
    const list = texts([...channels], (channel) => channel);
    statement.add(
      "forgotten",
      `DELETE FROM ${statement.name("bots")} AS b USING moved
 WHERE b.host_no = moved.host_no AND b.channel = ANY (${statement.value(list, "text[]")})`,
    );
  }
  if (table !== undefined) addNewest(statement, "bots", table as AnyTable, ["channel"], "last");
}

function addRun(statement: Statement, producer: string, { startedMs, seenMs, stopped }: Required<Run>): void {
  const time = (ms: number) =>
    statement.value(timestampArray({ length: 1, numberAt: () => ms }), "timestamptz[]");
  const [started, seen, ended] = [startedMs, seenMs, stopped ? seenMs : Number.NaN].map(time);
  statement.add(
    "runs_rows",
    `INSERT INTO ${statement.name("runs")} AS r (host_no, producer, started, seen, stopped)
 SELECT moved.host_no, ${statement.value(storableText(producer), "text")}, (${started})[1], (${seen})[1], (${ended})[1] FROM moved
 ON CONFLICT (host_no, started, producer) DO UPDATE SET seen = greatest(r.seen, excluded.seen), stopped = coalesce(excluded.stopped, r.stopped)`,
  );
}
