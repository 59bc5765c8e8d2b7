import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs work in a new folder, which is gone afterwards. Its path is short: a socket goes into it.
 */
export async function inScratch(work) {
  const folder = mkdtempSync(join(tmpdir(), "kb-surface-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
