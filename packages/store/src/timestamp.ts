/** The last millisecond that four digits of a year can hold; the text form has no room for more. */
export const maxTimestampMs = 253_402_300_799_999;

let cachedSecond = Number.NaN;
let cachedPrefix = "";

/**
 * A time as the old tables hold it: exactly `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`, 32 characters.
 * JavaScript's own `…Z` form would sort wrongly among Python's rows, so it never reaches a row.
 * Expects what a checked batch carries: whole milliseconds from 0 to `maxTimestampMs`.
 *
 * The second's prefix is kept from call to call: rows of a batch share it, and `toISOString` costs
 * ten times the rest.
 */
export function textFromMs(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== cachedSecond) {
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 19);
    cachedSecond = second;
  }
  const rest = ms - second * 1000;
  const digits = rest < 10 ? `00${rest}` : rest < 100 ? `0${rest}` : `${rest}`;
  return `${cachedPrefix}.${digits}000+00:00`;
}

/**
 * The text to compare a stored timestamp with, in a range over the index. Python leaves the
 * fraction out when it is zero, and `…:00+00:00` sorts before `…:00.000000+00:00`; a bound cut off
 * before both therefore takes in either form.
 */
export function boundFromMs(ms: number): string {
  const text = textFromMs(ms);
  return text.endsWith(".000000+00:00") ? text.slice(0, 19) : text.slice(0, 26);
}

const written = 32;
let readDay = "";
let readDayMs = 0;

/** Two digits, or something out of every range. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1_000;
}

/**
 * A text as `textFromMs` writes it, of the same day as the text before; null for any other. Rows
 * that are read in their order nearly all are such.
 */
function msOnSameDay(text: string): number | null {
  if (text.length !== written || !text.startsWith(readDay) || !text.endsWith("000+00:00")) return null;
  if (
    text.charAt(10) !== "T" ||
    text.charAt(13) !== ":" ||
    text.charAt(16) !== ":" ||
    text.charAt(19) !== "."
  )
    return null;
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  const [tens, one] = [twoDigits(text, 20), text.charCodeAt(22) - 48];
  if (hour > 23 || minute > 59 || second > 59 || tens > 99 || one < 0 || one > 9) return null;
  return readDayMs + ((hour * 60 + minute) * 60 + second) * 1_000 + tens * 10 + one;
}

const stored = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00$/;

/** Reads both of Python's forms, microseconds cut to milliseconds; null for anything else. */
export function msFromText(text: unknown): number | null {
  if (typeof text !== "string") return null;
  if (readDay !== "") {
    const same = msOnSameDay(text);
    if (same !== null) return same;
  }
  if (!stored.test(text)) return null;
  const ms = Date.parse(`${text.slice(0, 19)}Z`);
  if (Number.isNaN(ms)) return null;
  readDay = text.slice(0, 10);
  readDayMs = Date.parse(`${readDay}T00:00:00Z`);
  const fraction = text.charAt(19) === "." ? text.slice(20, -6) : "";
  return ms + Number(fraction.padEnd(3, "0").slice(0, 3));
}
