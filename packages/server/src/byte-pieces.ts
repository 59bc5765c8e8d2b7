import { Spares } from "./spares.js";

/**
 * Below what the allocator asks the system for in one go: fresh pages cost ten times the copying
 * (measured with 128 kB).
 */
const pieceBytes = 65_536;
/**
 * Short texts are gathered up to so many characters before they are copied, as each copy is a call
 * out of JavaScript (measured: `pnpm bench ablation`, `gathered-text`).
 */
const gatheredLength = 4_096;
/** UTF-8 takes at most so many bytes per UTF-16 unit. */
const bytesPerUnit = 3;

const none = Buffer.alloc(0);

/**
 * Pieces that were sent and can be filled again. Without it each long answer is fresh memory, which
 * a process pays for page by page and then keeps until the collector finds out (measured: `pnpm
 * bench ablation`, `piece-pool`).
 */
export class PiecePool {
  readonly #spares: Spares<ArrayBufferLike>;

  /** Keeps at most so many pieces of 64 KiB while they are not needed. */
  constructor(max: number) {
    this.#spares = new Spares(max);
  }

  takePiece(): Buffer {
    const free = this.#spares.take();
    return free === undefined ? Buffer.allocUnsafeSlow(pieceBytes) : Buffer.from(free);
  }

  /** Only by who knows that nobody reads it any more. */
  giveBack({ buffer }: Buffer): void {
    if (buffer.byteLength === pieceBytes) this.#spares.giveBack(buffer);
  }
}

/** Text as UTF-8 in pieces that can be handed to a socket, or to many. */
export class BytePieces {
  readonly #pool: Pick<PiecePool, "takePiece"> | undefined;
  #full: Buffer[] = [];
  #open: Buffer = none;
  #used = 0;
  #text = "";

  /** `pool`: where its pieces come from, for who gives them back. */
  constructor(pool?: Pick<PiecePool, "takePiece">) {
    this.#pool = pool;
  }

  addText(text: string): void {
    this.#text += text;
    if (this.#text.length >= gatheredLength) this.#copy();
  }

  /** The pieces that are full; they are handed over. */
  takeFull(): Buffer[] {
    const full = this.#full;
    if (full.length > 0) this.#full = [];
    return full;
  }

  /** All that has not been taken. */
  end(): Buffer[] {
    this.#copy();
    this.#close();
    return this.takeFull();
  }

  #copy(): void {
    const most = this.#text.length * bytesPerUnit;
    if (most > this.#open.length - this.#used) {
      this.#close();
      this.#open =
        this.#pool !== undefined && most <= pieceBytes
          ? this.#pool.takePiece()
          : Buffer.allocUnsafeSlow(Math.max(pieceBytes, most));
    }
    this.#used += this.#open.write(this.#text, this.#used);
    this.#text = "";
  }

  #close(): void {
    if (this.#used > 0) this.#full.push(this.#open.subarray(0, this.#used));
    this.#open = none;
    this.#used = 0;
  }
}
