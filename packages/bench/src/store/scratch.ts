import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs the body with the path of a database in a folder of its own, which is gone afterwards. */
export async function withDatabase<Answer>(
  body: (path: string) => Promise<Answer> | Answer,
): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
  try {
    return await body(join(folder, "bench.db"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
