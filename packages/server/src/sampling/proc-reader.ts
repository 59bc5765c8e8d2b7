import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Far more than the kernel ever writes into a stat file; a longer one is no stat file. */
const bufferBytes = 4_096;

/**
 * Reads small files of `/proc`, each with one read into one reused buffer. Synchronously on purpose: nothing there waits for a disk,
 * and a trip through the thread pool costs several times the read itself. Whatever fails, no descriptor stays open.
 */
export class ProcReader {
  readonly #root: string;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);

  constructor(root: string) {
    this.#root = root;
  }

  /** Whether it is there, where that is known; true where asking fails. A third of what finding out by reading takes, as nothing is thrown. */
  exists(path: string): boolean {
    try {
      return statSync(`${this.#root}/${path}`, { throwIfNoEntry: false }) !== undefined;
    } catch {
      // Reading it tells why.
      return true;
    }
  }

  /** The file as latin1, one character per byte. Throws the system's error; a file that does not fit is cut. */
  read(path: string): string {
    const descriptor = openSync(`${this.#root}/${path}`, "r");
    try {
      return this.#buffer.toString("latin1", 0, readSync(descriptor, this.#buffer, 0, bufferBytes, 0));
    } finally {
      closeSync(descriptor);
    }
  }
}
