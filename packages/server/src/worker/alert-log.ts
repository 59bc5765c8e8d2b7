import type { BatchId, Store, StoreError } from "@kissbot/store";
import type { AlertRecords, NoticeEntry, NoticeRecord, Tell } from "../alerts/alert-records.js";
import type { Episode } from "../alerts/episode.js";
import type { Silence } from "../alerts/silence.js";
import type { Work } from "../alerts/work.js";
import type { Logger } from "../logger.js";
import { within } from "../within.js";
import { alertRow, noticeRow, packItems, silenceRow, tellRow } from "./alert-rows.js";
import { batchEpoch } from "./batch-epoch.js";
import { BatchLane } from "./batch-lane.js";
import type { BatchRows } from "./batch-rows.js";

export interface AlertLogOptions {
  /** Null while no store is open, or while its alerts are not read yet. */
  readonly store: () => Store | null;
  readonly logger: Pick<Logger, "error" | "warn">;
  readonly onFailed: (error: StoreError) => void;
  readonly producer: string;
  readonly startedAtMs: number;
}

type Kind = "alerts" | "tells" | "notices" | "silences" | "facts";

interface Entry {
  readonly kind: Kind;
  readonly row: object;
  /** Characters of its long texts. */
  readonly weight: number;
}

/** A message waits for its intent, so rows wait for company only a moment. */
const gatherMs = 20;
/** Few enough that packing them holds the event loop for a millisecond. */
const batchRows = 1_000;
/** A notice about ten thousand bots has a megabyte, and is a batch by itself. */
const batchWeight = 262_144;
/** While the database is away: past so many the oldest are lost. */
const mostRows = 50_000;

/**
 * Sees what must outlive the monitor into the store, one batch at a time and in order. Of each row
 * the newest form waits, in the place of the first: an alert stands before what is said of it, and
 * the end of a notice behind what its receiver knows since. So what a kill cuts off is a repeat at
 * worst, under the id that it had.
 */
export class AlertLog implements AlertRecords {
  readonly #options: AlertLogOptions;
  readonly #lane: BatchLane;
  readonly #waiting = new Map<string, Entry>();
  readonly #stored = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;
  #lost = 0;

  constructor(options: AlertLogOptions) {
    this.#options = options;
    const { store, producer, startedAtMs, logger, onFailed } = options;
    const life: Omit<BatchId, "seq"> = { producer, epoch: batchEpoch("alerts", startedAtMs) };
    this.#lane = new BatchLane({
      maxFlights: 1,
      store,
      nextId: () => {
        this.#seq += 1;
        return { ...life, seq: this.#seq };
      },
      fill: () => this.#fill(),
      onCommitted: (rows) => this.#committed(rows),
      onRefused: (rows, error) => {
        logger.error({ err: error }, "the database refused a row of alerts as invalid; the row is lost");
        this.#committed(rows);
      },
      onFailed,
    });
  }

  /** Rows that wait, or are on their way as far as is known. */
  get waiting(): number {
    return this.#waiting.size;
  }

  alert(episode: Episode): void {
    this.#putRow("alerts", episode.alertId, alertRow(episode));
  }

  recordTell(receiver: string, alertId: string, tell: Tell): void {
    this.#putRow("tells", JSON.stringify([receiver, alertId]), tellRow(receiver, alertId, tell));
  }

  pack(entries: readonly NoticeEntry[]): Work<void> {
    return packItems(entries);
  }

  notice(notice: NoticeRecord): void {
    if (notice.state !== "sending") this.#waiting.delete(`notices ${notice.noticeId}`);
    const row = noticeRow(notice);
    const weight = row.itemsJson.length + row.body.length + (row.plain?.length ?? 0);
    this.#putRow("notices", notice.noticeId, row, weight);
  }

  silence(silence: Silence): void {
    this.#putRow("silences", silence.silenceId, silenceRow(silence));
  }

  fact(name: string, value: string): void {
    this.#putRow("facts", name, { name, value });
  }

  isStored(noticeId: string): boolean {
    return this.#stored.has(noticeId);
  }

  /** The store is open again, or takes rows again. */
  wake(): void {
    this.#lane.wake();
    this.#lane.sendBatches();
  }

  /** Sends everything. Resolves when it is stored, or after `timeoutMs`. */
  async finish(timeoutMs: number): Promise<void> {
    clearTimeout(this.#timer);
    await within(this.#allStored(), timeoutMs);
    if (this.#waiting.size > 0 || !this.#lane.isEmpty)
      this.#options.logger.error(
        "what happened to alerts last is not stored: the database did not accept it",
      );
    this.#lane.abandon(() => undefined);
  }

  async #allStored(): Promise<void> {
    while (this.#waiting.size > 0 || !this.#lane.isEmpty) {
      this.#lane.sendBatches();
      if (this.#lane.isEmpty) return;
      await this.#lane.landed();
    }
  }

  #putRow(kind: Kind, key: string, row: object, weight = 0): void {
    this.#waiting.set(`${kind} ${key}`, { kind, row, weight });
    if (this.#waiting.size > mostRows) this.#loseOldest();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#lane.sendBatches();
    }, gatherMs);
  }

  #loseOldest(): void {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    if (this.#lost++ % 1_000 === 0)
      this.#options.logger.warn(
        { lost: this.#lost },
        "what happened to alerts is lost: the database could not be written for too long",
      );
  }

  #fill(): BatchRows | null {
    if (this.#waiting.size === 0 || this.#options.store() === null) return null;
    const rows: { [Name in Kind]?: object[] } = {};
    let count = 0;
    let weighs = 0;
    for (const [key, { kind, row, weight }] of this.#waiting) {
      if (count === batchRows || (count > 0 && weighs + weight > batchWeight)) break;
      count++;
      weighs += weight;
      this.#waiting.delete(key);
      const own = rows[kind];
      if (own === undefined) rows[kind] = [row];
      else own.push(row);
    }
    return rows as BatchRows;
  }

  #committed({ notices = [] }: BatchRows): void {
    for (const { noticeId, state } of notices) {
      if (state === "sending") this.#stored.add(noticeId);
      else this.#stored.delete(noticeId);
    }
  }
}
