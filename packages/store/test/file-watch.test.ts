import { copyFileSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { FileWatch } from "../src/sqlite/file/file-watch.js";

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
