import { constantFrom, oneof, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { plainText, quotedText, safeJson } from "../src/quoted-text.js";

const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\ufeff]/u;
const hostile = constantFrom(
  "\u001b[2J",
  "\u009b1A",
  "\r",
  "\n",
  "\u202e",
  "\u2028",
  "\ud800",
  "\u0007",
  "\ufeff",
);
const text = oneof(
  string({ unit: oneof(hostile, string({ unit: "grapheme", minLength: 1, maxLength: 1 })) }),
  string(),
);

test("no text leaves a character that a terminal obeys", async () => {
  await propertyAssert(
    property(text, (given) => {
      expect(plainText(given)).not.toMatch(obeyed);
      expect(quotedText(given)).not.toMatch(obeyed);
    }),
  );
});

test("JSON means the same afterwards", async () => {
  await propertyAssert(
    property(text, (given) => {
      const safe = safeJson(JSON.stringify({ given }, null, 2));
      expect(safe.replaceAll("\n", "")).not.toMatch(obeyed);
      expect(JSON.parse(safe)).toEqual({ given });
    }),
  );
});

test("plain names of any script, and joined emoji, stay as they are", () => {
  for (const name of ["twitch_main", "Überwachung", "監視", "नमस्ते", "👩‍💻 bot", "می‌خواهم", "🇩🇪", "❤️"]) {
    expect(plainText(name)).toBe(name);
  }
  expect(plainText("a\u001b[31mb\u202ec")).toBe("a\\x1b[31mb\\u{202e}c");
});

test.each([
  ["a terminal escape", "\x1b]0;x\x07", "\\x1b]0;x\\x07"],
  ["C1 controls and DEL", "\x9b31m\x7f", "\\x9b31m\\x7f"],
  ["a line break", "a\r\nb\u2028c", "a\\x0d\\x0ab\\u{2028}c"],
  ["bidi overrides", "\u202egnp.exe\u2066", "\\u{202e}gnp.exe\\u{2066}"],
  ["what does not show", "\u200b\ufeff\u{e0041}\0", "\\u{200b}\\u{feff}\\u{e0041}\\x00"],
  ["a lone surrogate", "\ud800", "\\u{d800}"],
  ["letters of every script", "naïve Привет 日本 🎉 {}", "naïve Привет 日本 🎉 {}"],
])("prints %s", (_, text, printed) => {
  expect(plainText(text)).toBe(printed);
});
