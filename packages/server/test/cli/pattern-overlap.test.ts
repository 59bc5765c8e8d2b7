import fc from "fast-check";
import { expect, test } from "vitest";
import { areOverlapping } from "../../src/cli/doctor/pattern-overlap.js";
import { isLike } from "../../src/pattern.js";

test.each([
  ["team_a_*", "team_*", true],
  ["team_a_*", "team_b_*", false],
  ["*_x", "a_*", true],
  ["a*b", "b*a", false],
  ["*", "", true],
  ["", "", true],
  ["a", "a*a", false],
  ["aa", "a*a", true],
  ["🦀*", "*🦀", true],
])("%s and %s: %s", (one, other, expected) => {
  expect(areOverlapping(one, other)).toBe(expected);
  expect(areOverlapping(other, one)).toBe(expected);
});

test("two patterns overlap where a text is like both", () => {
  // A common text, if there is one, has at most the letters of both.
  const texts = [""];
  for (let i = 0; texts[i] !== undefined && (texts[i] as string).length < 8; i++)
    texts.push(`${texts[i]}a`, `${texts[i]}b`);
  const pattern = fc
    .array(fc.constantFrom("a", "b", "*"), { maxLength: 5 })
    .filter((characters) => characters.filter((one) => one !== "*").length <= 4)
    .map((characters) => characters.join(""));
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const common = texts.find((text) => isLike(text, one) && isLike(text, other));
      expect([areOverlapping(one, other), common]).toEqual([common !== undefined, common]);
    }),
    { numRuns: 500 },
  );
});

test("the longest patterns of a file are compared in a moment", () => {
  const startMs = performance.now();
  expect(areOverlapping("*a".repeat(128), "a*".repeat(128))).toBe(true);
  expect(performance.now() - startMs).toBeLessThan(1_000);
});
