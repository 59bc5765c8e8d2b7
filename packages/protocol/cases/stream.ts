/** A part of a chunk as it stands in a case file: base64, or base64 that is repeated. */
export type Part = string | { repeat: string; times: number };

/** Bytes that an author writes: text stands for its UTF-8, which it must have. */
export type Piece = string | Uint8Array | { repeat: string | Uint8Array; times: number };

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

export const repeat = (what: string | Uint8Array, times: number): Piece => ({ repeat: what, times });

export function partOf(piece: Piece): Part {
  if (typeof piece === "string" || piece instanceof Uint8Array) return base64(piece);
  return { repeat: base64(piece.repeat), times: piece.times };
}

/** The number of bytes that the pieces stand for. */
export function lengthOf(pieces: readonly Piece[]): number {
  let length = 0;
  for (const piece of pieces) {
    if (typeof piece === "string" || piece instanceof Uint8Array) length += Buffer.from(piece).length;
    else length += Buffer.from(piece.repeat).length * piece.times;
  }
  return length;
}

/** The same bytes, cut after the first `at` of them. */
export function cut(whole: Uint8Array, at: number): Piece[][] {
  return [[whole.subarray(0, at)], [whole.subarray(at)]];
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function base64(piece: string | Uint8Array): string {
  // A lone surrogate would become U+FFFD without a word; whoever means one writes its bytes.
  if (typeof piece === "string" && /\p{Surrogate}/u.test(piece)) throw new TypeError("a lone surrogate");
  return Buffer.from(piece).toString("base64");
}
