import { closeSync, copyFileSync, openSync, readdirSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test, vi } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { FileWatch } from "../src/sqlite/file/file-watch.js";

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, readdirSync: vi.fn(fs.readdirSync) };
});

if (process.platform !== "linux")
  console.warn("file-watch.test.ts: SKIPPED what needs a list of open files (it takes Linux)");

/** A database in WAL mode with a table, and a backup of it. */
function withBackup(folder: TemporaryFolder) {
  const [path, backup] = [folder.file("kb.db"), folder.file("backup.db")];
  const db = opened(path);
  db.exec("CREATE TABLE rows (x)");
  db.exec(`VACUUM INTO '${backup}'`);
  return { path, backup, db };
}

function opened(path: string) {
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  return db;
}

/** Writes some pages and copies them into the file. */
function checkpoint(db: ReturnType<typeof opened>, watch: FileWatch): void {
  db.exec("INSERT INTO rows VALUES (zeroblob(50000))");
  db.pragma("wal_checkpoint(PASSIVE)");
  watch.noteCheckpoint();
}

test.skipIf(process.platform !== "linux")(
  "a file that is overwritten while a checkpoint runs is seen by the next look; a checkpoint alone is not [server/F2]",
  () => {
    using folder = new TemporaryFolder("store");
    const { path, backup, db } = withBackup(folder);
    const watch = new FileWatch(path);
    for (let i = 0; i < 3; i++) {
      checkpoint(db, watch);
      expect(watch.look()).toBeNull();
    }
    copyFileSync(backup, path);
    watch.noteCheckpoint();
    expect(watch.look()).toBe("overwritten");
    db.close();
  },
);

test.skipIf(process.platform !== "linux")(
  "the list of open files is read once, and again when what was found there is another file's",
  () => {
    using folder = new TemporaryFolder("store");
    const { path, backup, db: first } = withBackup(folder);
    const lists = vi.mocked(readdirSync).mock.calls;
    lists.length = 0;
    const watch = new FileWatch(path);
    for (let i = 0; i < 3; i++) checkpoint(first, watch);
    expect(watch.look()).toBeNull();
    expect(lists).toEqual([["/proc/self/fd"]]);

    // The same file under other descriptors, and a foreign one under those that it had.
    first.close();
    const foreign = Array.from({ length: 8 }, () => openSync("/dev/null", "r"));
    const db = opened(path);
    checkpoint(db, watch);
    // The log may be a new file. Reading a header from /dev/null would count as overwritten.
    expect(watch.look()).not.toBe("overwritten");
    expect(lists).toHaveLength(2);
    copyFileSync(backup, path);
    expect(watch.look()).toBe("overwritten");
    for (const descriptor of foreign) closeSync(descriptor);
    db.close();
  },
);
