import { existsSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
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
  expect(JSON.parse(json)).toEqual({ path: copy, bytes: expect.any(Number) });
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
