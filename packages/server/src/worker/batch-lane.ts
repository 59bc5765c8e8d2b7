import { type Batch, type BatchId, type Store, StoreError } from "@kissbot/store";
import { type BatchRows, halvesOf } from "./batch-rows.js";

export interface BatchLaneOptions {
  /**
   * How many batches may be under way at once. With one, they are committed in the order in which
   * they were made.
   */
  readonly maxFlights: number;
  /** Null while no store is open. */
  readonly store: () => Store | null;
  readonly nextId: () => BatchId;
  /** The rows of the next batch; null when nothing waits that is due. */
  readonly fill: () => BatchRows | null;
  readonly onCommitted: (rows: BatchRows) => void;
  /** One row that the store calls invalid, alone: it will never be taken. */
  readonly onRefused: (rows: BatchRows, error: StoreError) => void;
  readonly onFailed: (error: StoreError) => void;
}

interface Flight {
  readonly batch: Batch;
  /** Set while it rests after a failure. */
  timer: NodeJS.Timeout | undefined;
  failures: number;
}

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Batches on their way into the store. A batch keeps its id until the store has answered. So if it
 * was committed and the answer got lost, it is not stored twice.
 *
 * A batch is *sent* until the store answers `applied` or `duplicate`. After a failure, or while no
 * store is open, it *rests*: 250 ms, then twice as long each time up to 5 s, or until `wake`. Then
 * it is sent again unchanged, for as long as it takes. After `invalid_batch` another try cannot
 * help: the lane halves the batch until the wrong row stands alone, and hands that to `onRefused`.
 */
export class BatchLane {
  readonly #options: BatchLaneOptions;
  readonly #flights = new Set<Flight>();
  #idle: (() => void)[] = [];

  constructor(options: BatchLaneOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#flights.size >= this.#options.maxFlights;
  }

  get isEmpty(): boolean {
    return this.#flights.size === 0;
  }

  /** Makes batches of what is due, as long as there is room for one. */
  sendBatches(): void {
    while (!this.isFull) {
      const rows = this.#options.fill();
      if (rows === null) return;
      this.#launch(rows);
    }
  }

  /** The store is open again, or better: nothing rests any longer. */
  wake(): void {
    for (const flight of this.#flights) {
      if (flight.timer === undefined) continue;
      clearTimeout(flight.timer);
      this.#sendFlight(flight);
    }
  }

  /** Resolves when nothing is under way any more. */
  landed(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Gives up what is under way; its rows are told. */
  abandon(on: (rows: BatchRows) => void): void {
    for (const { batch, timer } of this.#flights) {
      clearTimeout(timer);
      on(batch);
    }
    this.#flights.clear();
    this.#tellIdle();
  }

  #launch(rows: BatchRows): void {
    const flight: Flight = { batch: { ...this.#options.nextId(), ...rows }, timer: undefined, failures: 0 };
    this.#flights.add(flight);
    this.#sendFlight(flight);
  }

  #sendFlight(flight: Flight): void {
    flight.timer = undefined;
    const store = this.#options.store();
    if (store === null) {
      this.#rest(flight);
      return;
    }
    store.write(flight.batch).then(
      () => this.#settle(flight, () => this.#options.onCommitted(flight.batch)),
      (error: unknown) => this.#fail(flight, storeErrorFrom(error)),
    );
  }

  #fail(flight: Flight, error: StoreError): void {
    if (!this.#flights.has(flight)) return;
    if (error.code !== "invalid_batch") {
      this.#options.onFailed(error);
      this.#rest(flight);
      return;
    }
    const halves = halvesOf(flight.batch);
    this.#settle(flight, () => {
      if (halves === null) this.#options.onRefused(flight.batch, error);
      else for (const rows of halves) this.#launch(rows);
    });
  }

  #rest(flight: Flight): void {
    const pauseMs = Math.min(firstPauseMs * 2 ** flight.failures, longestPauseMs);
    flight.failures = Math.min(flight.failures + 1, 10);
    flight.timer = setTimeout(() => this.#sendFlight(flight), pauseMs);
  }

  #settle(flight: Flight, then: () => void): void {
    if (!this.#flights.delete(flight)) return;
    then();
    this.sendBatches();
    if (this.isEmpty) this.#tellIdle();
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/**
 * The store rejects with nothing else; what did would be a fault of ours, and must not lose rows
 * either.
 */
function storeErrorFrom(error: unknown): StoreError {
  return error instanceof StoreError ? error : new StoreError("io_error", String(error), { cause: error });
}
