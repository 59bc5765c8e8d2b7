import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as limits from "../conformance/limits.js";
import { type Fixture, manifest, readCases, readFixture } from "./fixture.js";

const read = (path: string): string =>
  readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8");

interface Ruling {
  readonly id: string;
  readonly rule: string;
  readonly cases: readonly string[];
}

const rulings: Ruling[] = read("decisions/protocol-rulings.md")
  .split("\n")
  .filter((line) => /^\| [ab][0-9]+ \|/.test(line))
  .map((line) => {
    const [id = "", , , rule = "", cases = ""] = line
      .split(" | ")
      .map((cell) => cell.replace(/^\| | \|$/g, ""));
    return { id, rule, cases: cases.split(", ") };
  });
const kinds = [...new Set(manifest.files.map(({ kind }) => kind))];
const cases = new Map(kinds.flatMap((kind) => readCases<Fixture>(kind)).map((one) => [one.id, one]));

test("all 28 rulings stand in the table, each once [conformance/R15]", () => {
  const a = Array.from({ length: 8 }, (_, i) => `a${i + 1}`);
  const b = Array.from({ length: 20 }, (_, i) => `b${i + 1}`);
  expect(rulings.map(({ id }) => id)).toEqual([...a, ...b]);
});

test("the rule of each ruling stands in the specification under its number [conformance/R15]", () => {
  const page = read("protocol.md");
  for (const { id, rule } of rulings) expect(page, id).toContain(`- **[${rule}]** `);
});

test("each ruling has cases, and they are about its rule [conformance/R15]", () => {
  for (const ruling of rulings) {
    expect(ruling.cases.length, ruling.id).toBeGreaterThan(0);
    for (const id of ruling.cases) {
      expect(cases.has(id), `${ruling.id}: ${id}`).toBe(true);
      expect(cases.get(id)?.spec, `${ruling.id}: ${id}`).toContain(ruling.rule);
    }
  }
});

test("what version 1.1 brought is marked so, in the manifest and in each case [conformance/R15]", () => {
  expect(manifest.protocol).toBe("1.1");
  for (const { id, since, spec } of cases.values()) {
    expect(["1.0", "1.1"], id).toContain(since);
    const isNew = spec.some((rule) => /^(V-|C-1[1-9]$)/.test(rule));
    if (isNew) expect(since, id).toBe("1.1");
  }
});

test("the numbers that decide verdicts stand in the README of the fixtures [conformance/R15]", () => {
  const text = readFixture("README.md");
  const table = text.slice(text.indexOf("## The numbers that decide"), text.indexOf("## Values that JSON"));
  const duration = (ms: number) => (ms < 250 ? `${ms} ms` : `${ms / 1000} s`);
  for (const [name, value] of Object.entries(limits)) {
    if (name.endsWith("Ms")) expect(table, name).toContain(duration(value));
  }
  expect(table).toContain(`| ${limits.fewestPauses} | pauses that`);
  expect(table).toContain(`| 1 in 1 000 000 | pauses`);
  expect(limits.unlikely).toBe(1 / 1_000_000);
  expect(table).toContain(`| ${limits.missedBeats} | intervals that`);
});
