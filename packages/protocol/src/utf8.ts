import { isPlainText } from "./name.js";

/*
 * Bytes to strings. TextDecoder is the one decoder that Node, Deno, Bun and browsers share; fatal,
 * since a replaced byte would be a changed message, and ignoreBOM, since it would otherwise eat a
 * byte order mark in silence [F-6].
 */
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Node's Buffer, where there is one: its slices take less time on a line than TextDecoder
 * (measured: `pnpm bench ablation`, `buffer-slices`), and work on any Uint8Array.
 */
type Slice = (this: Uint8Array, from: number, to: number) => string;
interface Slices {
  readonly utf8Slice?: Slice;
  readonly latin1Slice?: Slice;
}
// One constant, not two taken out of it: bundlers never drop a destructuring.
const slices = /* @__PURE__ */ ((): Slices =>
  (globalThis as { Buffer?: { prototype: Slices } }).Buffer?.prototype ?? {})();

/** The bytes from `from` to `to` as a string, or undefined if they are not well-formed UTF-8. */
export function textFromUtf8(bytes: Uint8Array, from: number, to: number): string | undefined {
  const { utf8Slice } = slices;
  if (utf8Slice !== undefined) {
    // It puts U+FFFD where the bytes are not UTF-8: what comes out without one was well-formed, the
    // rest is looked at again.
    const text = utf8Slice.call(bytes, from, to);
    if (text.indexOf("\uFFFD") < 0) return text;
  }
  try {
    return decoder.decode(bytes.subarray(from, to));
  } catch {
    // TypeError: that is how TextDecoder says that the bytes are not UTF-8.
    return undefined;
  }
}

/**
 * The bytes as a string, if they are ASCII and `isPlainText` is true of it. Undefined, too, where
 * there is no Buffer: `textFromUtf8` is as good there.
 */
export function plainTextFromUtf8(bytes: Uint8Array): string | undefined {
  const text = slices.utf8Slice?.call(bytes, 0, bytes.length);
  // A byte that is not UTF-8 becomes U+FFFD, which is as long.
  if (text === undefined || text.length !== bytes.length || text.indexOf("\uFFFD") >= 0) return undefined;
  return isPlainText(text) ? text : undefined;
}

/** The bytes as a string, each a character; empty where there is no Buffer. */
export function latin1FromBytes(bytes: Uint8Array, from: number, to: number): string {
  return slices.latin1Slice?.call(bytes, from, to) ?? "";
}

/** How many bytes the well-formed string takes in UTF-8. */
export function utf8LengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0xd800 && unit <= 0xdbff) i++;
  }
  return length;
}
