import fc from "fast-check";
import { expect, test } from "vitest";
import { BytePieces } from "../src/byte-pieces.js";

test("holds every text whole and in order, however it is cut", () => {
  const long = fc
    .tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(30_000))
    .map(([text, times]) => text.repeat(times / text.length));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(fc.string({ unit: "grapheme" }), long), fc.boolean()), { maxLength: 30 }),
      (texts) => {
        const pieces = new BytePieces();
        const taken: Buffer[] = [];
        for (const [text, take] of texts) {
          pieces.add(text);
          if (take) taken.push(...pieces.takeFull());
        }
        taken.push(...pieces.end());
        expect(Buffer.concat(taken).toString()).toBe(texts.map(([text]) => text).join(""));
        expect(taken.every(({ length }) => length > 0)).toBe(true);
        expect(pieces.end()).toEqual([]);
      },
    ),
  );
});
