import type { FleetSource } from "../fleet-source.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import type { Cursor, Receiver } from "./receiver.js";
import { keyOf, type SeenRanges } from "./waiting-ids.js";

/**
 * The receiver's cursors, as far as they are known over its present connection. A file that was
 * opened a thousand times has a thousand of each source: they are read in one question, as a host
 * that asked for one after the other would be silent meanwhile.
 */
export class KnownCursors {
  readonly #tail: Pick<SourceTail, "openings">;
  readonly #receiver: Receiver;
  readonly #seen: SeenRanges;
  readonly #cursors = new Map<string, Cursor>();
  readonly #asked = new Set<FleetSource>();

  /** `seen`: gets the ranges of all that is read or kept. */
  constructor(tail: Pick<SourceTail, "openings">, receiver: Receiver, seen: SeenRanges) {
    this.#tail = tail;
    this.#receiver = receiver;
    this.#seen = seen;
  }

  async of(source: FleetSource, opening: number): Promise<Cursor> {
    const key = keyOf(source, opening);
    if (!this.#cursors.has(key) && !this.#asked.has(source)) await this.#readAll(source);
    const known = this.#cursors.get(key);
    if (known !== undefined) return known;
    const cursor = await this.#receiver.readCursor(source, opening);
    this.keep(source, opening, cursor);
    return cursor;
  }

  keep(source: FleetSource, opening: number, cursor: Cursor): void {
    const key = keyOf(source, opening);
    this.#cursors.set(key, cursor);
    this.#seen.set(key, cursor.ranges);
  }

  /** Another statement moved it: it is read anew. */
  drop(source: FleetSource, opening: number): void {
    this.#cursors.delete(keyOf(source, opening));
  }

  clear(): void {
    this.#cursors.clear();
    this.#asked.clear();
  }

  async #readAll(source: FleetSource): Promise<void> {
    const openings = this.#tail.openings()[source].map(({ opening }) => opening);
    const found = await this.#receiver.readCursors(source, openings);
    for (const [opening, cursor] of found) this.keep(source, opening, cursor);
    this.#asked.add(source);
  }
}
