/** The fenced blocks of a page that say what they are, with the line on which each begins. */
export function blocksOf(markdown) {
  const blocks = [];
  for (const match of markdown.matchAll(/^```(sh|yaml)\n([\s\S]*?)^```/gm)) {
    const line = markdown.slice(0, match.index).split("\n").length + 1;
    blocks.push({ line, language: match[1], text: match[2].trimEnd() });
  }
  return blocks;
}
