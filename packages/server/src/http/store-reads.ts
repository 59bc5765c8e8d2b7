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
 * A question to the store. If it reads twice, it calls `assertAsked` between: that throws after the
 * timeout, when the caller has its error already and the second read would be for nobody.
 */
export type Question<Reads, T> = (reads: Reads, assertAsked: () => void) => Promise<T>;

/** SQLite's store has at most two reader threads, PostgreSQL's one connection to read. */
const atOnce = 2;

/**
 * Asks the store with a timeout, in the order in which it is asked. Resolves with the store's
 * answer, or rejects with an `ApiError` that says why there is none. A timed-out question that the
 * store has begun continues there and still counts, so a stalled disk holds up a bounded number.
 * Where two of them have gone on for as long again, the store hangs, and others are refused at
 * once. A question that it has not begun is taken back.
 */
export class StoreReader<Reads = StoreReads> {
  readonly #reads: () => Reads | null;
  readonly #timeoutMs: number;
  readonly #maxReads: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  /** How many of those that run timed out, and have gone on for as long again. */
  #hanging = 0;

  constructor({ reads, timeoutMs = 10_000, maxReads = 16 }: StoreReaderOptions<Reads>) {
    this.#reads = reads;
    this.#timeoutMs = timeoutMs;
    this.#maxReads = maxReads;
  }

  async ask<T>(question: Question<Reads, T>): Promise<T> {
    this.#opened();
    this.#assertNotBusy();
    const late = new ApiError("store_timeout", `the store has not answered within ${this.#timeoutMs} ms`);
    let isLate = false;
    const assertAsked = () => {
      if (isLate) throw late;
    };
    let begin: () => void = () => undefined;
    const answer = new Promise<T>((resolve, reject) => {
      begin = () => this.#run((reads) => question(reads, assertAsked)).then(resolve, reject);
    });
    this.#waiting.add(begin);
    this.#beginNext();
    let found: T | "late";
    try {
      found = await within(answer, this.#timeoutMs);
    } catch (error) {
      throw apiErrorOf(error);
    }
    if (found !== "late") return found;
    isLate = true;
    if (!this.#waiting.delete(begin)) void this.#watchLate(answer);
    throw late;
  }

  #assertNotBusy(): void {
    if (this.#hanging >= atOnce)
      throw new ApiError("busy", "the store has not answered for long; ask again later");
    if (this.#running + this.#waiting.size < this.#maxReads) return;
    throw new ApiError(
      "busy",
      `the store has ${this.#maxReads} questions to answer already; ask again later`,
    );
  }

  async #watchLate(answer: Promise<unknown>): Promise<void> {
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    if ((await within(settled, this.#timeoutMs)) !== "late") return;
    this.#hanging++;
    await settled;
    this.#hanging--;
  }

  async #run<T>(question: (reads: Reads) => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await question(this.#opened());
    } finally {
      this.#running--;
      this.#beginNext();
    }
  }

  #beginNext(): void {
    for (const begin of this.#waiting) {
      if (this.#running >= atOnce) return;
      this.#waiting.delete(begin);
      begin();
    }
  }

  #opened(): Reads {
    const reads = this.#reads();
    if (reads !== null) return reads;
    throw new ApiError(
      "store_not_open",
      "the store is not open; /healthz says why. /api/v1/bots works all the same",
    );
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
