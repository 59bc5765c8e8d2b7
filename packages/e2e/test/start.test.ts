import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { CheckoutCopy, canCutNetwork, registryOf } from "./checkout-copy.js";
import { root } from "./source-tree.js";

// Each test builds, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 300_000 });

const isRoot = process.getuid?.() === 0;
/** Nothing listens there. */
const noRegistry = { npm_config_registry: "http://127.0.0.1:9" };
const version = /^\d+\.\d+\.\d+$/m;

afterEach(killChildren);

describe("a checkout that was started once", () => {
  let checkout: CheckoutCopy;

  beforeAll(async () => {
    checkout = new CheckoutCopy({ installed: true });
    const { code, stdout, stderr } = await checkout.npm(["start", "--", "--version"]);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain("Building.");
  }, 180_000);

  afterAll(() => checkout[Symbol.dispose]());

  const builds = async (more: readonly string[] = []) => {
    const { code, stdout, stderr } = await checkout.npm(["start", "--", "--version", ...more], {
      env: noRegistry,
    });
    expect(code, stdout + stderr).toBe(0);
    return stdout.includes("Building.");
  };

  /** Name, size, time and number of each file, wherever a build or an installation writes. */
  const files = () =>
    ["protocol", "client", "store", "server"]
      .map((name) => checkout.file("packages", name, "dist"))
      .concat(checkout.file("node_modules", ".cache", "kissbot-monitor"))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .map((path) => [path, statSync(path).mtimeMs, statSync(path).ino]);

  test("starts at once, without a registry, and writes nothing [trial/N5]", async () => {
    const before = files();
    const seconds: number[] = [];
    for (const flag of ["--version", "--help", "--version"]) {
      const run = await checkout.npm(["start", "--", flag], { env: noRegistry });
      expect(run.code, run.stderr).toBe(0);
      expect(run.stdout).toMatch(flag === "--help" ? /Usage: kissbot-monitor start/ : version);
      expect(run.stdout).not.toMatch(/Installing|Building/);
      seconds.push(run.seconds);
    }
    console.info(`npm start in a built checkout: ${seconds.map((one) => one.toFixed(2)).join(", ")} s`);
    // Two on an idle machine; a build alone takes longer than this.
    expect(Math.min(...seconds)).toBeLessThan(6);
    expect(files()).toEqual(before);
  });

  test.skipIf(!canCutNetwork())("starts without any network [trial/N5]", async () => {
    const run = await checkout.npm(["start", "--", "--version"], { prefix: ["unshare", "-n"] });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(version);
    expect(run.stdout).not.toMatch(/Installing|Building/);
  });

  test("is built again after each change of what it is built from, and of what was built [trial/N5]", async () => {
    appendFileSync(checkout.file("packages/protocol/src/index.ts"), "\nexport const changed = 1;\n");
    expect(await builds()).toBe(true);
    expect(await builds()).toBe(false);
    rmSync(checkout.file("packages/store/dist/writer-thread.js"));
    expect(await builds()).toBe(true);
    appendFileSync(checkout.file("packages/server/dist/main.js"), "// half of a build");
    expect(await builds()).toBe(true);
    expect(await builds()).toBe(false);
  });

  test("takes no build for good that was broken off [trial/N5]", async () => {
    appendFileSync(checkout.file("packages/server/src/index.ts"), "\n// changed\n");
    const broken = checkout.start(["start", "--", "--version"], noRegistry);
    await until("it builds", () => broken.stdout.includes("Building."));
    broken.signal("SIGKILL");
    await broken.exited;
    expect(await builds()).toBe(true);
    expect(await builds()).toBe(false);
  });

  test("two that start at once build once, and both run [trial/N5]", async () => {
    appendFileSync(checkout.file("packages/server/src/index.ts"), "\n// changed again\n");
    const runs = await Promise.all(
      [1, 2].map(() => checkout.npm(["start", "--", "--version"], { env: noRegistry })),
    );
    for (const { code, stdout, stderr } of runs) {
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(version);
    }
    expect(runs.filter(({ stdout }) => stdout.includes("Building."))).toHaveLength(1);
  });

  test("is not built under a monitor that runs from it [trial/N5]", async () => {
    using place = new TemporaryFolder("beside");
    const flags = ["--socket", place.socketPath, "--store", place.file("monitor.db"), "--no-http"];
    const monitor = checkout.start(["start", "--", ...flags], noRegistry);
    await until("the monitor runs", () => existsSync(place.socketPath), { timeoutMs: 60_000 });
    const before = files();

    appendFileSync(checkout.file("packages/server/src/index.ts"), "\n// changed under it\n");
    const demo = await checkout.npm(["run", "demo", "--", "--bots", "2", "--seconds", "2"], {
      env: noRegistry,
    });
    expect(demo.code, demo.stderr).toBe(0);
    expect(demo.stderr).toMatch(
      /^The sources have changed since this was built\. Process \d+ runs from what was built before, and so does this\./m,
    );
    expect(demo.stdout).not.toContain("Building.");
    expect(files()).toEqual(before);

    rmSync(checkout.file("packages/client/dist/legacy.js"));
    const refused = await checkout.npm(["start", "--", "--version"], { env: noRegistry });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^What was built is not whole any more, but process \d+ runs from this folder: stop it, and/m,
    );
    expect(monitor.exit).toBeNull();

    monitor.signal("SIGINT");
    // npm itself ends by the signal; the monitor has removed its socket.
    expect(await monitor.exited).toMatchObject({ late: false });
    expect(existsSync(place.socketPath)).toBe(false);
    expect(await builds()).toBe(true);
  });

  describe.skipIf(!isRoot)("for a user who may not write it", () => {
    const other = 65_534;
    const asOther = (args: readonly string[], home: string) => ({
      prefix: ["setpriv", `--reuid=${other}`, `--regid=${other}`, "--clear-groups", "env", `HOME=${home}`],
      env: { ...noRegistry, npm_config_cache: join(home, ".npm"), npm_config_update_notifier: "false" },
      args,
    });

    test("starts, with a database of the user's own [trial/N5]", async () => {
      using place = new TemporaryFolder("guest");
      chmodSync(place.path, 0o777);
      const { prefix, env } = asOther([], place.path);
      const [command = "", ...rest] = [
        ...prefix,
        "npm",
        "start",
        "--",
        "--socket",
        place.socketPath,
        "--no-http",
      ];
      const monitor = new Child(command, rest, { folder: checkout.folder, env, group: true });
      await until("the monitor runs", () => existsSync(place.socketPath), {
        timeoutMs: 30_000,
        describe: () => monitor.stderr,
      });
      const database = place.file(".local/state/kissbot/kissbot_monitor.db");
      expect(existsSync(database)).toBe(true);
      expect(monitor.stderr).toContain(`so the database is ${database}.`);
      monitor.signal("SIGINT");
      expect(await monitor.exited).toMatchObject({ late: false });
      expect(existsSync(place.socketPath)).toBe(false);
    });

    test("says in one sentence that its owner has to build it [trial/N5]", async () => {
      using place = new TemporaryFolder("guest");
      chmodSync(place.path, 0o777);
      const hidden = checkout.file("packages/protocol/dist/index.js");
      rmSync(hidden);
      const { prefix, env } = asOther([], place.path);
      const run = await checkout.npm(["start", "--", "--version"], { prefix, env });
      expect(run.code).toBe(1);
      expect(run.stderr.trim().split("\n")).toEqual([
        `What was built is not whole any more, and this user may not write ${checkout.folder}: its owner has to run \`npm start\` once.`,
      ]);
    });
  });
});

