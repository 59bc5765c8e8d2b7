import type { Database, Statement } from "better-sqlite3";
import type { WriteOutcome } from "../batch.js";
import type { PackedBatch } from "../packed-batch.js";
import { PackedRows } from "../packed-rows.js";
import type { PackedTable } from "../packed-table.js";
import { textFromMs } from "../timestamp.js";
import { BulkInsert } from "./bulk-insert.js";
import { ChannelOrder, type OrderedRows } from "./channel-order.js";
import { Ledger } from "./ledger.js";
import { TimestampTexts } from "./timestamp-texts.js";
import type { UsageSums } from "./usage-sums.js";

/**
 * Writes batches into the transaction that is open, each with its entry in the ledger. The column numbers are those of the nouns' lists.
 * Metrics and usage are written together at the end, in the order of their indexes.
 */
export class BatchWriter {
  readonly #ledger: Ledger;
  readonly #upsertBot: Statement;
  readonly #upsertOldStatus: Statement;
  readonly #markOldOffline: Statement;
  readonly #statusChanges: BulkInsert;
  readonly #botMetrics: BulkInsert;
  readonly #llmUsage: BulkInsert;
  readonly #customMetrics: BulkInsert;
  readonly #usageExtras: Statement;
  readonly #usageSums: UsageSums;
  readonly #times = new TimestampTexts();
  readonly #metricOrder = new ChannelOrder();
  readonly #usageOrder = new ChannelOrder();
  readonly #customOrder = new ChannelOrder();

