import type { ServerResponse } from "node:http";
import { constants, type Gzip } from "node:zlib";
import type { Viewer } from "../live/viewer.js";
import { breakOff } from "./event-stream.js";
import { newGzip } from "./gzip.js";

/** So much is compressed at once. */
const runBytes = 262_144;

/**
 * An answer that stays open, compressed. What was handed over in one go is compressed in runs; each
 * is flushed, so that the reader has every event as soon as a reader of plain bytes would, and
 * waits until the system has taken the run before. So what a viewer who does not read holds is what
 * it was told, which all viewers share, and one run; and `unsentBytes` are what the feed handed
 * over and the system has not taken, wherever they are.
 */
export class GzipEventStream implements Viewer {
  readonly #response: ServerResponse;
  readonly #gzip: Gzip;
  #waiting: Uint8Array[] = [];
  #packed: Buffer[] = [];
  #unsentBytes = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#gzip = newGzip();
    this.#gzip.on("data", (bytes: Buffer) => this.#packed.push(bytes));
    this.#gzip.on("error", () => this.close());
    response.once("close", () => this.close());
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#waiting.push(bytes);
    this.#unsentBytes += bytes.length;
    if (this.#isRunning) return;
    this.#isRunning = true;
    // What comes in the same go belongs to the same run.
    queueMicrotask(() => this.#run());
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    breakOff(this.#response);
    this.#gzip.destroy();
  }

  #run(): void {
    const run = this.#nextRun();
    if (run.length === 0) {
      this.#isRunning = false;
      return;
    }
    let bytes = 0;
    for (const piece of run) {
      bytes += piece.length;
      this.#gzip.write(piece);
    }
    this.#gzip.flush(constants.Z_SYNC_FLUSH, () => this.#send(bytes));
  }

  /** Nothing once it is closed. */
  #nextRun(): Uint8Array[] {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && bytes < runBytes; count++) {
      bytes += (this.#waiting[count] as Uint8Array).length;
    }
    return this.#waiting.splice(0, count);
  }

  #send(plainBytes: number): void {
    if (this.#isClosed) return;
    // What the compressor has not handed out yet comes as `data` too.
    while (this.#gzip.read() !== null);
    const packed = Buffer.concat(this.#packed);
    this.#packed = [];
    this.#response.write(packed, () => {
      this.#unsentBytes -= plainBytes;
      this.#run();
    });
  }
}
