/**
 * Reorders or hides text: bidirectional controls, zero-width characters, tags, halves of pairs; and
 * control characters.
 */
const unseen =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export const longestName = 64;
export const longestSentence = 300;

/**
 * Somebody's text for a notice: on one line, without a character that hides or reorders others, and
 * at most so many code points.
 */
export function shownText(text: string, most: number): string {
  const points = [
    ...text
      .slice(0, 2 * most + 2)
      .replaceAll(/\s+/gu, " ")
      .replace(unseen, "\ufffd"),
  ];
  return points.length <= most && text.length <= 2 * most + 2
    ? points.join("").trim()
    : `${points
        .slice(0, most - 1)
        .join("")
        .trim()}…`;
}