  /** `usageSums` is told of each usage row; who rolls the transaction back clears it. */
  constructor(db: Database, usageSums: UsageSums) {
    this.#usageSums = usageSums;
    this.#ledger = new Ledger(db);
    this.#upsertBot = db.prepare(
      `INSERT INTO monitor_bots (channel, pid, status, features_json, registered_at_ms, last_seen_ms, status_since_ms,
         started_at_ms, process_seen, restarts, version, interval_s)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (channel) DO UPDATE SET pid = excluded.pid, status = excluded.status,
         features_json = excluded.features_json, registered_at_ms = excluded.registered_at_ms,
         last_seen_ms = excluded.last_seen_ms, status_since_ms = excluded.status_since_ms,
         started_at_ms = excluded.started_at_ms, process_seen = excluded.process_seen, restarts = excluded.restarts,
         version = excluded.version, interval_s = excluded.interval_s`,
    );
    this.#upsertOldStatus = db.prepare(
      `INSERT INTO bot_status (channel, pid, status, features_json, registered_at, last_seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (channel) DO UPDATE SET pid = excluded.pid, status = excluded.status,
         features_json = excluded.features_json, registered_at = excluded.registered_at, last_seen = excluded.last_seen`,
    );
    this.#markOldOffline = db.prepare("UPDATE bot_status SET status = 'offline' WHERE status <> 'offline'");
    this.#usageExtras = db.prepare(
      "INSERT INTO monitor_usage_extras (usage_id, provider, tokens_cached, cost_usd) VALUES (?, ?, ?, ?)",
    );
    const history = ["ts_ms", "channel", "pid", "from_status", "to_status", "cause"];
    this.#statusChanges = new BulkInsert(db, "monitor_status_history", history);
    const metric = ["ts", "channel", "pid", "rss_mb", "cpu_pct", "features_json"];
    this.#botMetrics = new BulkInsert(db, "bot_metrics", metric);
    const usage = ["ts", "channel", "model", "feature", "tokens_in", "tokens_out", "latency_ms"];
    this.#llmUsage = new BulkInsert(db, "llm_usage", usage);
    this.#customMetrics = new BulkInsert(db, "monitor_custom_metrics", [
      "ts_ms",
      "channel",
      "metric_name",
      "value",
    ]);
  }

  /** All of them or, where it throws, none, as long as the transaction is then rolled back. */
  applyAll(group: readonly PackedBatch[]): WriteOutcome[] {
    try {
      const outcomes = group.map((batch) => this.#apply(batch));
      this.#writeBotMetrics(this.#metricOrder.take());
      this.#writeLlmUsage(this.#usageOrder.take());
      this.#writeCustomMetrics(this.#customOrder.take());
      return outcomes;
    } finally {
      for (const order of [this.#metricOrder, this.#usageOrder, this.#customOrder]) order.take();
      this.#times.clear();
    }
  }

  #apply(batch: PackedBatch): WriteOutcome {
    if (!this.#ledger.enter(batch)) return "duplicate";
    const rowsOf = (table: PackedTable) => new PackedRows(table, batch.strings);
    if (batch.bots !== null) this.#writeBots(rowsOf(batch.bots));
    if (batch.statusChanges !== null) this.#writeStatusChanges(rowsOf(batch.statusChanges));
    if (batch.botMetrics !== null) this.#metricOrder.add(rowsOf(batch.botMetrics), 0);
    if (batch.llmUsage !== null) this.#usageOrder.add(rowsOf(batch.llmUsage), 0);
    if (batch.customMetrics !== null) this.#customOrder.add(rowsOf(batch.customMetrics), 0);
    if (batch.markOldStatusOffline) this.#markOldOffline.run();
    return "applied";
  }

  #writeBots(rows: PackedRows): void {
    for (let i = 0; i < rows.count; i++) {
      const channel = rows.text(0, i);
      const status = rows.text(1, i);
      const features = rows.text(2, i);
      const [pid, registeredAt, lastSeen] = [rows.number(0, i), rows.number(1, i), rows.number(2, i)];
      const since = rows.number(3, i);
      const startedAt = rows.numberOrNull(4, i);
      const seen = rows.numberOrNull(5, i) ?? 0;
      const restarts = rows.numberOrNull(6, i) ?? 0;
      const interval = rows.numberOrNull(7, i);
      const version = rows.textOrNull(3, i);
      this.#upsertBot.run(
        ...[channel, pid, status, features, registeredAt, lastSeen, since],
        ...[startedAt, seen, restarts, version, interval],
      );
      this.#upsertOldStatus.run(
        channel,
        pid,
        status,
        features,
        textFromMs(registeredAt),
        textFromMs(lastSeen),
      );
    }
  }

  #writeStatusChanges(rows: PackedRows): void {
    this.#statusChanges.insert(rows.count, (values, at, i) => {
      values[at] = rows.number(0, i);
      values[at + 1] = rows.text(0, i);
      values[at + 2] = rows.number(1, i);
      values[at + 3] = rows.textOrNull(1, i);
      values[at + 4] = rows.text(2, i);
      values[at + 5] = rows.text(3, i);
    });
  }

  #writeBotMetrics(order: OrderedRows): void {
    this.#botMetrics.insert(order.count, (values, at, k) => {
      const [rows, i] = [order.tableAt(k), order.rowAt(k)];
      values[at] = this.#times.textOf(rows.number(0, i));
      values[at + 1] = rows.text(0, i);
      values[at + 2] = rows.number(1, i);
      values[at + 3] = rows.number(2, i);
      values[at + 4] = rows.number(3, i);
      values[at + 5] = rows.text(1, i);
    });
  }

  #writeLlmUsage(order: OrderedRows): void {
    this.#llmUsage.insert(
      order.count,
      (values, at, k) => {
        const [rows, i] = [order.tableAt(k), order.rowAt(k)];
        values[at] = this.#times.textOf(rows.number(0, i));
        values[at + 1] = rows.text(0, i);
        values[at + 2] = rows.text(1, i);
        values[at + 3] = rows.text(2, i);
        values[at + 4] = rows.number(1, i);
        values[at + 5] = rows.number(2, i);
        values[at + 6] = rows.numberOrNull(3, i);
      },
      (k, id) => {
        const [rows, i] = [order.tableAt(k), order.rowAt(k)];
        const provider = rows.textOrNull(3, i);
        const tokensCached = rows.numberOrNull(4, i);
        const costUsd = rows.numberOrNull(5, i);
        if (provider !== null || tokensCached !== null || costUsd !== null)
          this.#usageExtras.run(id, provider, tokensCached, costUsd);
        // No spread: it would cost more than the row's insert.
        this.#usageSums.add(id, {
          tsMs: rows.number(0, i),
          channel: rows.text(0, i),
          model: rows.text(1, i),
          feature: rows.text(2, i),
          tokensIn: rows.number(1, i),
          tokensOut: rows.number(2, i),
          latencyMs: rows.numberOrNull(3, i),
          tokensCached,
          costUsd,
        });
      },
    );
  }

  #writeCustomMetrics(order: OrderedRows): void {
    this.#customMetrics.insert(order.count, (values, at, k) => {
      const [rows, i] = [order.tableAt(k), order.rowAt(k)];
      values[at] = rows.number(0, i);
      values[at + 1] = rows.text(0, i);
      values[at + 2] = rows.text(1, i);
      values[at + 3] = rows.number(1, i);
    });
  }
}
