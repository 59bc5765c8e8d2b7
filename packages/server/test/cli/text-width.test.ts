import { integer, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { cutToWidth, textWidth } from "../../src/cli/text-width.js";

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
