import { statfsSync } from "node:fs";
import { dirname } from "node:path";

const reserveBytes = 16 * 1024 * 1024;
const reserveShare = 0.05;
const freshMs = 250;

/**
 * The room left where the database is. The last of it, 16 MiB or a twentieth of a small disk, is kept for status and usage:
 * a full disk can take neither a delete nor a checkpoint, so what may be lost must be refused before it is full.
 */
export class DiskSpace {
  readonly #folder: string;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #freeBytes = 0;
  #totalBytes = 0;

  constructor(path: string) {
    this.#folder = dirname(path);
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Whether only the reserve is left. Asks the system at most four times a second, and always again while it is short. */
  isShort(nowMs: number): boolean {
    if (this.#short() || nowMs - this.#checkedAtMs > freshMs) {
      const { bavail, blocks, bsize } = statfsSync(this.#folder);
      this.#freeBytes = bavail * bsize;
      this.#totalBytes = blocks * bsize;
      this.#checkedAtMs = nowMs;
    }
    return this.#short();
  }

  #short(): boolean {
    return this.#freeBytes < Math.min(reserveBytes, this.#totalBytes * reserveShare);
  }
}
