import { array, constantFrom, integer, oneof, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { cutToWidth, linesOfWidth, textWidth, wrappedText } from "../../src/cli/text-width.js";
import { plainText } from "../../src/quoted-text.js";

test.each([
  ["twitch_main", 11],
  ["監視", 4],
  ["한글", 4],
  ["ｆｕｌｌ", 8],
  ["e\u0301te\u0301", 3],
  ["🤖 bot", 6],
  ["👩‍💻", 2],
  ["🇩🇪", 2],
  ["❤️", 2],
  ["\u0301", 0],
  ["", 0],
])("%j takes %i columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test("what is cut fits, and what fits is not cut", async () => {
  await propertyAssert(
    property(string({ unit: "grapheme" }), integer({ min: 0, max: 30 }), (text, columns) => {
      const cut = cutToWidth(text, columns);
      expect(textWidth(cut)).toBeLessThanOrEqual(columns);
      if (textWidth(text) <= columns) expect(cut).toBe(text);
      else if (columns > 0) expect(cut.endsWith("…")).toBe(true);
    }),
  );
});

test("lines fit, and keep each word in its order", async () => {
  await propertyAssert(
    property(string({ unit: "grapheme" }), integer({ min: 2, max: 30 }), (text, columns) => {
      const lines = linesOfWidth(text, columns);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      expect(linesOfWidth(text, columns, 2).length).toBeLessThanOrEqual(2);
    }),
  );
  expect(linesOfWidth("one two three four", 9)).toEqual(["one two", "three", "four"]);
  expect(linesOfWidth("one two three four", 9, 2)).toEqual(["one two", "three fo…"]);
  expect(linesOfWidth("one two three four", 10, 2)).toEqual(["one two", "three four"]);
  expect(linesOfWidth("x".repeat(25), 10)).toEqual(["x".repeat(10), "x".repeat(10), "xxxxx"]);
});

test("no line of a text that is broken is too wide, and nothing of it is lost, whatever script it is in [trial/N4]", async () => {
  const text = oneof(
    string({ unit: "grapheme", maxLength: 80 }),
    array(constantFrom("監視", "한글", "👩‍👩‍👧‍👦", "e\u0301", "a", " ", "मनीष", "🇩🇪"), { maxLength: 40 }).map(
      (parts) => parts.join(""),
    ),
  ).map((some) => plainText(some.replaceAll(/\s/gu, " ")));
  // Composed characters are the same text.
  const withoutSpaces = (some: string) => some.replaceAll(" ", "").normalize("NFC");
  await propertyAssert(
    property(text, integer({ min: 8, max: 60 }), integer({ min: 0, max: 12 }), (some, columns, indent) => {
      const broken = wrappedText("x".repeat(indent) + some, columns, indent);
      for (const line of broken.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      expect(withoutSpaces(broken.replaceAll("\n", ""))).toBe(withoutSpaces("x".repeat(indent) + some));
      expect(withoutSpaces(linesOfWidth(some, columns).join(""))).toBe(withoutSpaces(some));
    }),
    { numRuns: 500 },
  );
});

test("a line with a label breaks under its text", () => {
  const line = "Monitor   ok, bots-1, version 1.2.3, pid 99, up 2 h, http://127.0.0.1:7788";
  expect(wrappedText(line, 40, 10).split("\n")).toEqual([
    "Monitor   ok, bots-1, version 1.2.3, pid",
    "          99, up 2 h,",
    "          http://127.0.0.1:7788",
  ]);
  expect(wrappedText("          kept", 40, 10)).toBe("          kept");
  expect(wrappedText(line, null, 10)).toBe(line);
});
