import { expect, test } from "vitest";
import { type Column, tableText } from "../../src/cli/table.js";
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

test("a narrow terminal cuts what may be cut, and nothing else", () => {
  const lines = tableText(columns, rows, plain(15)).split("\n");
  expect(lines).toEqual([
    "NAME      COUNT",
    "twitch_…      1",
    "監視ボ…      10",
    "e\u0301te\u0301         100",
  ]);
  expect(tableText(columns, rows, plain(3)).split("\n")[1]).toBe("twitc…      1");
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(15);
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
