import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import process from "node:process";
import { openStore, type StoreEvent } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { dist } from "./dist.js";
import { startProgram } from "./program.js";
import { batchOf, everything, usageRows } from "./rows.js";

async function fileWith(path: string, rows: number): Promise<void> {
  const store = await openStore(path);
  await store.write(batchOf({ llmUsage: usageRows(rows) }));
  await store.close();
}

/** A log that was not played into its database: what a killed process leaves. */
async function fileWithLog(folder: TemporaryFolder, rows: number): Promise<string> {
  const path = folder.file("live.db");
  const store = await openStore(path);
  await store.write(batchOf({ llmUsage: usageRows(rows) }));
  const copy = folder.file("kissbot_monitor.db");
  cpSync(path, copy);
  cpSync(`${path}-wal`, `${copy}-wal`);
  await store.close();
  return copy;
}

async function callsIn(path: string): Promise<number | undefined> {
  const store = await openStore(path);
  try {
    return (await store.usageTotals(everything))[0]?.calls;
  } finally {
    await store.close();
  }
}

describe("what is not ours is refused and not touched", () => {
  test("a file of something else", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("notes.txt");
    writeFileSync(path, "this is no database, and somebody needs it".repeat(100), { mode: 0o640 });
    const before = readFileSync(path);
    await expect(openStore(path)).rejects.toMatchObject({ code: "not_a_database" });
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder.path)).toEqual(["notes.txt"]);
  });

  test.each(["DELETE", "WAL"])("a database of something else, in journal mode %s", async (mode) => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("places.sqlite");
    const other = new (loadDriver())(path);
    other.pragma(`journal_mode = ${mode}`);
    other.exec("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
    other.close();
    const before = readFileSync(path);
    await expect(openStore(path)).rejects.toMatchObject({
      code: "foreign_database",
      message: expect.stringContaining("bookmarks"),
    });
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder.path)).toEqual(["places.sqlite"]);
  });

  test("a table that has our name and other columns", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("other.db");
    const other = new (loadDriver())(path);
    other.exec("CREATE TABLE bot_status (channel TEXT PRIMARY KEY, mood TEXT)");
    other.close();
    const before = readFileSync(path);
    await expect(openStore(path)).rejects.toMatchObject({
      code: "foreign_database",
      message: expect.stringContaining("last_seen"),
    });
    expect(readFileSync(path)).toEqual(before);
  });

  test("a directory, a missing folder, a device", async () => {
    using folder = new TemporaryFolder("store");
    mkdirSync(folder.file("folder.db"));
    await expect(openStore(folder.file("folder.db"))).rejects.toMatchObject({ code: "is_directory" });
    await expect(openStore(folder.file("no/such/folder.db"))).rejects.toMatchObject({ code: "cannot_open" });
    if (existsSync("/dev/null"))
      await expect(openStore("/dev/null")).rejects.toMatchObject({ code: "not_a_database" });
    expect(readdirSync(folder.path)).toEqual(["folder.db"]);
  });

  test("a folder that cannot be written", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await fileWith(path, 3);
    // As root a mode stops nobody; a read-only mount does.
    const root = process.getuid?.() === 0;
    if (root)
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path]).status, "mount").toBe(
        0,
      );
    try {
      if (root) {
        await fileWith(path, 3);
        spawnSync("mount", ["-o", "remount,ro", folder.path]);
      } else {
        chmodSync(folder.path, 0o500);
      }
      await expect(openStore(path)).rejects.toMatchObject({ code: "read_only" });
      await expect(openStore(folder.file("new.db"))).rejects.toMatchObject({ code: "read_only" });
      expect(readdirSync(folder.path)).toEqual(["kissbot_monitor.db", "kissbot_monitor.db.host"]);
    } finally {
      if (root) spawnSync("umount", [folder.path]);
      else chmodSync(folder.path, 0o700);
    }
  });
});

