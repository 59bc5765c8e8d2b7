import type { Database, Statement } from "better-sqlite3";
import type { WriteOutcome } from "../../batch.js";
import { type PackedBatch, type ReadTables, readTables } from "../../packed-batch.js";
import { records } from "../../records.js";
import { insertIfAbsent, upsertOf } from "../sql/record-statement.js";
import { AlertInsert } from "./alert-insert.js";
import { BatchLedger } from "./batch-ledger.js";
import { BulkInsert } from "./bulk-insert.js";
import { ChannelOrder, type ChannelTable, type OrderedRows } from "./channel-order.js";
import { CustomInsert } from "./custom-insert.js";
import { RecordColumns, RecordInsert } from "./record-insert.js";
import { Repricer } from "./repricer.js";
import type { UsageSums } from "./usage-sums.js";

type TableOf<Kind extends keyof ReadTables> = NonNullable<ReadTables[Kind]>;

/**
 * Writes batches into the transaction that is open, each with its entry in the ledger. Metrics and
 * usage are written together at the end, in the order of their indexes.
 */
export class BatchInsert {
  readonly #ledger: BatchLedger;
  readonly #upsertBot: Statement;
  readonly #upsertOldStatus: Statement;
  readonly #forget: readonly Statement[];
  readonly #bot = new RecordColumns(records.bots, "monitor_bots");
  readonly #oldStatus = new RecordColumns(records.bots, "bot_status");
  readonly #markOldOffline: Statement;
  readonly #upsertRun: Statement;
  readonly #statusChanges: BulkInsert;
  readonly #statusChange = new RecordColumns(records.statusChanges, "monitor_status_history");
  readonly #botMetrics: RecordInsert;
  readonly #llmUsage: RecordInsert;
  readonly #customMetrics: CustomInsert;
  readonly #usageExtras: BulkInsert;
  readonly #usageExtra = new RecordColumns(records.llmUsage, "monitor_usage_extras");
  readonly #insertPrice: Statement;
  readonly #price = new RecordColumns(records.prices, "monitor_prices");
  readonly #metricShares: BulkInsert;
  readonly #metricShare = new RecordColumns(records.botMetrics, "monitor_metric_shares");
  readonly #alerts: AlertInsert;
  readonly #repricer: Repricer;
  readonly #usageSums: UsageSums;
  readonly #metricOrder = new ChannelOrder<TableOf<"botMetrics">>();
  readonly #usageOrder = new ChannelOrder<TableOf<"llmUsage">>();
  readonly #customOrder = new ChannelOrder<TableOf<"customMetrics">>();

