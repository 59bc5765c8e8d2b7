import fc from "fast-check";
import { expect, test } from "vitest";
import { BytePieces, PiecePool } from "../src/byte-pieces.js";

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
          pieces.addText(text);
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

test("pieces that came back are filled again, and the text is whole all the same", () => {
  const pool = new PiecePool(3);
  const seen = new Set<ArrayBufferLike>();
  for (let round = 0; round < 20; round++) {
    const text = `${round} ä `.repeat(30_000);
    const pieces = new BytePieces(pool);
    for (let i = 0; i < text.length; i += 1_000) pieces.addText(text.slice(i, i + 1_000));
    const taken = pieces.end();
    expect(Buffer.concat(taken).toString()).toBe(text);
    for (const piece of taken) {
      seen.add(piece.buffer);
      pool.giveBack(piece);
    }
  }
  // Three of each round's pieces are kept.
  const perRound = Math.ceil((7 * 30_000) / 65_536);
  expect(seen.size).toBeLessThan(20 * perRound - 3 * 15);
});

test("a text that no piece holds, and a buffer of somebody else's, are never given out again", () => {
  const pool = new PiecePool(10);
  const pieces = new BytePieces(pool);
  pieces.addText("x".repeat(200_000));
  for (const piece of pieces.end()) pool.giveBack(piece);
  pool.giveBack(Buffer.from("short"));
  expect(pool.takePiece().byteLength).toBe(65_536);
  expect(pool.takePiece().buffer).not.toBe(pool.takePiece().buffer);
});
