import { statfsSync } from "node:fs";
import { dirname } from "node:path";

const reserveBytes = 16 * 1024 * 1024;
const reserveShare = 0.05;
/** More than a question sorts, by far. */
const ampleBytes = 512 * 1024 * 1024;

/**
 * The room left where the database is. The last of it, 16 MiB or a twentieth of a small disk, is
 * kept for status and usage: a full disk can take neither a delete nor a checkpoint, so what may be
 * lost must be refused before it is full.
 */
export class DiskSpace {
  readonly #folder: string;
  #freeBytes = 0;

  constructor(path: string) {
    this.#folder = dirname(path);
  }

  /**
   * Whether only the reserve is left; not where the folder is gone: the next commit says so. Asks
   * the system each time: some microseconds beside a commit.
   */
  isShort(): boolean {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#folder);
      this.#freeBytes = bavail * bsize;
      return this.#freeBytes < Math.min(reserveBytes, blocks * bsize * reserveShare);
    } catch {
      return false;
    }
  }

  /** Whether temporary files may lie here: they leave much more than the reserve. */
  isAmple(): boolean {
    try {
      const { bavail, bsize } = statfsSync(this.#folder);
      return bavail * bsize >= ampleBytes;
    } catch {
      return false;
    }
  }

  /** What is refused while only the reserve is left, with the room of the last look. */
  get shortage(): string {
    return `only ${this.#freeBytes} bytes are free: metrics are refused; status and usage are taken, in batches without metrics`;
  }

  /** Why a full disk took something no more, with the room that is left now. */
  told(detail: string): string {
    this.isShort();
    return `${detail}; ${this.#freeBytes} bytes are free`;
  }
}
