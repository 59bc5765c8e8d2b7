import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../page/build.mjs", import.meta.url));

describe("the built page", () => {
  const folder = new TemporaryFolder("page");
  const [first, second] = [folder.file("first"), folder.file("second")];
  const text = (name: string) => readFileSync(join(first, name), "utf8");
  let names: string[];

  beforeAll(() => {
    for (const target of [first, second]) {
      const done = spawnSync(process.execPath, [script, target], { encoding: "utf8" });
      expect(done.stderr).toBe("");
      expect(done.status).toBe(0);
    }
    names = readdirSync(first).sort();
  });
  afterAll(() => folder[Symbol.dispose]());

  test("is one script, one style sheet, an icon, the shell and the licences, without a source map [page/R30]", () => {
    const kinds = names.map((name) => name.replace(/-[0-9a-f]{12}\./, "-HASH.")).sort();
    expect(kinds).toEqual([
      "THIRD-PARTY.txt",
      "icon-HASH.svg",
      "index.html",
      "page-HASH.css",
      "page-HASH.js",
    ]);
    for (const name of names) expect(text(name)).not.toContain("sourceMappingURL");
  });

  test("takes at most 60 kB, compressed, with everything [page/R30]", () => {
    const sizes = names.map((name) => gzipSync(readFileSync(join(first, name))).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
  });

  test("is the same, byte for byte, whenever the same sources are built [page/R30]", () => {
    expect(readdirSync(second).sort()).toEqual(names);
    for (const name of names)
      expect(readFileSync(join(second, name))).toEqual(readFileSync(join(first, name)));
  });

  test("has a shell that names its files below its own path, with no script and no style in it [page/R30]", () => {
    const shell = text("index.html");
    const named = [...shell.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    const assets = names.filter((name) => /-[0-9a-f]{12}\./.test(name));
    expect(named.sort()).toEqual(assets.map((name) => `assets/${name}`).sort());
    expect(shell).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    expect(shell).toMatch(/<meta name="kissbot-build" content="[0-9a-f]{12}"/);
  });

  test("names and licenses whatever it contains of others [page/R30]", () => {
    const notices = text("THIRD-PARTY.txt");
    for (const name of ["preact", "@preact/signals", "@preact/signals-core", "uplot"]) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, "m"));
    }
    expect(notices.match(/Permission is hereby granted/g)).toHaveLength(4);
  });
});
