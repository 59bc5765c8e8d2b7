const star = "*".charCodeAt(0);

/**
 * Whether a text is the pattern, in which each `*` stands for any text, a slash included. It goes
 * back to the last `*` alone, so no pattern makes it slow.
 */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  /** Behind the last `*`, and where the text goes on after what it stands for so far. */
  let behindStar = -1;
  let behindSkipped = 0;
  while (at < text.length) {
    const wanted = inPattern < pattern.length ? pattern.charCodeAt(inPattern) : -1;
    if (wanted === star) {
      behindStar = ++inPattern;
      behindSkipped = at;
    } else if (wanted === text.charCodeAt(at)) {
      at++;
      inPattern++;
    } else if (behindStar === -1) {
      return false;
    } else {
      inPattern = behindStar;
      at = ++behindSkipped;
    }
  }
  while (inPattern < pattern.length && pattern.charCodeAt(inPattern) === star) inPattern++;
  return inPattern === pattern.length;
}

/** Whether a text is like one of the patterns; null is any. */
export function isLikeAny(text: string, patterns: readonly string[] | null): boolean {
  return patterns === null || patterns.some((pattern) => isLike(text, pattern));
}
