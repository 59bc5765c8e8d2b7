/**
 * Whether some text is like both patterns, in which each `*` stands for any text. The time grows
 * with the product of their lengths.
 */
export function areOverlapping(one: string, other: string): boolean {
  const [a, b] = [[...one], [...other]];
  // At `j`: whether the start of `a` read so far and the first `j` of `b` have a text in common.
  let reached = [true, ...b.map((_, j) => b.slice(0, j + 1).every(isStar))];
  for (const character of a) {
    const next = [reached[0] === true && isStar(character)];
    for (const [j, theirs] of b.entries()) {
      // A star takes nothing, or what the other pattern has next.
      const isAny = isStar(character) || isStar(theirs);
      next.push(
        isAny ? reached[j + 1] === true || next[j] === true : reached[j] === true && character === theirs,
      );
    }
    reached = next;
  }
  return reached[b.length] === true;
}

function isStar(character: string): boolean {
  return character === "*";
}
