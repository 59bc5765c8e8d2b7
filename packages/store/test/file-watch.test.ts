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

test.skipIf(process.platform !== "linux")(
  "a file that is overwritten while a checkpoint runs is seen by the next look; a checkpoint alone is not [server/F2]",
  () => {
    using folder = new TemporaryFolder("store");
    const [path, backup] = [folder.file("kb.db"), folder.file("backup.db")];
    const db = new (loadDriver())(path);
    db.pragma("journal_mode = WAL");
    db.exec("CREATE TABLE rows (x)");
    db.exec(`VACUUM INTO '${backup}'`);
    const watch = new FileWatch(path);
    for (let i = 0; i < 3; i++) {
      db.exec("INSERT INTO rows VALUES (zeroblob(50000))");
      db.pragma("wal_checkpoint(PASSIVE)");
      watch.noteCheckpoint();
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
    const [path, backup] = [folder.file("kb.db"), folder.file("backup.db")];
    let db = new (loadDriver())(path);
    db.pragma("journal_mode = WAL");
    db.exec("CREATE TABLE rows (x)");
    db.exec(`VACUUM INTO '${backup}'`);
    const checkpoint = () => {
      db.exec("INSERT INTO rows VALUES (zeroblob(50000))");
      db.pragma("wal_checkpoint(PASSIVE)");
      watch.noteCheckpoint();
    };
    const lists = vi.mocked(readdirSync).mock.calls;
    lists.length = 0;
    const watch = new FileWatch(path);
    for (let i = 0; i < 3; i++) checkpoint();
    expect(watch.look()).toBeNull();
    expect(lists).toEqual([["/proc/self/fd"]]);

    // The same file under other descriptors, and a foreign one under those that it had.
    db.close();
    const foreign = Array.from({ length: 8 }, () => openSync("/dev/null", "r"));
    db = new (loadDriver())(path);
    checkpoint();
    // The log is another one, if its number is; what `/dev/null` says would count as overwritten.
    expect(watch.look()).not.toBe("overwritten");
    expect(lists).toHaveLength(2);
    copyFileSync(backup, path);
    expect(watch.look()).toBe("overwritten");
    for (const descriptor of foreign) closeSync(descriptor);
    db.close();
  },
);
