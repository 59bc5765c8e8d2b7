import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tablesFrom } from "../src/read-tables.js";
import { reportOf } from "../src/report.js";
import { markdownFromTable, type Table } from "../src/table.js";
import { notMeasured, verdictOf } from "../src/verdict.js";

const page = readFileSync(new URL("../../../docs/benchmarks.md", import.meta.url), "utf8");

const table = (title: string, cell: string): Table => ({
  title,
  method: "A method.",
  columns: ["row", "figure"],
  rows: [["a row", cell]],
});

describe("the verdict of docs/benchmarks.md", () => {
  const shown = page.slice(page.indexOf("| question"), page.indexOf("\n\n## How it is measured"));

  test("says what the tables below say, and every figure is there", () => {
    const rows = verdictOf(tablesFrom(page)).map((cells) => `| ${cells.join(" | ")} |`);
    expect(shown.split("\n").slice(2)).toEqual(rows);
    expect(shown).not.toContain(notMeasured);
  });

  test("fits on a screen", () => {
    expect(page.split("\n").indexOf("## How it is measured")).toBeLessThanOrEqual(20);
  });

  test("follows each table that it is made of", () => {
    const changed = tablesFrom(page).map((one) => ({
      ...one,
      method: one.method.replace(/\d+ bytes per row/, "77.7 bytes per row"),
      rows: one.rows.map(([name = "", ...cells]) => [name, ...cells.map(() => "77.7 (1 to 2)")]),
    }));
    for (const [, answer = ""] of verdictOf(changed)) {
      expect(answer).toContain("77.7");
      // Beside it only what the sentence itself says, such as 10,000 bots.
      const others = answer.replaceAll("77.7", "").match(/\d[\d,.]*/g) ?? [];
      for (const other of others) expect(["10,000", "15", "99", "50", "5,000"]).toContain(other);
    }
  });

  test("says of a figure that no table has that it was not measured", () => {
    for (const [, answer] of verdictOf([])) expect(answer).toContain(notMeasured);
  });
});

describe("a page that exists", () => {
  const before = reportOf(
    [
      { name: "one", tables: [table("first", "1"), table("second", "2")] },
      { name: "two", tables: [table("third", "3")] },
    ],
    "2026-01-02",
  );

  test("gets a table in the place of the one of the same title, with its day, and keeps the others", () => {
    const after = reportOf([{ name: "one", tables: [table("first", "10")] }], "2026-03-04", before);
    const expected = before
      .replace("| a row | 1      |", "| a row | 10     |")
      .replace("A method. Measured on 2026-01-02.", "A method. Measured on 2026-03-04.");
    expect(after).toBe(expected);
  });

  test("gets a new table behind those of its suite, and a new suite at the end", () => {
    const after = reportOf(
      [
        { name: "one", tables: [table("fourth", "4")] },
        { name: "three", tables: [table("fifth", "5")] },
      ],
      "2026-03-04",
      before,
    );
    expect(tablesFrom(after).map(({ title }) => title)).toEqual([
      "first",
      "second",
      "fourth",
      "third",
      "fifth",
    ]);
    expect(after.match(/^## .*/gm)).toEqual([
      "## In short",
      "## How it is measured",
      "## one",
      "## two",
      "## three",
    ]);
  });

  test("is the same when nothing was measured: docs/benchmarks.md, too", () => {
    expect(reportOf([], "2026-03-04", before)).toBe(before);
    expect(reportOf([], "2026-03-04", page)).toBe(page);
  });
});

test("tables are read as they were written", () => {
  const tables = [table("first", "1.2 (1 to 3)"), table("second", "")];
  expect(tablesFrom(tables.map(markdownFromTable).join("\n"))).toEqual(tables);
});
