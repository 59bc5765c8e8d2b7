import { type Store, StoreError } from "@kissbot/store";
import { within } from "../within.js";
import { ApiError, type ApiErrorCode } from "./api-error.js";
import type { ListMeans } from "./list-body.js";

/** What HTTP asks of the store. */
export type StoreReads = Pick<
  Store,
  | "statusHistory"
  | "metricSeries"
  | "fleetSeries"
  | "customSeries"
  | "metricNames"
  | "runs"
  | "alertHistory"
  | "notices"
  | "usageList"
  | "usagePeriod"
>;

/** What routes that list rows of the store are made of. */
export interface StoredLists {
  readonly store: Pick<StoreReader, "ask">;
  readonly means: ListMeans;
}

/** The errors of routes that ask the store. */
export const storeErrors: readonly ApiErrorCode[] = [
  "store_not_open",
  "busy",
  "store_unavailable",
  "store_timeout",
];

export interface StoreReaderOptions<Reads = StoreReads> {
  /** Null while no store is open. */
  readonly reads: () => Reads | null;
  /** 10 000 */
  readonly timeoutMs?: number;
  /** The most concurrent questions, including timed-out ones: 16. */
  readonly maxReads?: number;
}

/**
 * Asks the store with a timeout. Resolves with the store's answer, or rejects with an `ApiError`
 * that says why there is none. A timed-out question continues in the store's thread and still
 * counts, so a stalled disk holds up a bounded number.
 */
export class StoreReader<Reads = StoreReads> {
  readonly #reads: () => Reads | null;
  readonly #timeoutMs: number;
  readonly #maxReads: number;
  #underWay = 0;

  constructor({ reads, timeoutMs = 10_000, maxReads = 16 }: StoreReaderOptions<Reads>) {
    this.#reads = reads;
    this.#timeoutMs = timeoutMs;
    this.#maxReads = maxReads;
  }

  async ask<T>(question: (reads: Reads) => Promise<T>): Promise<T> {
    const reads = this.#reads();
    if (reads === null) {
      throw new ApiError(
        "store_not_open",
        "the store is not open; /healthz says why. /api/v1/bots works all the same",
      );
    }
    if (this.#underWay >= this.#maxReads) {
      throw new ApiError(
        "busy",
        `the store has ${this.#maxReads} questions to answer already; ask again later`,
      );
    }
    this.#underWay++;
    const answer = question(reads).finally(() => {
      this.#underWay--;
    });
    let found: T | "late";
    try {
      found = await within(answer, this.#timeoutMs);
    } catch (error) {
      throw apiErrorOf(error);
    }
    if (found !== "late") return found;
    throw new ApiError("store_timeout", `the store has not answered within ${this.#timeoutMs} ms`);
  }
}

/** An error of the store as an error of the API. */
export function apiErrorOf(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.code === "invalid_query")
    return new ApiError("invalid_parameter", error.message, { cause: error });
  if (error.code === "closed") return new ApiError("store_not_open", error.message, { cause: error });
  return new ApiError("store_unavailable", error.message, { cause: error });
}
