import { cr, lf } from "./byte.js";
import { isBytes } from "./bytes.js";
import { isTooDeep } from "./depth.js";
import { maxLineBytes } from "./limit.js";
import { isPlainText } from "./name.js";
import { type Fields, readMessage } from "./read.js";
import type { DecodeResult } from "./rejection.js";
import { textFromUtf8 } from "./utf8.js";

/**
 * Decodes the bytes of one line, with or without its terminator (`\n` or `\r\n`). Never throws,
 * whatever the argument is: a line that is no message gives a rejection. A blank line, which
 * `LineDecoder` skips, is `invalid_json` here; so are bytes with a newline in their midst, since
 * they are not one line. What is no Uint8Array, such as a string, is `invalid_utf8`.
 */
export function decodeLine(line: Uint8Array): DecodeResult {
  if (!isBytes(line)) return { ok: false, reason: "invalid_utf8" };
  let length = line.length;
  if (length > 0 && line[length - 1] === lf) length--;
  if (length > 0 && line[length - 1] === cr) length--;
  if (length > maxLineBytes) return { ok: false, reason: "line_too_long" };
  const text = textFromUtf8(line, 0, length);
  if (text === undefined) return { ok: false, reason: "invalid_utf8" };
  if (text.includes("\n")) return { ok: false, reason: "invalid_json" };
  return decodeText(text, text.length === length && isPlainText(text));
}

/**
 * Decodes the text of one line, whose length has been checked; `plain` says that it is ASCII and
 * that `isPlainText` is true of it. Never throws.
 */
export function decodeText(text: string, plain: boolean): DecodeResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // SyntaxError: that is how JSON.parse says that the text is not JSON.
    return { ok: false, reason: "invalid_json" };
  }
  if (!isObject(value)) return { ok: false, reason: "not_an_object" };
  if (isTooDeep(text)) return { ok: false, reason: "too_deep" };
  return readMessage(value, plain);
}

/**
 * Decodes what stood behind the last newline when the stream ended: an object is judged like a
 * line, anything else was cut off [F-7]. Never throws.
 */
export function decodeRemainder(bytes: Uint8Array): DecodeResult {
  const text = textFromUtf8(bytes, 0, bytes.length);
  if (text !== undefined) {
    const result = decodeText(text, false);
    if (result.ok || (result.reason !== "invalid_json" && result.reason !== "not_an_object")) return result;
  }
  return { ok: false, reason: "truncated" };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
