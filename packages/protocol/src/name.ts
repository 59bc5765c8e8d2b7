import { maxChannelLength, maxFeatureNameLength, maxNameLength } from "./limit.js";

/*
 * Names come from strangers and end up in logs, terminals, URLs, labels and SQL. The common case,
 * printable ASCII, is settled in one pass without a regular expression (measured: half the time of
 * `RegExp.test` on names of 10 characters).
 */

/**
 * Code points other than control characters and lone surrogates; in Unicode mode a pair of
 * surrogates is one code point.
 */
const upTo = (length: number) => new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${length}}$`, "u");
export const channelPattern = /* @__PURE__ */ upTo(maxChannelLength);
export const namePattern = /* @__PURE__ */ upTo(maxNameLength);
const featureNamePattern = /* @__PURE__ */ new RegExp(`^[^\\p{Cs}]{1,${maxFeatureNameLength}}$`, "u");

/**
 * Whether the value is a string of 1 to 256 code points, without control characters and lone
 * surrogates [M-5]. With `plain`, a string comes from a text of which `isPlainText` is true, and
 * only its length is in question.
 */
export function isName(value: unknown, plain = false): value is string {
  return isText(value, maxNameLength, namePattern, plain);
}

/**
 * Whether the value may name a channel: as a name, of at most 128 code points, and no relative path
 * segment [M-4].
 */
export function isChannel(value: unknown, plain = false): value is string {
  return isText(value, maxChannelLength, channelPattern, plain) && !isDots(value);
}

/** Whether the value is a relative path segment. */
export function isDots(value: unknown): boolean {
  return value === "." || value === "..";
}

/**
 * Whether the string has 1 to 128 code points and no lone surrogate; control characters are data
 * here [M-7].
 */
export function isFeatureName(value: string): boolean {
  return isPlain(value, maxFeatureNameLength) || featureNamePattern.test(value);
}

/** Whether the value is a string of 1 to 64 characters of `a` to `z`, `0` to `9` and `_` [M-14]. */
export function isErrorCode(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9_]{1,64}$/.test(value);
}

/**
 * Whether no string within this JSON text, which is ASCII, can hold a control character or a
 * surrogate: JSON allows those below U+0020 as escapes only, and DEL is the only one left. Two
 * native searches for a whole window of lines cost less than looking at each character of each name
 * (measured: `pnpm bench ablation`, `plain-text`).
 */
export function isPlainText(json: string): boolean {
  return json.indexOf("\\") < 0 && json.indexOf("\x7f") < 0;
}

/**
 * Whether the value is a string of 1 to `maxLength` printable ASCII characters without `"` and
 * `\\`: a name that needs no escape and no second look, as nearly all do.
 */
export function isPlain(value: unknown, maxLength: number): value is string {
  if (typeof value !== "string") return false;
  const length = value.length;
  if (length === 0 || length > maxLength) return false;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false;
  }
  return true;
}

function isText(value: unknown, maxLength: number, pattern: RegExp, plain: boolean): value is string {
  if (typeof value !== "string") return false;
  if (plain) return value.length > 0 && value.length <= maxLength;
  return isPlain(value, maxLength) || pattern.test(value);
}
