import type { Line } from "./line.js";

/**
 * The waiting rows, oldest first, bounded by count and by bytes; one line always fits, because it
 * may be sent before it has to wait. It grows by doubling up to its bound, so a client that never
 * has to wait stays small; it never shrinks, because the next stall needs the room again.
 */
export class RowRing {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #lines: (Line | undefined)[] = new Array(16);
  #head = 0;
  #count = 0;
  #bytes = 0;

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#count;
  }

  get oldest(): Line | undefined {
    return this.#lines[this.#head];
  }

  /** Whether a line of that many bytes fits without a loss. Where nothing else waits, any does. */
  fits(bytes: number): boolean {
    return this.#count === 0 || (this.#count < this.#maxLines && this.#bytes + bytes <= this.#maxBytes);
  }

  /** Whether this many bytes, or the waiting ones, exceed the bound. */
  exceeds(bytes = this.#bytes): boolean {
    return bytes > this.#maxBytes;
  }

  /** Adds the newest line. The caller has made room: it does not look at the bounds. */
  pushLine(line: Line): void {
    if (this.#count === this.#lines.length) this.#grow();
    this.#lines[(this.#head + this.#count) & (this.#lines.length - 1)] = line;
    this.#count++;
    this.#bytes += line.bytes;
  }

  /** Takes the oldest line away. */
  shift(): Line | undefined {
    const line = this.#lines[this.#head];
    if (line === undefined) return undefined;
    this.#lines[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#lines.length - 1);
    // Zero if it is empty, whatever was counted.
    this.#bytes = --this.#count && this.#bytes - line.bytes;
    return line;
  }

  /** Puts a line back that `shift` has just taken. */
  unshift(line: Line): void {
    this.#head = (this.#head - 1) & (this.#lines.length - 1);
    this.#lines[this.#head] = line;
    this.#count++;
    this.#bytes += line.bytes;
  }

  /**
   * Visits the lines of the last tick: from the newest to the first for which `visit` returns
   * false, as it had nothing to do. The older ones were visited when their tick ended.
   */
  visitNew(visit: (line: Line) => boolean): void {
    const mask = this.#lines.length - 1;
    for (let i = this.#head + this.#count - 1; i >= this.#head; i--) {
      if (!visit(this.#lines[i & mask] as Line)) return;
    }
  }

  #grow(): void {
    const old = this.#lines;
    const lines: (Line | undefined)[] = new Array(2 * old.length);
    for (let i = 0; i < this.#count; i++) lines[i] = old[(this.#head + i) & (old.length - 1)];
    this.#lines = lines;
    this.#head = 0;
  }
}
