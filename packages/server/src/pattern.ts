/** Whether a text is the pattern, in which each `*` stands for any text, a slash included. */
export function isLike(text: string, pattern: string): boolean {
  if (text === pattern) return true;
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined || !text.startsWith(start)) return false;
  let at = start.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - end.length >= at && text.endsWith(end);
}

/** Whether a text is like one of the patterns; null is any. */
export function isLikeAny(text: string, patterns: readonly string[] | null): boolean {
  return patterns === null || patterns.some((pattern) => isLike(text, pattern));
}
