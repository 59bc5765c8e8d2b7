import { join } from "node:path";
import { Child, FrozenMonitor, TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { Driver } from "./driver.js";
import { driverCommand } from "./driver-command.js";
import { built, ports } from "./port-folder.js";
import { isTestable } from "./toolchain.js";

const folder = join(ports, "python");
/** Nothing that Python keeps for itself comes into the tree. */
const env = { PYTHONPATH: join(folder, "src"), PYTHONDONTWRITEBYTECODE: "1" };
const modes = ["--loop", "--thread", "--poll"] as const;

const python = (...args: readonly string[]) =>
  new Child("python3", args, { folder, env, limitMs: 170_000 }).exited;

describe.skipIf(!isTestable("python"))("the client in Python", () => {
  test("passes its own tests: threads, forks, signals, event loops, ends [conformance/P3]", async () => {
    const { code, stderr } = await python("-W", "error::ResourceWarning", "-m", "unittest");
    expect(code, stderr.slice(-8_000)).toBe(0);
    const ran = Number(/^Ran (\d+) tests/m.exec(stderr)?.[1]);
    expect(ran).toBeGreaterThan(50);
    expect(stderr).not.toContain("skipped=");
  });

  test("has sound types, where the checker is installed", async () => {
    if ((await python("-m", "mypy", "--version")).code !== 0) {
      console.warn("SKIPPED: no mypy on this machine; the types of the client in Python are not checked.");
      return;
    }
    const { code, stdout } = await python("-m", "mypy", "--cache-dir", join(built, "mypy"));
    expect(code, stdout.slice(-8_000)).toBe(0);
  });

  test.each(modes)(
    "reports, forks and is called by threads in the mode %s [conformance/P3]",
    async (mode) => {
      using place = new TemporaryFolder("python");
      await using bot = new Driver([...(await driverCommand("python")), mode]);
      await bot.register(place.file("m.sock"));
      expect(await bot.ask({ cmd: "fork", client: "a", count: 20, from: 0 })).toMatchObject({ status: 0 });
      await bot.ask({ cmd: "threads", client: "a", threads: 4, count: 500, from: 0 });
      // The registration waits beside the newest rows.
      const stats = await bot.ask({ cmd: "stats", client: "a" });
      expect(stats).toMatchObject({ lost: 2_000 - 1_024, held: 1_024 + 1 });
    },
  );

  test.each(["frozen", "absent"] as const)(
    "calls do not add up in memory, and the bot ends with its own code: %s monitor [conformance/P3]",
    async (kind) => {
      using place = new TemporaryFolder("python");
      const socket = place.file("m.sock");
      await using monitor = kind === "frozen" ? await FrozenMonitor.open(socket) : undefined;
      await using bot = new Driver(await driverCommand("python"));
      await bot.register(monitor?.path ?? socket);
      await bot.burst(50_000);
      await bot.burst(50_000, 50_000);
      const before = bot.residentBytes();
      await bot.burst(50_000, 100_000);
      expect(bot.residentBytes() - before).toBeLessThan(4_194_304);
      const { exit, tookMs } = await bot.end("crash");
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(exit.stderr).toContain("RuntimeError: the runner asked for it");
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});
