import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { loadDriver } from "../../../store/src/sqlite/file/driver.js";
import { run } from "./program-run.js";
import { writeStoreFile } from "./store-file.js";

const place = new TemporaryFolder("cli");
const folder = place.path;
afterAll(() => place[Symbol.dispose]());

test("a copy is a whole database", async () => {
  const [database, copy] = [join(folder, "kb.db"), join(folder, "copy.db")];
  await writeStoreFile(database);
  const { code, stdout } = await run(["backup", copy, "--store", database]);
  expect(code).toBe(0);
  expect(stdout).toContain(`Copied ${database} to ${copy}`);
  const store = await openStore(copy, { readOnly: true });
  expect((await store.fleet()).map(({ channel }) => channel)).toEqual(["alpha", "beta"]);
  await store.close();
  const { stdout: json } = await run(["backup", copy, "--store", database, "--json"]);
  const from = { kind: "flag", name: "--store" };
  expect(JSON.parse(json)).toEqual({
    path: copy,
    bytes: expect.any(Number),
    places: { store: { place: database, from } },
  });
});

test("what cannot be copied, or not there, is told", async () => {
  const database = join(folder, "kb.db");
  for (const [argv, fault] of [
    [["backup", join(folder, "x.db"), "--store", join(folder, "missing.db")], "does not exist"],
    [["backup", database, "--store", database], "is the database itself"],
    [["backup", join(folder, "no", "x.db"), "--store", database], "does not exist"],
    [["backup", join(folder, "x.db"), "--store", "memory:"], "has no file"],
  ] as const) {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(fault);
  }
  expect(existsSync(join(folder, "missing.db"))).toBe(false);
});

