import {
  array,
  constantFrom,
  integer,
  oneof,
  property,
  assert as propertyAssert,
  record,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import { type Column, tableParts, tableText } from "../../src/cli/table.js";
import { textWidth } from "../../src/cli/text-width.js";

interface Row {
  readonly name: string;
  readonly count: number;
}

const columns: Column<Row>[] = [
  { head: "NAME", text: ({ name }) => name, least: 6 },
  { head: "COUNT", text: ({ count }) => `${count}`, align: "right" },
];
const plain = (width: number | null) => ({ columns: width, style: (_: string, text: string) => text });
const rows = ["twitch_main", "監視ボット", "e\u0301te\u0301"].map((name, i) => ({ name, count: 10 ** i }));

test("columns stay aligned, whatever script stands in them", () => {
  expect(tableText(columns, rows, plain(null)).split("\n")).toEqual([
    "NAME         COUNT",
    "twitch_main      1",
    "監視ボット      10",
    "e\u0301te\u0301            100",
  ]);
});

test("a narrow terminal cuts what may be cut before anything else", () => {
  const lines = tableText(columns, rows, plain(15)).split("\n");
  expect(lines).toEqual([
    "NAME      COUNT",
    "twitch_…      1",
    "監視ボ…      10",
    "e\u0301te\u0301         100",
  ]);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(15);
});

interface Bot extends Row {
  readonly why: string;
}

const wide: Column<Bot>[] = [
  { head: "NAME", text: ({ name }) => name, least: 8, gives: 3 },
  { head: "COUNT", text: ({ count }) => `${count}`, align: "right" },
  { head: "SEEN", text: () => "12 s ago", gives: 2 },
  { head: "PID", text: () => "4242", align: "right", gives: 1 },
  { head: "WHY", text: ({ why }) => why, below: true, style: () => "yellow" },
];
const bots: Bot[] = [
  { name: "twitch_main", count: 1, why: "process 29342 is gone; 4 crashes in 10 min" },
  { name: "twitch_other", count: 10, why: "" },
];

test("what is long goes below its row before a column is left out, and columns before a name is cut [trial/N4]", () => {
  const lines = (width: number) => tableText(wide, bots, plain(width)).split("\n");
  expect(lines(82)[1]).toBe(
    "twitch_main       1  12 s ago  4242  process 29342 is gone; 4 crashes in 10 min",
  );
  expect(lines(40)).toEqual([
    "NAME          COUNT  SEEN       PID",
    "twitch_main       1  12 s ago  4242",
    "  process 29342 is gone; 4 crashes in 10",
    "  min",
    "twitch_other     10  12 s ago  4242",
  ]);
  expect(lines(34)[0]).toBe("NAME          COUNT  SEEN");
  expect(lines(28)[0]).toBe("NAME          COUNT");
  expect(lines(16).slice(0, 2)).toEqual(["NAME       COUNT", "twitch_m…      1"]);
});

test("what is short enough stands beside its row, also where that of another row goes below [trial/N4]", () => {
  const some = [...bots, { name: "twitch_third", count: 2, why: "said goodbye" }];
  expect(tableText(wide, some, plain(60)).split("\n")).toEqual([
    "NAME          COUNT  SEEN       PID  WHY",
    "twitch_main       1  12 s ago  4242",
    "  process 29342 is gone; 4 crashes in 10 min",
    "twitch_other     10  12 s ago  4242",
    "twitch_third      2  12 s ago  4242  said goodbye",
  ]);
});

test("what stands below its row takes two lines at most", () => {
  const long = [{ name: "a", count: 1, why: "many words ".repeat(50) }];
  const [, , first, second, more] = tableText(wide, long, plain(60)).split("\n");
  expect(first).toMatch(/^ {2}many words/);
  expect(second).toMatch(/^ {2}many words.*…$/);
  expect(more).toBeUndefined();
});

test("no line is wider than the terminal, whatever the texts are and however narrow it is [trial/N4]", async () => {
  const text = oneof(
    string({ unit: "grapheme", maxLength: 60 }),
    string({ unit: "binary", maxLength: 60 }),
    constantFrom(
      "\u202e\u0645\u0631\u062d\u0628\u0627",
      "👩‍👩‍👧‍👦".repeat(20),
      "監視".repeat(30),
      "z\u0300\u0301\u0302".repeat(30),
      "\u001b[31mred\u001b[0m",
      "\t\r\n\u0085",
      "❤️🇩🇪".repeat(9),
    ),
  );
  const row = record({ name: text, count: integer(), why: text });
  await propertyAssert(
    property(array(row, { maxLength: 5 }), integer({ min: 1, max: 130 }), (some, width) => {
      const { head, rows: lines } = tableParts(wide, some, plain(width));
      expect(lines).toHaveLength(some.length);
      for (const line of [head, ...lines.flat()]) {
        expect(textWidth(line)).toBeLessThanOrEqual(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question.
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }
    }),
    { numRuns: 300 },
  );
});

test("a bot's name can neither move the cursor nor make a second line", () => {
  const text = tableText(columns, [{ name: "a\u001b[2J\nb\u009b1A\u202ec", count: 1 }], plain(null));
  expect(text.split("\n")[1]).toBe("a\\x1b[2J\\x0ab\\x9b1A\\u{202e}c      1");
});

test("colour is outside of what is measured", () => {
  const styled: Column<Row>[] = [
    { ...(columns[0] as Column<Row>), style: () => "red" },
    columns[1] as Column<Row>,
  ];
  const canvas = { columns: null, style: (style: string, text: string) => `<${style}>${text}</>` };
  expect(tableText(styled, rows.slice(0, 1), canvas).split("\n")).toEqual([
    "<dim>NAME         COUNT</>",
    "<red>twitch_main</>      1",
  ]);
});
