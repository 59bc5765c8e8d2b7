import { describe, expect, test } from "vitest";
import {
  ArgumentError,
  type ComparisonRun,
  comparedRows,
  comparisonTable,
  orderFrom,
} from "../src/comparison.js";
import type { Figure } from "../src/table.js";

const known = ["store", "store/writing", "server"];
const figure = (value: number, better: Figure["better"] = "more", name = "rows"): Figure => ({
  name,
  value,
  better,
});

/** Runs in which theirs is 100 and ours is as given. */
const runsOf = (better: Figure["better"], ...ours: number[]): ComparisonRun[] =>
  ours.map((value) => ({ ours: [figure(value, better)], theirs: [figure(100, better)] }));

describe("the arguments", () => {
  test("are a commit, parts and the number of runs", () => {
    const plain = { parts: ["server", "store"], runs: 5 };
    expect(orderFrom(["main"], known)).toEqual({ ref: "main", ...plain });
    expect(orderFrom(["--runs", "3", "b43ef6c", "store/writing", "store/writing"], known)).toEqual({
      ref: "b43ef6c",
      parts: ["store/writing"],
      runs: 3,
    });
  });

  test.each([
    [[], "expected a commit to compare with; usage: pnpm bench compare REF"],
    [["--runs", "3"], "expected a commit to compare with"],
    [["main", "shop"], "unknown part shop; expected store, store/writing, server"],
    [["main", "--runs"], "--runs: expected a whole number from 1 to 999, got nothing"],
    [["main", "--runs", "0"], "--runs: expected a whole number from 1 to 999, got 0"],
    [["main", "--runs", "2.5"], "got 2.5"],
    [["main", "--runs", "1000"], "got 1000"],
    [["--output=/etc/passwd"], "unknown option --output=/etc/passwd; usage"],
    [["-3", "main"], "unknown option -3"],
  ])("%j are refused, with what was expected", (args, message) => {
    const read = () => orderFrom(args, known);
    expect(read).toThrow(ArgumentError);
    expect(read).toThrow(message);
  });
});

describe("a row", () => {
  test.each([
    ["ok", "more", [99, 97, 80]],
    ["ok", "less", [100, 103, 130]],
    ["uncertain", "more", [97, 96, 80]],
    ["uncertain", "less", [103, 104, 130]],
    ["slower", "more", [96.9, 90, 80]],
    ["slower", "less", [104, 110, 130]],
    ["slower", "more", [50]],
    ["ok", "more", [500, 200, 98]],
  ] as const)("is %s where more or less (%s) is better and ours is %j of 100", (verdict, better, ours) => {
    expect(comparedRows(runsOf(better, ...ours)).map((row) => row.verdict)).toEqual([verdict]);
  });

  test("has a ratio above 1 where ours is better, whatever is measured", () => {
    const [more] = comparedRows(runsOf("more", 200, 150, 100));
    expect(more?.ratio).toEqual({ median: 1.5, min: 1, max: 2 });
    const [less] = comparedRows(runsOf("less", 50, 200, 100));
    expect(less?.ratio).toEqual({ median: 1, min: 0.5, max: 2 });
  });

  test("is the same figure of both trees in each run, in whatever order they are", () => {
    const ours = [figure(3, "more", "a"), figure(20, "less", "b")];
    const theirs = [figure(10, "less", "b"), figure(3, "more", "a")];
    const rows = comparedRows([{ ours, theirs }]);
    expect(rows.map(({ name, ratio }) => [name, ratio.median])).toEqual([
      ["a", 1],
      ["b", 0.5],
    ]);
  });

  test("that a tree lacks, or has twice, is an error and not a pass", () => {
    const one = [figure(1)];
    expect(() => comparedRows([{ ours: one, theirs: [] }])).toThrow(
      "rows: expected one figure in each run, got 0",
    );
    expect(() => comparedRows([{ ours: [], theirs: one }])).toThrow(RangeError);
    expect(() => comparedRows([{ ours: [...one, ...one], theirs: one }])).toThrow("got 2");
  });

  test("of nothing on both sides is even; a figure that is no number is an error", () => {
    expect(comparedRows([{ ours: [figure(0)], theirs: [figure(0)] }])[0]?.ratio.median).toBe(1);
    expect(() => comparedRows([{ ours: [figure(Number.NaN)], theirs: [figure(1)] }])).toThrow(
      "rows: no number",
    );
  });

  test("is never slower where one run was not, and never ok where each run was", () => {
    const values = [50, 96, 96.9, 97, 98, 150];
    for (const a of values) {
      for (const b of values) {
        for (const c of values) {
          const ours = [a, b, c];
          const [row] = comparedRows(runsOf("more", ...ours));
          expect(row?.verdict === "slower", ours.join()).toBe(ours.every((one) => one < 97));
          if (ours.every((one) => one >= 97)) expect(row?.verdict, ours.join()).toBe("ok");
        }
      }
    }
  });
});

test("the table names the commit, and each row with its spread and verdict", () => {
  const rows = comparedRows(runsOf("more", 96, 100, 90));
  const table = comparisonTable(rows, { ref: "b43ef6c", parts: ["store"], runs: 3 });
  expect(table.title).toContain("b43ef6c");
  expect(table.rows).toEqual([["rows", "0.96 x (0.90 x to 1.00 x)", "uncertain"]]);
});
