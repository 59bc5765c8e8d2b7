import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Exit, FrozenMonitor, TemporaryFolder } from "@kissbot/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { cargo, rustFolder } from "./cargo.js";
import { Driver } from "./driver.js";
import { driverCommand } from "./driver-command.js";
import { isTestable } from "./toolchain.js";

/** Fails with what cargo said. */
function expectSuccess(exit: Exit): void {
  expect(exit.code, `${exit.stdout.slice(-6_000)}\n${exit.stderr.slice(-6_000)}`).toBe(0);
}

describe.skipIf(!isTestable("rust"))("the client in Rust", () => {
  let driver: readonly string[];

  beforeAll(async () => {
    driver = await driverCommand("rust");
  });

  test("is built without a network, has no dependency and no unsafe code [conformance/P1]", async () => {
    const described = await cargo(["metadata", "--offline", "--locked", "--format-version", "1"]);
    expectSuccess(described);
    const [crate, ...others] = JSON.parse(described.stdout).packages;
    expect(others).toEqual([]);
    expect(crate).toMatchObject({ name: "kissbot-monitor", dependencies: [], features: {} });
    expect(crate.rust_version).toMatch(/^\d+\.\d+/);
    expect(readFileSync(join(rustFolder, "src", "lib.rs"), "utf8")).toMatch(/^#!\[forbid\(unsafe_code\)\]$/m);
  });

  test("passes its own tests: any runtime, panics, forks, threads, ends [conformance/P2]", async () => {
    const tested = await cargo(["test", "--offline", "--locked", "--quiet"]);
    expectSuccess(tested);
    const passed = [...tested.stdout.matchAll(/(\d+) passed; 0 failed; (\d+) ignored/g)];
    expect(passed.length).toBeGreaterThanOrEqual(6);
    expect(passed.every(([, count, ignored]) => Number(count) > 0 && ignored === "0")).toBe(true);
  });

  test("has documentation without warnings, and none of the linter's where it is installed", async () => {
    expectSuccess(await cargo(["doc", "--offline", "--no-deps", "--quiet"], { RUSTDOCFLAGS: "-Dwarnings" }));
    if ((await cargo(["clippy", "--version"])).code !== 0) {
      console.warn("SKIPPED: no clippy on this machine; the client in Rust is not linted.");
      return;
    }
    expectSuccess(await cargo(["clippy", "--offline", "--all-targets", "--quiet", "--", "-D", "warnings"]));
  });

  test.each(["frozen", "absent"] as const)(
    "a call takes less than 10 µs in 99 of 100 cases, and calls do not add up in memory: %s monitor [conformance/P1]",
    async (mode) => {
      using place = new TemporaryFolder("rust");
      const socket = place.file("m.sock");
      await using monitor = mode === "frozen" ? await FrozenMonitor.open(socket) : undefined;
      await using bot = new Driver(driver);
      await bot.register(monitor?.path ?? socket);
      await bot.burst(200_000);
      await bot.burst(200_000, 200_000);
      const before = bot.residentBytes();
      // A busy machine may hold a whole burst up; the client's own work is the same in each.
      const times = [];
      for (let from = 400_000; from < 1_000_000; from += 200_000) times.push(await bot.burst(200_000, from));
      expect(bot.residentBytes() - before).toBeLessThan(4_194_304);
      expect(Math.min(...times.map(({ p99 }) => p99))).toBeLessThan(10);
      const { exit, tookMs } = await bot.end();
      expect(exit).toMatchObject({ code: 0, signal: null, stderr: "" });
      expect(tookMs).toBeLessThan(2_000);
    },
  );

  test("a text that Rust cannot hold does not end the driver", async () => {
    await using bot = new Driver(driver);
    const channel = { $string: ["a", { utf16: [55_296] }, { repeat: "b", times: 2 }] };
    const message = { type: "heartbeat", channel, pid: 1 };
    expect(await bot.ask({ cmd: "encode", message })).toMatchObject({ unrepresentable: true });
  });

  test("a crash of the bot keeps its exit code, before a frozen monitor too [conformance/P2]", async () => {
    using place = new TemporaryFolder("rust");
    await using monitor = await FrozenMonitor.open(place.file("m.sock"));
    await using bot = new Driver(driver);
    await bot.register(monitor.path);
    await bot.burst(5_000);
    const { exit } = await bot.end("crash");
    expect(exit).toMatchObject({ code: 101, signal: null });
  });
});
