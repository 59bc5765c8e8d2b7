import type { FleetSource } from "../fleet-source.js";
import type { IdRange } from "../ranges.js";

/** A read of a few milliseconds. */
const mostRows = 1_000;
/**
 * Of the backlog, where it is stored soon: rows of now wait for one such statement, and a thousand
 * calls change nearly as many hours as five thousand.
 */
const mostOlderRows = 5_000;
const soonMs = 250;
const slowMs = 1_000;

/** Rows of now and rows of the backlog go out in turn, each in statements of their own size. */
export type Lane = "new" | "older";

/** Of how many rows the next statement of a source is. */
export class StatementSizes {
  readonly #most: number;
  #older = mostRows;
  /** While one of the rows is refused: that the other lane goes on does not end it. */
  readonly #refused = { new: new Map<FleetSource, number>(), older: new Map<FleetSource, number>() };

  /** `backlogRate`: how many rows of the backlog may go in a second. */
  constructor(backlogRate: number) {
    this.#most = Math.min(mostOlderRows, Math.max(mostRows, backlogRate));
  }

  /** Of rows of now. */
  ofNew(source: FleetSource): number {
    return this.#refused.new.get(source) ?? mostRows;
  }

  /** Of rows of the backlog. */
  ofOlder(source: FleetSource): number {
    return this.#refused.older.get(source) ?? this.#older;
  }

  /** How long a statement of the backlog took. */
  noteOlder(tookMs: number): void {
    if (tookMs < soonMs) this.#older = Math.min(this.#most, 2 * this.#older);
    else if (tookMs > slowMs) this.#older = Math.max(mostRows, Math.floor(this.#older / 2));
  }

  /** One of these rows is refused: half as many next time, until it is alone. */
  shrink(lane: Lane, source: FleetSource, { first, last }: IdRange): void {
    this.#refused[lane].set(source, Math.max(1, Math.floor((last - first + 1) / 2)));
  }

  /** A statement of the source was taken. */
  grow(lane: Lane, source: FleetSource): void {
    const sizes = this.#refused[lane];
    const size = sizes.get(source);
    if (size === undefined) return;
    if (2 * size >= mostRows) sizes.delete(source);
    else sizes.set(source, 2 * size);
  }

  /** To be called after a failure: the next database may be slower. */
  forget(): void {
    this.#older = mostRows;
  }
}