describe("what stands at the target", () => {
  const place = () => {
    const inside = mkdtempSync(join(folder, "target-"));
    return { database: join(folder, "kb.db"), at: (name: string) => join(inside, name), inside };
  };

  test("a file that is no backup of ours is asked for with --force, and stays without [server/F9]", async () => {
    const { database, at, inside } = place();
    await writeStoreFile(database);
    writeFileSync(at("notes.txt"), "somebody's notes");
    writeFileSync(at("empty"), "");
    const foreign = new (loadDriver())(at("places.sqlite"));
    foreign.exec("CREATE TABLE bookmarks (url TEXT)");
    foreign.close();
    // The database of another monitor, closed and open.
    await writeStoreFile(at("other.db"));
    await writeStoreFile(at("live.db"));
    await using _live = await openStore(at("live.db"));
    const python = new (loadDriver())(at("python.db"));
    python.exec(
      "CREATE TABLE bot_status (channel TEXT PRIMARY KEY NOT NULL, pid INTEGER NOT NULL, status TEXT NOT NULL, features_json TEXT NOT NULL, registered_at TEXT NOT NULL, last_seen TEXT NOT NULL)",
    );
    python.close();
    for (const name of readdirSync(inside).filter((one) => !/-(wal|shm)$/.test(one))) {
      const before = readFileSync(at(name));
      const { code, stderr } = await run(["backup", at(name), "--store", database]);
      expect({ code, name }).toEqual({ code: 1, name });
      expect(stderr).toContain("--force");
      expect(readFileSync(at(name)).equals(before), name).toBe(true);
    }
    for (const name of ["notes.txt", "empty", "places.sqlite"]) {
      const { code } = await run(["backup", at(name), "--store", database, "--force"]);
      expect({ code, name }).toEqual({ code: 0, name });
      expect((await run(["backup", at(name), "--store", database])).code, "now it is one").toBe(0);
    }
    expect(readdirSync(inside).filter((name) => name.includes("partial"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")(
    "links are followed, and what is no regular file is refused [server/F9]",
    async () => {
      const { database, at } = place();
      await writeStoreFile(database);
      symlinkSync("real.db", at("link.db"));
      expect((await run(["backup", at("link.db"), "--store", database])).code, "it led nowhere yet").toBe(0);
      expect((await run(["backup", at("link.db"), "--store", database])).code).toBe(0);
      expect(lstatSync(at("link.db")).isSymbolicLink()).toBe(true);
      expect(statSync(at("real.db")).isFile()).toBe(true);
      symlinkSync(database, at("itself.db"));
      symlinkSync("loop", at("loop"));
      mkdirSync(at("folder"));
      spawnSync("mkfifo", [at("pipe")]);
      symlinkSync("pipe", at("to-pipe"));
      const places = ["itself.db", "loop", "folder", "pipe", "to-pipe"].map(at);
      // A device of our own, so that nothing real is at stake.
      if (process.getuid?.() === 0 && spawnSync("mknod", [at("null"), "c", "1", "3"]).status === 0)
        places.push(at("null"));
      for (const path of places) {
        const before = lstatSync(path).mode;
        for (const more of [[], ["--force"]]) {
          const { code, stderr } = await run(["backup", path, "--store", database, ...more]);
          expect({ code, path }).toEqual({ code: 1, path });
          expect(stderr).toMatch(/^error: No backup: /);
        }
        expect(lstatSync(path).mode).toBe(before);
      }
    },
  );
});

test("a Python monitor's file is copied before the first start, and stays as it is [server/F10]", async () => {
  const inside = mkdtempSync(join(folder, "python-"));
  const path = join(inside, "kissbot_monitor.db");
  const python = new (loadDriver())(path);
  python.exec(`
    CREATE TABLE bot_metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, channel TEXT NOT NULL, pid INTEGER NOT NULL, rss_mb REAL NOT NULL, cpu_pct REAL NOT NULL, features_json TEXT NOT NULL);
    CREATE TABLE bot_status (channel TEXT PRIMARY KEY NOT NULL, pid INTEGER NOT NULL, status TEXT NOT NULL, features_json TEXT NOT NULL, registered_at TEXT NOT NULL, last_seen TEXT NOT NULL);
    CREATE TABLE llm_usage (id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, channel TEXT NOT NULL, model TEXT NOT NULL, feature TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, latency_ms REAL);
    INSERT INTO bot_status VALUES ('old', 1, 'online', '{}', '2026-05-20T12:00:00+00:00', '2026-05-20T12:00:00+00:00')`);
  python.close();
  const before = readFileSync(path);
  const { code, stderr } = await run(["backup", join(inside, "before.db"), "--store", path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(inside).sort()).toEqual(["before.db", "kissbot_monitor.db"]);
  const copy = new (loadDriver())(join(inside, "before.db"), { readonly: true });
  expect(copy.prepare("SELECT channel FROM bot_status").pluck().all()).toEqual(["old"]);
  expect(copy.prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'monitor%'").pluck().get()).toBe(0);
  copy.close();
  writeFileSync(join(inside, "nothing.db"), "");
  const empty = await run(["backup", join(inside, "x.db"), "--store", join(inside, "nothing.db")]);
  expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing in it to copy") });
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;
if (!canMount) console.warn("backup.test.ts: SKIPPED what needs a mount (it takes Linux and root)");

test.skipIf(!canMount)(
  "a closed database on a read-only mount is copied, and reading it there says why not [server/F10]",
  async () => {
    const inside = mkdtempSync(join(folder, "mount-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", inside]).status, "mount").toBe(0);
    try {
      const database = join(inside, "kb.db");
      await writeStoreFile(database);
      expect(spawnSync("mount", ["-o", "remount,ro", inside]).status, "remount").toBe(0);
      const copy = join(folder, "from-read-only.db");
      expect(await run(["backup", copy, "--store", database])).toMatchObject({ code: 0, stderr: "" });
      const read = await run(["bots", "--no-http", "--store", database]);
      expect(read.code).toBe(1);
      expect(read.stderr).toContain("read-only");
      expect(read.stderr).not.toMatch(/\n\s+at /);
      expect((await run(["bots", "--no-http", "--store", copy])).stdout).toContain("alpha");
    } finally {
      spawnSync("umount", ["--lazy", inside]);
    }
  },
);
