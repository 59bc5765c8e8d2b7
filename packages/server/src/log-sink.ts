import { write } from "node:fs";

export interface LogSinkOptions {
  readonly descriptor: number;
  /** Text that may wait, in characters; what is over it is dropped. */
  readonly maxWaiting: number;
}

/** How long a descriptor that takes nothing now (EAGAIN) is left alone. */
const pauseMs = 50;

/**
 * Lines on their way to a descriptor, written in the background. Nothing ever waits for the reader,
 * and nothing throws.
 *
 * | state | is left by |
 * | --- | --- |
 * | idle: nothing waits, or the last write failed | `add`: writing |
 * | writing | success: writing the rest, or idle; EAGAIN: pausing; another error: idle, and the text stays for the next `add` |
 * | pausing, 50 ms | its timer: writing |
 */
export class LogSink {
  readonly #descriptor: number;
  readonly #maxWaiting: number;
  #waiting: string[] = [];
  #length = 0;
  /** What the system has not taken yet of the text that left the queue. */
  #rest: Buffer | null = null;
  #isWriting = false;
  #onIdle: (() => void)[] = [];

  constructor({ descriptor, maxWaiting }: LogSinkOptions) {
    this.#descriptor = descriptor;
    this.#maxWaiting = maxWaiting;
  }

  add(line: string): void {
    if (this.#length + line.length > this.#maxWaiting) return;
    this.#waiting.push(line);
    this.#length += line.length;
    if (!this.#isWriting) this.#writeNext();
  }

  /**
   * Resolves when all is written, when a write fails, or after `withinMs`. A signal is heard
   * meanwhile.
   */
  flush(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
      if (!this.#isWriting) this.#writeNext();
    });
  }

  #writeNext(): void {
    if (this.#rest === null && this.#waiting.length > 0) {
      this.#rest = Buffer.from(this.#waiting.join(""));
      this.#waiting = [];
    }
    const rest = this.#rest;
    if (rest === null) {
      this.#becomeIdle();
      return;
    }
    this.#isWriting = true;
    write(this.#descriptor, rest, (error, written) => this.#settle(rest, error, written));
  }

  #settle(rest: Buffer, error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === "EAGAIN" || error?.code === "EBUSY" || error?.code === "EINTR") {
      setTimeout(() => this.#writeNext(), pauseMs).unref();
      return;
    }
    if (error !== null) {
      this.#becomeIdle();
      return;
    }
    this.#rest = written < rest.length ? rest.subarray(written) : null;
    if (this.#rest === null) this.#length = this.#waiting.reduce((sum, line) => sum + line.length, 0);
    this.#writeNext();
  }

  #becomeIdle(): void {
    this.#isWriting = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
