import { attentionCount, headlineOf } from "../fleet/headline.js";
import type { WholeCounts } from "../fleet/whole-fleet.js";
import type { Counts } from "../fleet/worst-first.js";
import { plainText } from "./plain-text.js";

/** `(4) 3 of 212 bots are down; 1 channel is claimed twice · name`, for the tab. */
export function titleOf(counts: WholeCounts, name: string | null, subject: string | null): string {
  const count = attentionCount(counts);
  const text = subject === null ? headlineOf(counts) : plainText(subject);
  return `${count > 0 ? `(${count}) ` : ""}${text} · ${name === null ? "KissBot Monitor" : plainText(name)}`;
}

/**
 * The tab's icon: red or amber with the number of bots that need somebody; null where all is well.
 */
export function iconOf(counts: Counts): string | null {
  const count = attentionCount(counts);
  if (count === 0) return null;
  const ground = counts.dead + counts.crash_loop > 0 ? "#c6282d" : "#b26a00";
  const text = count > 99 ? "99" : String(count);
  const size = text.length === 1 ? 24 : 19;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${ground}"/>` +
    `<text x="16" y="${text.length === 1 ? 24.5 : 23}" font-family="sans-serif" font-weight="700" font-size="${size}" text-anchor="middle" fill="#fff">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
