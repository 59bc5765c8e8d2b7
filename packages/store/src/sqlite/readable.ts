import { StoreError } from "../error.js";
import type { ReaderPool } from "./reader-pool.js";

/** A file opened only to be read must have our tables already: whoever only reads cannot make them. */
export async function assertReadable(readers: ReaderPool): Promise<void> {
  try {
    await readers.ask("fleet", null);
  } catch (error) {
    if (error instanceof StoreError && /no such table/.test(error.message)) {
      throw new StoreError(
        "needs_migration",
        "the file has no tables of ours yet; open it once for writing",
        { cause: error },
      );
    }
    throw error;
  }
}
