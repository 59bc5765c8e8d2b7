/**
 * Controls, terminal escapes, bidi overrides and other format characters, line and paragraph
 * separators, lone surrogates, what is private or not assigned: all that does not show, or changes
 * how the rest is shown.
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Text of a stranger, safe to show in a log or a terminal: what cannot be printed is written as
 * `\u{1b}`.
 */
export function printableText(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
