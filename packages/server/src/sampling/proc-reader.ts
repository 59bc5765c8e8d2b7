import { closeSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";

/** Far more than the kernel ever writes into a stat file; a longer one is no stat file. */
const bufferBytes = 4_096;

/**
 * Reads small files of `/proc`, each with one read into one reused buffer (measured:
 * `pnpm bench ablation`, `stat-buffer`). Synchronously on purpose: nothing there waits for a disk,
 * and a trip through the thread pool costs several times the read itself. Whatever fails, no
 * descriptor stays open.
 */
export class ProcReader {
  readonly #root: string;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The pids that are listed there; null where it cannot be listed. In the thread pool: it takes
   * longer, the more processes there are.
   */
  async pids(): Promise<ReadonlySet<number> | null> {
    try {
      const names = await readdir(this.#root);
      return new Set(names.map(Number));
    } catch {
      // Reading one of them tells why.
      return null;
    }
  }

  /**
   * The file as latin1, one character per byte. Throws the system's error; a file that does not fit
   * is cut.
   */
  read(path: string): string {
    const descriptor = openSync(`${this.#root}/${path}`, "r");
    try {
      return this.#buffer.toString("latin1", 0, readSync(descriptor, this.#buffer, 0, bufferBytes, 0));
    } finally {
      closeSync(descriptor);
    }
  }
}