test("`npm install` says to run `npm start`, and changes nothing [trial/N7]", async () => {
  using checkout = new CheckoutCopy({ installed: false });
  for (const command of ["install", "i"]) {
    const run = await checkout.npm([command], { env: noRegistry });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("run npm start, which installs what it needs\n");
    expect(existsSync(checkout.file("node_modules"))).toBe(false);
    expect(existsSync(checkout.file("package-lock.json"))).toBe(false);
  }
});

test("a script that needs pnpm runs where only Node and npm are [trial/N7]", async () => {
  using place = new TemporaryFolder("path");
  for (const name of ["node", "npm", "npx", "sh", "env", "sed", "dirname", "uname"]) {
    const found = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    symlinkSync(name === "node" ? process.execPath : realpathSync(found), place.file(name));
  }
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(
    Object.entries(manifest.scripts).filter(([, script]) => /(?:^|[;&|] *)(?:pnpm|pnpx|yarn) /.test(script)),
  ).toEqual([]);
  const run = await Child.run("npm", ["run", "bench", "--", "compare"], {
    folder: root,
    env: { ...registryOf(process.env), PATH: place.path },
    limitMs: 120_000,
  });
  expect(run.stderr).toContain("usage: pnpm bench compare REF");
  expect(run.code).toBe(2);
});

test("says in one sentence, and soon, that no registry answers where nothing is installed [trial/N5]", async () => {
  using checkout = new CheckoutCopy({ installed: false });
  using place = new TemporaryFolder("cache");
  mkdirSync(place.file("cache"));
  const env = {
    ...noRegistry,
    npm_config_cache: place.file("cache"),
    npm_config_userconfig: place.file("npmrc"),
  };
  for (const command of [["start"], ["start", "--", "--help"], ["run", "demo"]]) {
    const run = await checkout.npm(command, { env });
    expect(run.code).toBe(1);
    expect(run.stderr.trim()).toBe(
      'Not installed: the package registry http://127.0.0.1:9 cannot be reached (ECONNREFUSED). Check the network and npm\'s setting "registry", and run this again.',
    );
    expect(run.seconds).toBeLessThan(20);
  }
});