  /** `usageSums` is told of each usage row; who rolls the transaction back clears it. */
  constructor(db: Database, usageSums: UsageSums) {
    this.#usageSums = usageSums;
    this.#ledger = new BatchLedger(db);
    this.#upsertBot = db.prepare(upsertOf(records.bots, "monitor_bots", "channel"));
    this.#upsertOldStatus = db.prepare(upsertOf(records.bots, "bot_status", "channel"));
    this.#forget = ["monitor_bots", "bot_status"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE channel = ?`),
    );
    this.#markOldOffline = db.prepare("UPDATE bot_status SET status = 'offline' WHERE status <> 'offline'");
    this.#upsertRun = db.prepare(
      `INSERT INTO monitor_runs (started_ms, producer, seen_ms, stopped_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (started_ms, producer) DO UPDATE SET
         seen_ms = max(seen_ms, excluded.seen_ms), stopped_ms = coalesce(excluded.stopped_ms, stopped_ms)`,
    );
    this.#alerts = new AlertInsert(db);
    this.#repricer = new Repricer(db);
    this.#usageExtras = new BulkInsert(db, "monitor_usage_extras", ["usage_id", ...this.#usageExtra.names]);
    this.#insertPrice = db.prepare(insertIfAbsent(records.prices, "monitor_prices", "price_id"));
    this.#metricShares = new BulkInsert(db, "monitor_metric_shares", [
      "metric_id",
      ...this.#metricShare.names,
    ]);
    this.#statusChanges = new BulkInsert(db, "monitor_status_history", this.#statusChange.names);
    this.#botMetrics = new RecordInsert(db, records.botMetrics, "bot_metrics");
    this.#llmUsage = new RecordInsert(db, records.llmUsage, "llm_usage");
    this.#customMetrics = new CustomInsert(db);
  }

  /** All of them or, where it throws, none, as long as the transaction is then rolled back. */
  insertBatches(group: readonly PackedBatch[]): WriteOutcome[] {
    try {
      const outcomes = group.map((batch) => this.#insertBatch(batch));
      this.#writeBotMetrics(this.#metricOrder.takeOrderedRows());
      this.#writeLlmUsage(this.#usageOrder.takeOrderedRows());
      this.#customMetrics.insert(this.#customOrder.takeOrderedRows());
      return outcomes;
    } finally {
      for (const order of [this.#metricOrder, this.#usageOrder, this.#customOrder]) order.takeOrderedRows();
    }
  }

  #insertBatch(batch: PackedBatch): WriteOutcome {
    if (!this.#ledger.enterBatch(batch)) return "duplicate";
    const tables = readTables(batch);
    const { bots, statusChanges, botMetrics, llmUsage, prices, repricings, customMetrics } = tables;
    for (const channel of batch.forgotten) for (const forget of this.#forget) forget.run(channel);
    if (bots !== undefined) this.#writeBots(bots);
    if (statusChanges !== undefined) this.#writeStatusChanges(statusChanges);
    if (botMetrics !== undefined) this.#metricOrder.addTable(botMetrics);
    if (llmUsage !== undefined) this.#usageOrder.addTable(llmUsage);
    if (prices !== undefined) this.#writePrices(prices);
    if (repricings !== undefined && this.#repricer.apply(repricings)) {
      // Their sums do not have these costs: the rows are summed anew when they are rolled up.
      this.#usageSums.clear();
    }
    if (customMetrics !== undefined) this.#customOrder.addTable(customMetrics);
    this.#alerts.insertAlertRows(tables);
    if (batch.run !== null) {
      const { startedMs, seenMs, stopped } = batch.run;
      this.#upsertRun.run(startedMs, batch.producer, seenMs, stopped ? seenMs : null);
    }
    if (batch.markOldStatusOffline) this.#markOldOffline.run();
    return "applied";
  }

  #writeBots({ cells, length }: TableOf<"bots">): void {
    const values = this.#bot.emptyRow();
    const oldValues = this.#oldStatus.emptyRow();
    for (let i = 0; i < length; i++) {
      this.#bot.fill(values, 0, cells, i);
      this.#upsertBot.run(...values);
      this.#oldStatus.fill(oldValues, 0, cells, i);
      this.#upsertOldStatus.run(...oldValues);
    }
  }

  #writePrices({ cells, length }: TableOf<"prices">): void {
    const values = this.#price.emptyRow();
    for (let i = 0; i < length; i++) {
      this.#price.fill(values, 0, cells, i);
      this.#insertPrice.run(...values);
    }
  }

  #writeStatusChanges({ cells, length }: TableOf<"statusChanges">): void {
    this.#statusChanges.insert(length, (values, at, i) => this.#statusChange.fill(values, at, cells, i));
  }

  #writeBotMetrics(order: OrderedRows<TableOf<"botMetrics">>): void {
    const shared = new WithRest(this.#metricShare, order);
    this.#botMetrics.insert(order, (k, id) => shared.noteId(k, id));
    shared.insertInto(this.#metricShares);
  }

  #writeLlmUsage(order: OrderedRows<TableOf<"llmUsage">>): void {
    const withExtras = new WithRest(this.#usageExtra, order);
    this.#llmUsage.insert(order, (k, id) => {
      this.#usageSums.addUsageRow(id, order.tableAt(k), order.rowAt(k));
      withExtras.noteId(k, id);
    });
    withExtras.insertInto(this.#usageExtras);
  }
}

/**
 * Those of some rows that have more than their old table has columns for, which goes into a table
 * beside it.
 */
class WithRest {
  readonly #columns: RecordColumns;
  readonly #rows: OrderedRows<ChannelTable>;
  readonly #places: number[] = [];
  readonly #ids: number[] = [];

  constructor(columns: RecordColumns, rows: OrderedRows<ChannelTable>) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Row `k` was written, with this id. */
  noteId(k: number, id: number): void {
    if (!this.#columns.hasAny(this.#rows.tableAt(k).cells, this.#rows.rowAt(k))) return;
    this.#places.push(k);
    this.#ids.push(id);
  }

  insertInto(table: BulkInsert): void {
    table.insert(this.#ids.length, (values, at, i) => {
      const k = this.#places[i] as number;
      values[at] = this.#ids[i] as number;
      this.#columns.fill(values, at + 1, this.#rows.tableAt(k).cells, this.#rows.rowAt(k));
    });
  }
}
