import { unknownText } from "./time-text.js";

// Kept, as making one takes longer than all that it formats.
const counts = new Intl.NumberFormat("en-US");

export function countText(count: number): string {
  return counts.format(count);
}

/** `1,234`, `13.2M`: three figures of a large one. */
export function roundCountText(count: number): string {
  return count < 10_000
    ? countText(count)
    : count.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });
}

/** `1 bot`, `2 bots`; `many` where an `s` does not make it. */
export function amountOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** Without its unit, for a column: `100.0`. */
export function percentText(pct: number | null): string {
  return pct === null ? unknownText : pct.toFixed(1);
}

/** Without its unit, for a column: `1,946`. */
export function megabytesText(mb: number | null): string {
  return mb === null ? unknownText : countText(Math.round(mb));
}

/** `96 MB`, `1.9 GB`. */
export function memoryText(mb: number): string {
  return mb < 1_024 ? `${Math.round(mb)} MB` : `${(mb / 1_024).toFixed(1)} GB`;
}
