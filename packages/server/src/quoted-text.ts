/**
 * Control characters, those that reorder or hide text, line separators, halves of pairs; not the
 * joiners that scripts and emoji need.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

const longest = 80;

/**
 * The same JSON text without a character that a terminal would obey: each becomes its `\u` escape,
 * which JSON reads back.
 */
export function safeJson(json: string): string {
  return json.replace(unsafe, (character) =>
    character === "\n" ? character : [...unitsOf(character)].map(escapeOf).join(""),
  );
}

/**
 * Somebody's text for a person: in quotes, without a character that a terminal would obey, and not
 * longer than a line.
 */
export function quotedText(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return safeJson(JSON.stringify(cut));
}

/**
 * Somebody's text within a table or a line: as it is, but for the characters that a terminal would
 * obey.
 */
export function plainText(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) as number;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

function* unitsOf(character: string): Iterable<number> {
  for (let i = 0; i < character.length; i++) yield character.charCodeAt(i);
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
