import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { BuiltPage, script, shell } from "./built-page.js";

test("the page is what was in the folder at the start, whatever becomes of the folder [page/R19] [page/R21]", async () => {
  using built = new BuiltPage();
  const files = await built.read();
  built.write("page-AB12CD34.js", "another");
  built.write("index.html", "another");
  expect(files.shell?.plain.bytes.toString()).toBe(shell);
  expect(files.asset("page-AB12CD34.js")?.plain.bytes.toString()).toBe(script);
  rmSync(join(built.folder, "page-AB12CD34.js"));
  expect(files.asset("page-AB12CD34.js")).toBeDefined();
  expect(files.asset("page-EF56GH78.css")?.contentType).toBe("text/css; charset=utf-8");
});

test("only files of the build are assets [page/R20]", async () => {
  using built = new BuiltPage({
    "page.js.map": "{}",
    notes: "secret",
    "data.db": "secret",
    "run.sh": "secret",
  });
  mkdirSync(join(built.folder, "inner-ABCDEFGH.js"));
  const files = await built.read();
  for (const name of ["page-AB12CD34.js", "page-EF56GH78.css", "icon-IJ90KL12.svg", "THIRD-PARTY.txt"]) {
    expect(files.asset(name), name).toBeDefined();
  }
  const others = ["index.html", "page.js.map", "notes", "data.db", "run.sh", "inner-ABCDEFGH.js", "../x.js"];
  for (const name of [...others, "", "__proto__", "constructor"]) {
    expect(files.asset(name), name).toBeUndefined();
  }
});

test("only an asset whose name changes with its content is kept for ever [page/R21]", async () => {
  using built = new BuiltPage({ "favicon.ico": "i" });
  const files = await built.read();
  for (const name of ["page-AB12CD34.js", "page-EF56GH78.css", "icon-IJ90KL12.svg"]) {
    expect(files.asset(name)?.isImmutable, name).toBe(true);
  }
  for (const name of ["THIRD-PARTY.txt", "favicon.ico"])
    expect(files.asset(name)?.isImmutable, name).toBe(false);
  expect(files.shell?.isImmutable).toBe(false);
});

test("each file is compressed once, where that saves something, and its tags differ by content and encoding [page/R21]", async () => {
  using built = new BuiltPage();
  const files = await built.read();
  const file = files.asset("page-AB12CD34.js");
  expect(gunzipSync(file?.gzipped?.bytes ?? Buffer.alloc(0)).toString()).toBe(script);
  expect(file?.gzipped?.bytes.length).toBeLessThan(script.length / 10);
  expect(files.asset("icon-IJ90KL12.svg")?.gzipped).toBeNull();
  const again = (await built.read()).asset("page-AB12CD34.js");
  expect(again?.plain.etag).toBe(file?.plain.etag);
  built.write("page-AB12CD34.js", `${script};`);
  const changed = (await built.read()).asset("page-AB12CD34.js");
  const tags = [file?.plain.etag, file?.gzipped?.etag, changed?.plain.etag, changed?.gzipped?.etag];
  expect(new Set(tags).size).toBe(4);
  for (const tag of tags) expect(tag).toMatch(/^"[\w-]+"$/);
});

test("the build is what the shell says, else a hash of it [page/R19]", async () => {
  using built = new BuiltPage();
  expect((await built.read()).build).toBe("abc123");
  built.write("index.html", "<!doctype html>");
  const { build } = await built.read();
  expect(build).toMatch(/^[0-9a-f]{12}$/);
  expect((await built.read()).build).toBe(build);
  built.write("index.html", "<!doctype html> ");
  expect((await built.read()).build).not.toBe(build);
});

test("a folder that is absent, empty or cannot be read is no page, and no fault [page/R29]", async () => {
  using built = new BuiltPage();
  rmSync(join(built.folder, "index.html"));
  const halfBuilt = await built.read();
  expect([halfBuilt.shell, halfBuilt.build, halfBuilt.asset("page-AB12CD34.js")]).toEqual([
    null,
    null,
    undefined,
  ]);
  rmSync(built.folder, { recursive: true });
  expect((await built.read()).shell).toBeNull();
  expect(built.log.entries).toEqual([]);
  mkdirSync(join(built.folder, "index.html"), { recursive: true });
  expect((await built.read()).shell).toBeNull();
  expect(built.log.at("warn")).toHaveLength(1);
});
