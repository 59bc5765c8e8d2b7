import type { Batch, WriteOutcome } from "../batch.js";
import type { StoredBot } from "../bot.js";
import { type ChannelSummary, planSummary, type SummaryQuery } from "../channel-summary.js";
import { StoreError } from "../error.js";
import { fleetFromColumns, seriesFromColumns } from "../metric-columns.js";
import {
  type CustomSeries,
  type CustomSeriesQuery,
  type FleetSeries,
  type FleetSeriesQuery,
  type MetricSeries,
  type MetricSeriesQuery,
  planCustomSeries,
  planFleetSeries,
  planMetricSeries,
} from "../metric-series.js";
import { packBatch } from "../packed-batch.js";
import type { Capabilities, HeldSnapshot, StoreEvent, StoreState } from "../state.js";
import { planHistory, type StatusHistoryQuery, type StoredStatusChange } from "../status-change.js";
import type { BackupReport, MaintenanceReport, Store } from "../store.js";
import type { StoreSettings } from "../store-options.js";
import { planUsage, type UsageQuery, type UsageTotal } from "../usage-totals.js";
import { holdOpen, prepareDatabaseFile } from "./database-file.js";
import { assertReadable } from "./readable.js";
import { ReaderPool } from "./reader-pool.js";
import { WriterClient } from "./writer-client.js";

/** Opens the file in the writer's thread, then starts a reader. Nothing of SQLite runs on the caller's thread. */
export async function openSqliteStore(path: string, settings: StoreSettings): Promise<Store> {
  prepareDatabaseFile(path, settings.readOnly);
  const store = new SqliteStore(path, settings);
  await store.open();
  return store;
}

/**
 * The main thread's side: checks questions and batches, passes them on, and turns the answers into objects. It holds no connection, so no call
 * waits for a disk or a lock.
 */
class SqliteStore implements Store {
  readonly capabilities: Capabilities = { durable: true, backup: true };
  readonly #settings: StoreSettings;
  readonly #writer: WriterClient | null;
  readonly #readers: ReaderPool;
  readonly #path: string;
  #letGo: () => void;
  #sinceMs: number;
  #closing: Promise<void> | null = null;

  constructor(path: string, settings: StoreSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#sinceMs = settings.now();
    this.#letGo = holdOpen(path);
    this.#readers = new ReaderPool({ path });
    const { openTimeoutMs, busyTimeoutMs, maxWalBytes, retention } = settings;
    this.#writer = settings.readOnly
      ? null
      : new WriterClient({ path, openTimeoutMs, busyTimeoutMs, maxWalBytes, retention }, (event) =>
          this.#pass(event),
        );
  }

  async open(): Promise<void> {
    try {
      await this.#writer?.opened();
      await this.#readers.start();
      if (this.#writer === null) await assertReadable(this.#readers);
    } catch (error) {
      this.#closing = Promise.resolve();
      await this.#readers.close();
      this.#letGo();
      throw error;
    }
  }

  async write(batch: Batch): Promise<WriteOutcome> {
    const writer = this.#writing();
    const packed = packBatch(batch);
    const { maxPendingRows } = this.#settings;
    if (writer.pendingRows > 0 && writer.pendingRows + packed.rows > maxPendingRows) {
      throw new StoreError(
        "overloaded",
        `${writer.pendingRows} rows wait to be committed, and ${maxPendingRows} may`,
      );
    }
    return await writer.write(packed);
  }

  async fleet(): Promise<readonly StoredBot[]> {
    return await this.#reading().ask("fleet", null);
  }

  async statusHistory(query: StatusHistoryQuery = {}): Promise<readonly StoredStatusChange[]> {
    return await this.#reading().ask("statusHistory", planHistory(query));
  }

  async metricSeries(query: MetricSeriesQuery): Promise<MetricSeries> {
    const readers = this.#reading();
    const plan = planMetricSeries(query, this.#settings.now(), this.#settings.retention);
    return seriesFromColumns(plan.grid, await readers.ask("metricSeries", plan));
  }

  async fleetSeries(query: FleetSeriesQuery): Promise<FleetSeries> {
    const readers = this.#reading();
    const grid = planFleetSeries(query, this.#settings.now(), this.#settings.retention);
    return fleetFromColumns(grid, await readers.ask("fleetSeries", grid));
  }

  async customSeries(query: CustomSeriesQuery): Promise<CustomSeries> {
    return await this.#reading().ask("customSeries", planCustomSeries(query));
  }

  async usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]> {
    const readers = this.#reading();
    const { now, retention } = this.#settings;
    return await readers.ask("usageTotals", planUsage(query, now(), retention.usageDays));
  }

  async channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]> {
    const readers = this.#reading();
    const { now, retention } = this.#settings;
    return await readers.ask("channelSummary", planSummary(query, now(), retention));
  }

  async maintain(): Promise<MaintenanceReport> {
    return await this.#writing().maintain(this.#settings.now());
  }

  async backup(path: string): Promise<BackupReport> {
    const readers = this.#reading();
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw new StoreError("invalid_path", "a backup needs the path of a file");
    }
    return await readers.ask("backup", { path });
  }

  state(): StoreState {
    const closed = this.#closing !== null;
    const health = this.#writer?.health;
    return {
      status: closed ? "closed" : (health?.status ?? "ok"),
      sinceMs: this.#sinceMs,
      detail: closed ? null : (health?.detail ?? null),
      pendingBatches: this.#writer?.pendingBatches ?? 0,
      pendingRows: this.#writer?.pendingRows ?? 0,
      committedRows: this.#writer?.committedRows ?? 0,
      walBytes: health?.walBytes ?? null,
      heldSnapshot: health?.heldSnapshot ? this.#named(health.heldSnapshot) : null,
    };
  }

  close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Readers first: the last connection that closes plays the log into the file, and a reader may not write. */
  async #close(drainMs: number): Promise<void> {
    this.#sinceMs = this.#settings.now();
    await this.#readers.close();
    await this.#writer?.close(drainMs);
    this.#letGo();
  }

  #writing(): WriterClient {
    this.#assertOpen();
    if (this.#writer === null) throw new StoreError("read_only", `${this.#path} was opened to be read only`);
    return this.#writer;
  }

  #reading(): ReaderPool {
    this.#assertOpen();
    return this.#readers;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StoreError("closed", "the store is closed");
  }

  #pass(event: StoreEvent): void {
    if (event.kind === "status") this.#sinceMs = this.#settings.now();
    if (event.kind === "set_aside") {
      this.#readers.renew();
      this.#letGo();
      this.#letGo = holdOpen(this.#path);
    }
    this.#settings.onEvent(
      event.kind === "snapshot_held" ? { kind: "snapshot_held", ...this.#named(event) } : event,
    );
  }

  /** The system names processes; which of our own reads it is only we know. */
  #named({ walBytes, sinceMs, holder }: HeldSnapshot): HeldSnapshot {
    if (holder !== "this process") return { walBytes, sinceMs, holder };
    const [longest] = this.#readers.running().sort((a, b) => b.forMs - a.forMs);
    const name =
      longest === undefined
        ? holder
        : `our own read ${longest.name}, for ${Math.round(longest.forMs / 1000)} s`;
    return { walBytes, sinceMs, holder: name };
  }
}
