import { StoreError } from "../../error.js";
import type { ReaderPool } from "./reader-pool.js";

/**
 * A file opened only to be read must have our tables already: whoever only reads cannot make them.
 */
export async function assertReadable(readers: ReaderPool, path: string): Promise<void> {
  try {
    await readers.ask("fleetPage", { after: null, limit: 1 });
  } catch (error) {
    if (error instanceof StoreError && /no such table/.test(error.message)) {
      throw new StoreError(
        "needs_migration",
        "the file has no tables of ours yet; open it once for writing",
        { cause: error },
      );
    }
    if (error instanceof StoreError && error.code === "cannot_open") {
      throw new StoreError(
        "cannot_open",
        `${path} cannot be read in place: SQLite needs its -wal and -shm beside it and may make none there (a read-only folder?); ` +
          "kissbot-monitor backup makes a copy that can be read",
        { cause: error },
      );
    }
    throw error;
  }
}
