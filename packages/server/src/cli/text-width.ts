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

/** The text cut to the columns, with an ellipsis for what was cut. */
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
 * The text wrapped to the columns, between words if possible. If it needs more than `mostLines`,
 * the last line ends with an ellipsis.
 */
export function linesOfWidth(text: string, columns: number, mostLines = Number.POSITIVE_INFINITY): string[] {
  const lines = wrapAnsi(text, Math.max(1, columns), { hard: true }).split("\n");
  if (lines.length > mostLines) lines.push(lines.splice(mostLines - 1).join(" "));
  return lines.map((line) => cutToWidth(line, columns));
}

/**
 * A text with styles wrapped to the columns; each line after the first is indented by `indent`
 * spaces, and the first begins with as many plain characters. Null wraps nothing.
 */
export function wrappedText(text: string, columns: number | null, indent = 0): string {
  if (columns === null) return text;
  if (textWidth(text) <= columns) return text;
  const hung = columns < indent + 20 ? 0 : indent;
  const lines = wrapAnsi(text.slice(hung), columns - hung, { hard: true }).split("\n");
  return text.slice(0, hung) + lines.join(`\n${" ".repeat(hung)}`);
}
