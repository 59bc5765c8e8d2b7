import { maxLineBytes } from "./limit.js";
import { describeValue } from "./refusal.js";

/** Only own properties count. */
export interface LineDecoderOptions {
  /**
   * The longest line, in bytes without its `\n` and one `\r` before it: an integer from 1 to 2^28.
   * The default is the protocol's own limit, 65 536; a receiver with another one is no receiver of
   * protocol 1 [F-8].
   */
  maxLineBytes?: number;
}

/**
 * Well within the longest string of V8, 2^29 - 24 units: a longer line could not be decoded, and
 * `push` would throw.
 */
const most = 2 ** 28;

/**
 * The limit in the options; only own properties count. Throws what the constructor of `LineDecoder`
 * throws.
 */
export function maxLineBytesOf(options: LineDecoderOptions): number {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options: expected an object, got ${describeValue(options)}`);
  }
  const given = Object.hasOwn(options, "maxLineBytes") ? options.maxLineBytes : undefined;
  const limit = given === undefined ? maxLineBytes : given;
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw new RangeError(`maxLineBytes: expected an integer from 1 to ${most}, got ${describeValue(limit)}`);
  }
  return limit;
}

/**
 * Is shown lines before they are decoded, so that the caller can take those that it recognises,
 * such as by `endOfUsageLine`. `text` holds whole lines, each with its newline; one begins at
 * `from`. Returns where the first line begins that it did not take: those before are neither
 * decoded nor reported. It must not throw, and must not take a line of over 4 096 bytes.
 */
export type PassOver = (text: string, from: number) => number;
