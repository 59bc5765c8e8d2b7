import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { imageFolder } from "./image-files.js";

const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } })
  .header;
const isMusl = process.platform === "linux" && glibcVersionRuntime === undefined;
const own = `${process.platform}${isMusl ? "musl" : ""}-${process.arch}.node`;
const driver = "node_modules/better-sqlite3";

function lay(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "x");
  }
}

const prune = (folder: string) =>
  Child.run(process.execPath, [join(imageFolder, "prune.mjs"), folder], { folder, limitMs: 60_000 });

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

test("one binary stays, and what is read at run time, and each licence [packaging/K4]", async () => {
  using place = new TemporaryFolder("prune");
  const kept = [
    `${driver}/prebuilds/${own}`,
    `${driver}/lib/index.js`,
    `${driver}/package.json`,
    `${driver}/LICENSE`,
    "node_modules/@kissbot/server/dist/main.js",
    "node_modules/@kissbot/server/share/monitor.schema.json",
    "node_modules/@kissbot/server/LICENSE",
    // Names of packages say nothing about what is in them.
    "node_modules/docs/index.js",
    "node_modules/@scope/test/index.mjs",
    "node_modules/a/LICENSE.md",
    "node_modules/a/licence.txt",
    "node_modules/a/NOTICE",
    "node_modules/a/lib/docs.js",
    "node_modules/a/node_modules/test/index.cjs",
    "node_modules/a/data.json",
  ];
  lay(place.path, [
    ...kept,
    `${driver}/prebuilds/other-x64.node`,
    `${driver}/deps/sqlite3/sqlite3.c`,
    `${driver}/src/addon.cpp`,
    `${driver}/binding.gyp`,
    "node_modules/node-addon-api/napi.h",
    "node_modules/@kissbot/server/README.md",
    "node_modules/@kissbot/server/dist/index.d.ts",
    "node_modules/a/lib/index.js.map",
    "node_modules/a/lib/index.d.cts",
    "node_modules/a/test/index.js",
    "node_modules/a/docs/page.html",
    "node_modules/a/.eslintrc",
    "node_modules/a/CHANGELOG.md",
  ]);
  const { code, stdout, stderr } = await prune(place.path);
  expect(code, stderr).toBe(0);
  expect(filesIn(place.path)).toEqual([...kept].sort());
  expect(stdout).toContain(`${kept.length} bytes are left`);
  expect(existsSync(place.file("node_modules/node-addon-api"))).toBe(false);
});

test("where there is no binary for this system it fails, and removes nothing [packaging/K4]", async () => {
  using place = new TemporaryFolder("prune");
  const files = [`${driver}/prebuilds/other-x64.node`, `${driver}/package.json`, "node_modules/a/README.md"];
  lay(place.path, files);
  const { code, stderr } = await prune(place.path);
  expect(code).toBe(1);
  expect(stderr).toContain(`better-sqlite3 brings no binary for ${own.replace(".node", "")}`);
  expect(filesIn(place.path)).toEqual([...files].sort());
});
