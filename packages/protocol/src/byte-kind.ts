/*
 * What the bytes of a line are decides how cheaply it can be decoded. One look at a table for each
 * byte of a short line costs less than the three native searches that it saves (measured: `pnpm
 * bench ablation`, `byte-kinds`).
 */

export const lf = 0x0a;
export const cr = 0x0d;
export const openBrace = 0x7b;

/** Printable ASCII and white space, without a backslash. */
export const plainKind = 0;
/** ASCII too: a backslash, behind which a JSON string can hide anything, or DEL. */
export const asciiKind = 1;
/** A byte of 0x80 or above. */
export const wideKind = 2;

/**
 * The kind of each byte. Control characters are plain: JSON has none within strings but as escapes.
 */
export const kindOfByte: Uint8Array = /* @__PURE__ */ (() => {
  const kinds = new Uint8Array(256).fill(wideKind, 0x80);
  kinds[0x5c] = asciiKind;
  kinds[0x7f] = asciiKind;
  return kinds;
})();

/** The kinds of the bytes from `from` to `to`, or-ed together. */
export function kindsOf(bytes: Uint8Array, from: number, to: number): number {
  let kinds = plainKind;
  for (let i = from; i < to; i++) kinds |= kindOfByte[bytes[i] as number] as number;
  return kinds;
}
