import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

const clusters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const ascii = /^[ -~]*$/;

/**
 * How many columns a terminal gives a text without control characters. Terminals differ over rare
 * scripts; this is what most do.
 */
export function textWidth(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

/** The text in at most so many columns; where something had to go, an ellipsis stands for it. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let width = 0;
  let kept = "";
  for (const { segment } of clusters.segment(text)) {
    width += textWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : "";
}

/**
 * The text in lines of at most so many columns, broken between words where that is possible. Of a
 * text that needs more than `mostLines` the last line ends with an ellipsis.
 */
export function linesOfWidth(text: string, columns: number, mostLines = Number.POSITIVE_INFINITY): string[] {
  const lines = wrapAnsi(text, Math.max(1, columns), { hard: true }).split("\n");
  if (lines.length > mostLines) lines.push(lines.splice(mostLines - 1).join(" "));
  return lines.map((line) => cutToWidth(line, columns));
}

/**
 * A text with styles in lines of at most so many columns, each after the first with `indent` spaces
 * before it; the first has as many plain characters there. Null breaks no line.
 */
export function wrappedText(text: string, columns: number | null, indent = 0): string {
  if (columns === null) return text;
  if (textWidth(text) <= columns) return text;
  const hung = columns < indent + 20 ? 0 : indent;
  const lines = wrapAnsi(text.slice(hung), columns - hung, { hard: true }).split("\n");
  return text.slice(0, hung) + lines.join(`\n${" ".repeat(hung)}`);
}
