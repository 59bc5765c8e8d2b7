import type { Line } from "./line.js";

/** How much is handed over in one write: a third of what a Unix socket holds. */
const mostBytes = 65_536;

/**
 * The lines that are being written. States: *empty*; *full* or not, from `addLine`; *cut*, where
 * the kernel took a part of the first line that it has left. A line that was cut is finished before
 * anything else is written, or lost.
 */
export class Chunk<L extends Line> {
  #lines: L[] = [];
  #bytes = 0;
  #begunBytes = 0;

  get lines(): readonly L[] {
    return this.#lines;
  }

  /** How many bytes are still to be written. */
  get leavingBytes(): number {
    return this.#bytes - this.#begunBytes;
  }

  /** Whether another line of that many bytes fits. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= mostBytes;
  }

  addLine(line: L): void {
    this.#lines.push(line);
    this.#bytes += line.bytes;
  }

  /** The bytes to write; undefined if there are none. */
  get content(): string | Uint8Array | undefined {
    if (this.#lines.length === 0) return undefined;
    const text = this.#lines.map((line) => line.text).join("");
    return this.#begunBytes === 0 ? text : Buffer.from(text).subarray(this.#begunBytes);
  }

  /** The operating system took that many bytes. Only a line that it took in part stays. */
  markTaken(bytes: number): { readonly sent: readonly L[]; readonly unbegun: readonly L[] } {
    const lines = this.#lines;
    let begunBytes = this.#begunBytes + bytes;
    let count = 0;
    for (const line of lines) {
      if (begunBytes < line.bytes) break;
      begunBytes -= line.bytes;
      count++;
    }
    const cut = lines.slice(count, begunBytes > 0 ? count + 1 : count);
    this.#lines = cut;
    this.#bytes = cut[0]?.bytes ?? 0;
    this.#begunBytes = cut.length > 0 ? begunBytes : 0;
    return { sent: lines.slice(0, count), unbegun: lines.slice(count + cut.length) };
  }

  /** Gives all lines up. */
  clear(): readonly L[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    this.#begunBytes = 0;
    return lines;
  }
}
