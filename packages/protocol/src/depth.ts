import { maxDepth } from "./limit.js";

/**
 * Whether objects and arrays nest deeper than 64 levels in this valid JSON text [J-6]. The text is
 * judged, not the parsed value: of two equal keys a parser keeps one, and what it threw away was
 * nested all the same. O(1) memory.
 */
export function isTooDeep(json: string): boolean {
  // Nearly every message is short or flat; the native search says so faster than a loop.
  if (json.length <= 2 * maxDepth || (json.indexOf("[") < 0 && json.indexOf("{", 1) < 0)) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === 0x22) {
      i = endOfString(json, i + 1);
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** The index of the quote that ends the string whose content begins at `from`. */
function endOfString(json: string, from: number): number {
  let i = from;
  while (i < json.length && json.charCodeAt(i) !== 0x22) i += json.charCodeAt(i) === 0x5c ? 2 : 1;
  return i;
}
