import type { Line } from "./line.js";

/**
 * The rows that wait, oldest first, bounded by count and by bytes. It grows by doubling up to its bound, so a client that
 * never has to wait stays small; it never shrinks, since what was needed once in a stall is needed in the next.
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

  /** Whether a line of that many bytes fits without a loss. */
  fits(bytes: number): boolean {
    return this.#count < this.#maxLines && this.#bytes + bytes <= this.#maxBytes;
  }

  /** Whether a line of that many bytes could ever fit. */
  couldFit(bytes: number): boolean {
    return bytes <= this.#maxBytes;
  }

  /** Adds the newest line. The caller has made room: it does not look at the bounds. */
  push(line: Line): void {
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
    this.#count--;
    this.#bytes -= line.bytes;
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
   * Tells every caller that still waits that its line stays here. Those are the newest lines, as the older ones were told
   * when their tick ended: the walk ends at the first that nobody waits for.
   */
  tellWaiting(): void {
    const mask = this.#lines.length - 1;
    for (let i = this.#head + this.#count - 1; i >= this.#head; i--) {
      const line = this.#lines[i & mask];
      if (line?.settle === undefined) return;
      line.tell(false);
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
