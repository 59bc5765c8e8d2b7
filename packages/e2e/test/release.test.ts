import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { documents } from "./document.js";
import { readPackages, root } from "./source-tree.js";

const names = readPackages()
  .filter(({ manifest }) => !manifest.private)
  .map(({ name }) => name);

test("a dry run of the release says what each package becomes, and changes nothing", () => {
  // But for the folder that the test of import cycles makes for a moment, perhaps in this one.
  const args = ["status", "--porcelain", "--", ".", ":!packages/e2e/test/cycle-*"];
  const status = () => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout;
  const before = status();
  const done = spawnSync(process.execPath, [".ci/release.mjs", "--dry-run"], { cwd: root, encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(done.status).toBe(0);
  for (const name of names)
    expect(done.stdout).toMatch(new RegExp(`^${name}: (stays at )?\\d+\\.\\d+\\.\\d+`, "m"));
  expect(status()).toBe(before);
  const tarballs = [...done.stdout.matchAll(/^ {2}tarball: (.*\.tgz), /gm)].map(([, path = ""]) => path);
  expect(tarballs).toHaveLength(names.length);
  for (const path of tarballs) {
    const manifest = JSON.parse(contentOf(path, "package/package.json"));
    const [, , planned] =
      done.stdout.match(new RegExp(`^${manifest.name}: (\\S+ -> |stays at )(\\S+)`, "m")) ?? [];
    expect(path.endsWith(`-${manifest.version}.tgz`)).toBe(true);
    expect(manifest.version).toBe(planned);
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (names.includes(name))
        expect(done.stdout).toMatch(new RegExp(`^${name}: (\\S+ -> |stays at )${version}\\b`, "m"));
    }
  }
  const [, fixtures = ""] = /^fixtures: (.*\.tar\.gz), /m.exec(done.stdout) ?? [];
  expect(JSON.parse(contentOf(fixtures, "schema.json"))).toHaveProperty("$schema");
  expect(contentOf(fixtures, "fixtures/README.md")).toContain("# ");
}, 120_000);

test("two lines install what a bot needs and what the monitor needs, without a registry for ours [trial/N1]", async () => {
  const printed = spawnSync("npm", ["run", "--silent", "install-lines"], { cwd: root, encoding: "utf8" });
  expect(printed.stderr).toBe("");
  const lines = printed.stdout.trim().split("\n");
  const packages = lines.map((line) =>
    [...line.matchAll(/kissbot-(\w+)-[\d.]+\.tgz/g)].map(([, name]) => name),
  );
  expect(packages).toEqual([
    ["protocol", "client"],
    ["protocol", "store", "server"],
  ]);
  using place = new TemporaryFolder("bot-project");
  const folder = place.file("a bot's project");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "name": "bot", "private": true, "type": "module" }\n');
  const install = await Child.run("sh", ["-c", `${lines[0]} --no-audit --no-fund`], {
    folder,
    env: {
      npm_config_registry: "http://127.0.0.1:9",
      npm_config_userconfig: place.file("npmrc"),
      npm_config_fetch_retries: "0",
      npm_config_update_notifier: "false",
    },
    limitMs: 150_000,
  });
  expect(install.code, install.stderr).toBe(0);
  writeFileSync(
    join(folder, "bot.js"),
    `import { MonitorClient } from "@kissbot/client";
     const client = new MonitorClient("my_bot", { socketPath: ${JSON.stringify(place.socketPath)} });
     console.log(typeof client.start);
     await client.close();`,
  );
  const bot = await Child.node(["bot.js"], { folder, limitMs: 60_000 }).exited;
  expect(bot).toMatchObject({ code: 0, stdout: "function\n" });
}, 240_000);

test("no page names the unscoped package to npx, and each that installs says what works before it is published [trial/N1]", () => {
  const pages = documents().map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  expect(pages.filter(([, text]) => /\bnpx (?:--?\S+ )*kissbot/.test(text)).map(([path]) => path)).toEqual(
    [],
  );
  const installing = pages.filter(([, text]) => /npm install (?:--?\S+ )*@kissbot\//.test(text));
  expect(installing.length).toBeGreaterThanOrEqual(7);
  expect(
    installing.filter(([, text]) => !text.includes("`npm run install-lines`")).map(([path]) => path),
  ).toEqual([]);
});

function contentOf(archive: string, path: string): string {
  const done = spawnSync("tar", ["-xOzf", archive, path], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  return done.stdout;
}

test("a wrong flag is named, and is wrong usage", () => {
  const done = spawnSync(process.execPath, [".ci/release.mjs", "--now"], { cwd: root, encoding: "utf8" });
  expect(done).toMatchObject({ status: 2, stdout: "" });
  expect(done.stderr).toContain("--dry-run");
});
