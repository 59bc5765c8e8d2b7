/*
 * Names come from strangers and end up in logs, terminals, URLs, labels and SQL. The common case, printable ASCII, is
 * settled in one pass without a regular expression (measured: half the time of `RegExp.test` on names of 10 characters).
 */

/**
 * Whether the string has 1 to `maxLength` code points, no control character and no lone surrogate [M-4] [M-5]. With
 * `plain`, the string comes from a text of which `isPlainText` is true, and only its length is in question.
 */
export function isName(value: unknown, maxLength: number, plain = false): value is string {
  if (typeof value !== "string") return false;
  const length = value.length;
  if (plain) return length > 0 && length <= maxLength;
  // A code point takes at most two units: what is longer than that need not be walked.
  if (length === 0 || length > 2 * maxLength) return false;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit >= 0x20 && unit <= 0x7e) continue;
    if (unit <= 0x9f) return false;
    if (unit >= 0xd800 && unit <= 0xdfff) return isNameWithSurrogates(value, maxLength);
  }
  return length <= maxLength;
}

/** Whether the string may name a channel: a name of at most 128 code points that is no relative path segment [M-4]. */
export function isChannel(value: unknown, maxLength: number, plain = false): value is string {
  return isName(value, maxLength, plain) && value !== "." && value !== "..";
}

/** Whether the string has 1 to `maxLength` code points and no lone surrogate; control characters are data here [M-7]. */
export function isWellFormed(value: string, maxLength: number): boolean {
  return value.length > 0 && value.length <= 2 * maxLength && codePointsOf(value, false) <= maxLength;
}

/**
 * Whether no string within this JSON text, which is ASCII, can hold a control character or a surrogate: JSON allows those
 * below U+0020 as escapes only, and DEL is the only one left. Two native searches for a whole window of lines cost less
 * than looking at each character of each name (measured: a tenth of a usage line's decoding).
 */
export function isPlainText(json: string): boolean {
  return json.indexOf("\\") < 0 && json.indexOf("\x7f") < 0;
}

/**
 * Whether the value is a string of 1 to `maxLength` printable ASCII characters without `"` and `\\`: a name that needs no
 * escape and no second look, as nearly all do.
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

function isNameWithSurrogates(value: string, maxLength: number): boolean {
  return codePointsOf(value, true) <= maxLength;
}

/** The number of code points; Infinity where a surrogate stands alone or, if they are refused, at a control character. */
function codePointsOf(value: string, refuseControls: boolean): number {
  let count = 0;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (refuseControls && (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f))) return Number.POSITIVE_INFINITY;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = value.charCodeAt(i + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return Number.POSITIVE_INFINITY;
      i++;
    }
    count++;
  }
  return count;
}
