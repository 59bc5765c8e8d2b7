/** Characters that change how the text around them looks, or that nobody sees. */
const marks =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** A text that somebody else chose, with each character of format as a visible mark: `⟨U+202E⟩`. */
export function plainText(text: string): string {
  return text.replace(marks, (mark) => `⟨U+${codeOf(mark)}⟩`);
}

/** The same for a text that somebody copies, within the quotes of JSON or YAML: `\u202E`. */
export function visibleEscapes(text: string): string {
  return text.replace(marks, (mark) => `\\u${codeOf(mark)}`);
}

function codeOf(mark: string): string {
  return mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** The words of the API, without their underscores. */
export function wordsOf(code: string): string {
  return code.replaceAll("_", " ");
}
