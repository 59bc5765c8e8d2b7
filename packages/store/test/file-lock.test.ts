import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { openStore, takeFileLock } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { dist } from "./dist.js";
import { startProgram } from "./program.js";
import { batchOf, everything, usageRows } from "./rows.js";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("file-lock.test.ts: SKIPPED what needs another user (it takes Linux and root)");

test("one process has it; another is told whose it is; kill -9 gives it back [server/F15] [server/F8]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("a.lock");
  await using holder = startProgram("file-lock-holder.mjs", dist, path);
  await holder.prints("taken");
  expect(takeFileLock(path)).toEqual({ kind: "held", pid: holder.pid });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  holder.signal("SIGSTOP");
  expect(takeFileLock(path), "also while it is stopped").toEqual({ kind: "held", pid: holder.pid });
  await holder.kill();
  const outcome = takeFileLock(path);
  if (outcome.kind !== "taken") throw new Error(JSON.stringify(outcome));
  expect(takeFileLock(path), "a process does not get it twice").toEqual({ kind: "held", pid: process.pid });
  expect(outcome.lock.isHeld()).toBe(true);
  outcome.lock.release();
  expect(readdirSync(folder.path)).toEqual([]);
});

test("what is left of a lock, or something else of that name, keeps nobody away [server/F15]", () => {
  using folder = new TemporaryFolder("store");
  for (const content of ["", "4711\n", "x".repeat(5_000)]) {
    const path = folder.file("a.lock");
    writeFileSync(path, content, { mode: 0o644 });
    const outcome = takeFileLock(path);
    if (outcome.kind !== "taken") throw new Error(JSON.stringify(outcome));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    outcome.lock.release();
  }
  mkdirSync(folder.file("b.lock"));
  symlinkSync("/dev/null", folder.file("c.lock"));
  for (const name of ["b.lock", "c.lock", "no/such/folder.lock"])
    expect(takeFileLock(folder.file(name)).kind, name).toBe("unavailable");
});

test.skipIf(!isRoot)(
  "another user cannot hold it against us, whatever they put into a public folder [server/F15]",
  async () => {
    using folder = new TemporaryFolder("store");
    chmodSync(folder.path, 0o1777);
    const path = folder.file("a.lock");
    // As that user: a locked file of that name.
    const script = `
    import fcntl, os, time
    file = os.open(${JSON.stringify(path)}, os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("taken", flush=True)
    time.sleep(60)`.replaceAll("\n    ", "\n");
    const stranger = spawn("python3", ["-c", script], {
      uid: 65_534,
      gid: 65_534,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await new Promise((resolve) => stranger.stdout.once("data", resolve));
      expect(takeFileLock(path)).toMatchObject({
        kind: "unavailable",
        reason: expect.stringContaining("65534"),
      });
    } finally {
      stranger.kill("SIGKILL");
    }
    // Ours, which they can neither open nor lock.
    const own = takeFileLock(folder.file("b.lock"));
    expect(own.kind).toBe("taken");
    const open = `import os; os.open(${JSON.stringify(folder.file("b.lock"))}, os.O_RDONLY)`;
    expect(spawnSync("python3", ["-c", open], { uid: 65_534, gid: 65_534 }).status).toBe(1);
    if (own.kind === "taken") own.lock.release();
  },
);

test("a database has one monitor; others read it and write rows of their own [server/F8]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using first = await openStore(path, { exclusive: true });
  await using second = startProgram("exclusive-opener.mjs", dist, path);
  await second.prints("in_use");
  expect(second.stdout).toContain(`pid ${process.pid}`);
  symlinkSync(path, folder.file("link.db"));
  await using third = startProgram("exclusive-opener.mjs", dist, folder.file("link.db"));
  await third.prints("in_use");

  await using other = await openStore(path);
  await other.write(batchOf({ llmUsage: usageRows(3) }));
  expect((await first.usageTotals(everything))[0]?.calls).toBe(3);
  await other.close();
  await first.close();
  await using fourth = startProgram("exclusive-opener.mjs", dist, path);
  await fourth.prints("opened");
  await fourth.kill();
  await using fifth = startProgram("exclusive-opener.mjs", dist, path);
  await fifth.prints("opened");
});

test("a lock that somebody removes is taken again [server/F8]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using _store = await openStore(path, { exclusive: true });
  const lock = `${path}.lock`;
  expect(existsSync(lock)).toBe(true);
  spawnSync("rm", [lock]);
  await until("it is there again", () => existsSync(lock));
  await using second = startProgram("exclusive-opener.mjs", dist, path);
  await second.prints("in_use");
});
