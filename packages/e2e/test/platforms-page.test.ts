import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

const page = readFileSync(join(root, "docs/platforms.md"), "utf8");
const matrix = readFileSync(join(root, ".ci/matrix.mjs"), "utf8");

test("the page on platforms names each Node that is tested, and the oldest that is supported [trial/D1]", () => {
  const [, listed = ""] = /const supported = \[(.*)\]/.exec(matrix) ?? [];
  const tested = [...listed.matchAll(/"(\d+)"/g)].map(([, major = ""]) => major);
  expect(tested.length).toBeGreaterThan(1);
  const rows = [...page.matchAll(/^\| ([^|]+) \| tested/gm)].map(([, versions = ""]) => versions);
  const named = rows.flatMap((versions) =>
    [...versions.matchAll(/\b\d+(?=$|,| |\.)/g)].map(([major]) => major),
  );
  expect(new Set(named.filter((major) => Number(major) >= 20))).toEqual(new Set(tested));
  for (const { name, manifest } of readPackages().filter(({ manifest }) => !manifest.private)) {
    const { engines } = manifest as { engines?: { node?: string } };
    const [, oldest = ""] = /^>=(\d+\.\d+)$/.exec(engines?.node ?? "") ?? [];
    expect(rows.join(), name).toContain(`${oldest} and newer`);
  }
});