describe("a corrupt file is set aside and never deleted", () => {
  /** Overwrites every page but the first ones, as a bad disk would. */
  function damage(path: string): void {
    const fd = openSync(path, "r+");
    writeSync(fd, Buffer.alloc(statSync(path).size - 8_192, 0xa5), 0, undefined, 8_192);
    closeSync(fd);
  }

  test.each([
    ["whose pages are overwritten", damage],
    ["that was cut short", (path: string) => truncateSync(path, 5_000)],
    [
      "of which only the first words are left",
      (path: string) => writeFileSync(path, `SQLite format 3\0${"x".repeat(500)}`),
    ],
  ])("a file %s", async (_what, spoil) => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await fileWith(path, 500);
    spoil(path);
    const spoilt = readFileSync(path);
    const events: StoreEvent[] = [];
    await using store = await openStore(path, { onEvent: (event) => events.push(event) });
    const aside = events.find((event) => event.kind === "set_aside");
    expect(aside?.paths.length).toBeGreaterThan(0);
    const kept = aside?.paths.find((name) => !/-(wal|shm)$/.test(name)) ?? "";
    expect(kept).toMatch(/kissbot_monitor\.db\.corrupt-\d{8}T\d{6}Z$/);
    expect(readFileSync(kept)).toEqual(spoilt);
    expect((await store.usageTotals(everything))[0]?.calls, "a fresh one").toBe(0);
    expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
  });

  test("with the log that lies beside it", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await fileWith(path, 500);
    truncateSync(path, 9_000);
    appendFileSync(`${path}-wal`, "no log at all");
    await (await openStore(path)).close();
    const aside = readdirSync(folder.path).filter((name) => name.includes(".corrupt-"));
    expect(aside.some((name) => name.endsWith("-wal"))).toBe(true);
  });

  test("also while the store is open: what is written next goes into a fresh file", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const events: StoreEvent[] = [];
    await using store = await openStore(path, { onEvent: (event) => events.push(event) });
    await store.write(batchOf({ llmUsage: usageRows(5_000) }));
    // Another process writes, so that the writer reads its pages again, moves the log into the
    // file, and spoils the file.
    await using program = startProgram("spoiler.mjs", path);
    await program.prints("spoilt");
    await until("the damage is met", async () => {
      await store
        .write(batchOf({ llmUsage: usageRows(2_000, { channel: `other ${Math.random()}` }) }))
        .catch(() => undefined);
      return events.some(({ kind }) => kind === "set_aside");
    });
    const batch = batchOf({ llmUsage: usageRows(7, { channel: "after" }) });
    expect(await store.write(batch)).toBe("applied");
    expect((await store.usageTotals({ ...everything, channel: "after" }))[0]?.calls).toBe(7);
    expect(store.state().status).toBe("ok");
  });

  test("a log that was cut short loses what it no longer holds, and only that", async () => {
    using folder = new TemporaryFolder("store");
    const path = await fileWithLog(folder, 300);
    const before = await callsIn(path);
    expect(before).toBe(300);
    using second = new TemporaryFolder("store");
    const cut = await fileWithLog(second, 300);
    truncateSync(`${cut}-wal`, 40_000);
    // The migration was committed before the rows: whether the cut left it or not, the file opens
    // and is sound.
    expect([0, 300]).toContain(await callsIn(cut));
    expect(readdirSync(second.path).filter((name) => name.includes("corrupt"))).toEqual([]);
    const db = new (loadDriver())(cut);
    expect(db.pragma("quick_check", { simple: true })).toBe("ok");
    db.close();
  });
});

describe("opening", () => {
  test.skipIf(process.platform === "win32")(
    "creates files that only their owner can read; an existing one keeps its mode",
    async () => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      const store = await openStore(`sqlite:${path}`);
      for (const suffix of ["", "-wal", "-shm"])
        expect(statSync(path + suffix).mode & 0o777, suffix).toBe(0o600);
      await store.close();
      chmodSync(path, 0o644);
      await (await openStore(path)).close();
      expect(statSync(path).mode & 0o777).toBe(0o644);
    },
  );

  test("an empty file is a database nobody has written to", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    writeFileSync(path, "");
    expect(await callsIn(path)).toBe(0);
  });

  test("to be read only: sees what a writer commits, writes nothing, and needs our tables", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await expect(openStore(path, { readOnly: true })).rejects.toMatchObject({ code: "cannot_open" });
    const python = new (loadDriver())(folder.file("old.db"));
    python.exec("CREATE TABLE other (a)");
    python.close();
    await expect(openStore(folder.file("old.db"), { readOnly: true })).rejects.toMatchObject({
      code: "needs_migration",
    });
    await using writer = await openStore(path);
    await using reader = await openStore(path, { readOnly: true });
    await writer.write(batchOf({ llmUsage: usageRows(4) }));
    expect((await reader.usageTotals(everything))[0]?.calls).toBe(4);
    await expect(reader.write(batchOf({}))).rejects.toMatchObject({ code: "read_only" });
    await expect(reader.maintain()).rejects.toMatchObject({ code: "read_only" });
  });

  test.each(["fresh", "old", "corrupt"])(
    "eight processes open one %s file at once: one does the work, none fails",
    async (kind) => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      if (kind === "old") {
        const python = new (loadDriver())(path);
        python.exec(
          "CREATE TABLE bot_status (channel TEXT PRIMARY KEY, pid INTEGER NOT NULL, status TEXT NOT NULL, features_json TEXT NOT NULL, registered_at TEXT NOT NULL, last_seen TEXT NOT NULL)",
        );
        python.close();
      }
      if (kind === "corrupt") {
        await fileWith(path, 500);
        truncateSync(path, 5_000);
      }
      const programs = Array.from({ length: 8 }, (_, i) => startProgram("opener.mjs", dist, path, String(i)));
      try {
        const codes = await Promise.all(programs.map(async ({ exited }) => (await exited).code));
        expect(programs.map(({ stderr }) => stderr).join("")).toBe("");
        expect(codes).toEqual(Array.from({ length: 8 }, () => 0));
        const migrated = programs.filter(({ stdout }) => stdout.includes("migrated")).length;
        const moved = programs.filter(({ stdout }) => stdout.includes("set_aside")).length;
        expect({ migrated, moved }).toEqual({ migrated: 1, moved: kind === "corrupt" ? 1 : 0 });
        expect(await callsIn(path), "each wrote one row").toBe(8);
      } finally {
        for (const program of programs) await program.kill();
      }
    },
    60_000,
  );
});
