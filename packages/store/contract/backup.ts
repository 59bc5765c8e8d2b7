import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleBot, sampleUsage } from "./sample.js";

const day = { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 };

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-backup-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const backupCases = [
  contractCase(
    "backup: is a whole store of one moment, taken while writing goes on",
    (store, { openCopy }) =>
      inFolder(async (folder) => {
        const next = batches();
        const two = { bots: [sampleBot()], llmUsage: [sampleUsage(), sampleUsage()] };
        await store.write(next(two));
        const path = join(folder, "copy.db");
        const writes = Array.from({ length: 50 }, () => store.write(next(two)));
        const report = await store.backup(path);
        await Promise.all(writes);
        assert.equal(report.path, path);
        assert.deepEqual(readdirSync(folder), ["copy.db"], "one file and nothing beside it");
        assert.ok(openCopy, "an adapter with backups passes openCopy");
        const copy = await openCopy(path);
        const calls = (await copy.usageTotals(day))[0]?.calls ?? 0;
        assert.ok(calls >= 2 && calls <= 102 && calls % 2 === 0, `whole batches only: ${calls} calls`);
        assert.deepEqual(await copy.fleet(), await store.fleet());
        const first = { producer: "contract", epoch: 1, seq: 1, ...two };
        assert.equal(await copy.write(first), "duplicate", "the copy knows what it has");
        await copy.close();
      }),
    { needs: "backup" },
  ),

  contractCase(
    "backup: replaces an older one, and leaves it whole where it cannot",
    (store) =>
      inFolder(async (folder) => {
        const path = join(folder, "copy.db");
        writeFileSync(path, "an older backup");
        await refuses("invalid_path", store.backup(join(folder, "missing", "copy.db")));
        mkdirSync(join(folder, "directory"));
        await refuses("invalid_path", store.backup(join(folder, "directory")));
        await refuses("invalid_path", store.backup(""));
        await refuses("would_overwrite", store.backup(path));
        assert.equal(readFileSync(path, "utf8"), "an older backup");
        await store.backup(path, { force: true });
        await store.backup(path);
        assert.notEqual(readFileSync(path).subarray(0, 15).toString(), "an older backup");
        assert.deepEqual(readdirSync(folder).sort(), ["copy.db", "directory"]);
      }),
    { needs: "backup" },
  ),
];
