import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import process from "node:process";
import { openStore, type Store, type StoreEvent } from "@kissbot/store";
import { lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf, everything, usageRows } from "./rows.js";

const canMount = process.platform === "linux" && process.getuid?.() === 0;
if (!canMount) console.warn("lost-file.test.ts: SKIPPED what needs a mount (it takes Linux and root)");

const name = "kissbot_monitor.db";

async function callsIn(path: string): Promise<number | undefined> {
  await using store = await openStore(path);
  return (await store.usageTotals(everything))[0]?.calls;
}

function check(path: string): unknown {
  const db = new (loadDriver())(path, { fileMustExist: true });
  try {
    return db.pragma("integrity_check", { simple: true });
  } finally {
    db.close();
  }
}

/** A backup with 100 calls, and a store beside it with 5 100 of them, most still in its log. */
async function openedWithBackup(folder: TemporaryFolder, events: StoreEvent[]): Promise<Store> {
  const store = await openStore(folder.file(name), { onEvent: (event) => events.push(event) });
  await store.write(batchOf({ llmUsage: usageRows(100) }));
  await store.backup(folder.file("backup.db"));
  await store.write(batchOf({ llmUsage: usageRows(5_000) }));
  return store;
}

const remove = (folder: TemporaryFolder, ...suffixes: string[]) => {
  for (const suffix of suffixes) rmSync(folder.file(name + suffix), { force: true });
};

describe("a database whose file is taken away while it is open", () => {
  const ways: [string, (folder: TemporaryFolder) => void, { moved?: string; left: number | null }][] = [
    ["deleted with its log", (folder) => remove(folder, "", "-wal", "-shm"), { left: 0 }],
    ["deleted without its log", (folder) => remove(folder, ""), { left: 0 }],
    [
      "renamed with its log",
      (folder) => {
        for (const suffix of ["", "-wal", "-shm"])
          renameSync(folder.file(name + suffix), folder.file(`moved.db${suffix}`));
      },
      { moved: "moved.db", left: 0 },
    ],
    [
      "renamed without its log",
      (folder) => renameSync(folder.file(name), folder.file("moved.db")),
      { moved: "moved.db", left: 0 },
    ],
    [
      "replaced by a backup (mv)",
      (folder) => renameSync(folder.file("backup.db"), folder.file(name)),
      { left: 100 },
    ],
    [
      "replaced by a backup, and its log removed",
      (folder) => {
        remove(folder, "-wal", "-shm");
        renameSync(folder.file("backup.db"), folder.file(name));
      },
      { left: 100 },
    ],
    [
      "overwritten by a backup (cp)",
      (folder) => copyFileSync(folder.file("backup.db"), folder.file(name)),
      { left: 100 },
    ],
    ["left without its log", (folder) => remove(folder, "-wal"), { left: 5_100 }],
    ["left without its index of the log", (folder) => remove(folder, "-shm"), { left: 5_100 }],
    ["left without either", (folder) => remove(folder, "-wal", "-shm"), { left: 5_100 }],
    [
      "given another log",
      (folder) => {
        copyFileSync(folder.file(`${name}-wal`), folder.file("copy"));
        renameSync(folder.file("copy"), folder.file(`${name}-wal`));
      },
      { left: 5_100 },
    ],
  ];

  test.each(ways)(
    "%s: a write is refused as lost, and is in the file that is opened next [server/F2]",
    async (_how, take, { moved, left }) => {
      using folder = new TemporaryFolder("store");
      const events: StoreEvent[] = [];
      const store = await openedWithBackup(folder, events);
      take(folder);
      const batch = batchOf({ llmUsage: usageRows(7, { channel: "after" }) });
      await expect(store.write(batch)).rejects.toMatchObject({ code: "lost" });
      expect(store.state().status).toBe("lost");
      const later = batchOf({ llmUsage: usageRows(1, { channel: "after" }) });
      await expect(store.write(later), "and so is every other").rejects.toMatchObject({ code: "lost" });
      expect(events.filter(({ kind }) => kind === "status")).toMatchObject([{ to: "lost" }]);
      await store.close();

      {
        await using next = await openStore(folder.file(name));
        const calls = (await next.usageTotals(everything))[0]?.calls ?? 0;
        // What was committed to the log and only then found lost may be there: then its id says so.
        expect([left, (left ?? 0) + 7]).toContain(calls);
        const outcome = await next.write(batch);
        expect(outcome).toBe(calls === left ? "applied" : "duplicate");
        expect((await next.usageTotals({ ...everything, channel: "after" }))[0]?.calls).toBe(7);
      }
      expect(check(folder.file(name))).toBe("ok");
      if (moved !== undefined) {
        expect(check(folder.file(moved))).toBe("ok");
        expect([5_100, 5_107]).toContain(await callsIn(folder.file(moved)));
      }
      expect(readdirSync(folder.path).filter((file) => file.includes(".corrupt-"))).toEqual([]);
    },
  );

  test("without a write it is noticed within two seconds [server/F2]", async () => {
    using folder = new TemporaryFolder("store");
    const events: StoreEvent[] = [];
    await using store = await openedWithBackup(folder, events);
    remove(folder, "", "-wal", "-shm");
    const takenMs = performance.now();
    await until("it is told", () => store.state().status === "lost");
    // A second is what a busy machine adds.
    expect(performance.now() - takenMs).toBeLessThan(3_000);
    expect(store.state().detail).toContain("it was deleted, renamed or unmounted");
  });

  test.skipIf(!canMount)("unmounted (umount -l) [server/F2]", async () => {
    using folder = new TemporaryFolder("store");
    const place = folder.file("disk");
    mkdirSync(place);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=40m", "tmpfs", place]).status, "mount").toBe(0);
    const store = await openStore(`${place}/${name}`);
    try {
      await store.write(batchOf({ llmUsage: usageRows(10) }));
    } finally {
      spawnSync("umount", ["--lazy", place]);
    }
    await expect(store.write(batchOf({ llmUsage: usageRows(5) }))).rejects.toMatchObject({ code: "lost" });
    await store.close();
    expect(existsSync(`${place}/${name}`)).toBe(false);
  });

  test("a program that only uses the file takes nothing away, however it checkpoints [server/F2]", async () => {
    using folder = new TemporaryFolder("store");
    const events: StoreEvent[] = [];
    await using store = await openedWithBackup(folder, events);
    const other = new (loadDriver())(folder.file(name));
    other.exec("CREATE TABLE theirs (x)");
    for (let i = 0; i < 5; i++) {
      other.exec("INSERT INTO theirs VALUES (zeroblob(100000))");
      other.pragma("wal_checkpoint(TRUNCATE)");
      expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
    }
    other.close();
    await lasting("the writer looks once a second", 2_500);
    expect(store.state().status).toBe("ok");
    expect(events.filter(({ kind }) => kind === "status")).toEqual([]);
  });
});
