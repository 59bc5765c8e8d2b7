import type { Line, NoticeText, Span } from "./notice-text.js";

/** How a receiver writes a span and measures a text. */
export interface TextStyle {
  /** Escaped for the receiver: whatever stands in it is text. */
  span(span: Span): string;
  /** In the unit of the receiver's limits. */
  length(text: string): number;
}

export interface FittedText {
  readonly title: string;
  readonly body: string;
  /** How many items the body has no line of. */
  readonly leftOut: number;
}

/** UTF-16 units: at least as many as code points, so that either count is within its limit. */
export const unitsOf = (text: string): number => text.length;
export const bytesOf = (text: string): number => Buffer.byteLength(text);

/**
 * The notice within the limits. Whole blocks are left out, the last first, and counted; a line that
 * is too long by itself is cut between code points before it is escaped, so that no pair and no
 * escape is split. The first lines and the last always stand.
 */
export function fitText(
  text: NoticeText,
  style: TextStyle,
  { title, body }: { readonly title: number; readonly body: number },
): FittedText {
  const lines = text.head.map((line) => cutLine(line, style, Math.floor(body / 8)));
  const tail = text.tail.map((line) => cutLine(line, style, Math.floor(body / 8)));
  const more = (items: number) =>
    style.span({ kind: "words", text: `and ${items} more: kissbot-monitor alerts` });
  const total = text.blocks.reduce((sum, block) => sum + block.items, 0);
  const isWithin = (parts: readonly string[]) => style.length(parts.join("\n")) <= body;
  let said = 0;
  for (const block of text.blocks) {
    const written = block.lines.map((line) => writtenLine(line, style));
    const left = total - said - block.items;
    const after = [...(left === 0 ? [] : [more(left)]), ...tail];
    if (isWithin([...lines, ...written, ...after])) {
      lines.push(...written);
    } else if (said === 0) {
      // The worst is always said, if need be in part.
      const room = body - style.length([...lines, more(total), ...tail].join("\n")) - block.lines.length;
      const each = Math.floor(Math.max(0, room) / block.lines.length);
      lines.push(...block.lines.map((line) => cutLine(line, style, each)));
    } else break;
    said += block.items;
  }
  const leftOut = total - said;
  if (leftOut > 0) lines.push(more(leftOut));
  return {
    title: cutLine(text.title, style, title),
    body: [...lines, ...tail].join("\n"),
    leftOut,
  };
}

function writtenLine(line: Line, style: TextStyle): string {
  return line.map((span) => style.span(span)).join("");
}

/** As much of a line as there is room for. */
export function cutLine(line: Line, style: TextStyle, limit: number): string {
  let written = "";
  for (const span of line) {
    const whole = style.span(span);
    if (style.length(written + whole) <= limit) {
      written += whole;
      continue;
    }
    if (span.kind === "time") return written;
    return written + cutSpan(written, span, style, limit);
  }
  return written;
}

/** The longest beginning of a span that fits, with a sign that there was more. */
function cutSpan(
  before: string,
  span: Exclude<Span, { kind: "time" }>,
  style: TextStyle,
  limit: number,
): string {
  const points = [...span.text];
  const written = (count: number) => style.span({ ...span, text: `${points.slice(0, count).join("")}…` });
  let [least, most] = [-1, points.length - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (style.length(before + written(middle)) <= limit) least = middle;
    else most = middle - 1;
  }
  return least < 0 ? "" : written(least);
}
