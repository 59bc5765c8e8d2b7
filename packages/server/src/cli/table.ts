import { plainText } from "../config/quoted-text.js";
import type { Style } from "./terminal.js";
import { cutToWidth, textWidth } from "./text-width.js";

export interface Column<Row> {
  readonly head: string;
  readonly text: (row: Row) => string;
  readonly align?: "right";
  readonly style?: (row: Row) => Style | undefined;
  /** May be cut to so few columns where the terminal is too narrow; without it the column keeps its width. */
  readonly least?: number;
}

interface Canvas {
  readonly columns: number | null;
  style(style: Style, text: string): string;
}

const gap = "  ";

/**
 * Rows under their heads, aligned. Texts are made harmless here, whoever they come from: no cell can move the cursor, change
 * colours or reorder its line. Where a terminal is too narrow, the columns that may be cut are, the widest first.
 */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  canvas: Canvas,
): string {
  const cells = rows.map((row) => columns.map((column) => plainText(column.text(row))));
  const widths = columns.map(({ head }, i) =>
    cells.reduce((most, line) => Math.max(most, textWidth(line[i] ?? "")), textWidth(head)),
  );
  if (canvas.columns !== null) shrink(widths, columns, canvas.columns);
  const heads = columns.map(({ head }, i) => padded(head, widths[i] ?? 0, columns[i]?.align));
  const lines = cells.map((line, r) =>
    columns.map((column, i) => {
      const text = padded(line[i] ?? "", widths[i] ?? 0, column.align);
      const style = column.style?.(rows[r] as Row);
      return style === undefined ? text : canvas.style(style, text);
    }),
  );
  return [
    canvas.style("dim", heads.join(gap).trimEnd()),
    ...lines.map((line) => line.join(gap).trimEnd()),
  ].join("\n");
}

function shrink<Row>(widths: number[], columns: readonly Column<Row>[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  for (let over = total() - available; over > 0; over--) {
    let widest = -1;
    for (const [i, { least }] of columns.entries()) {
      const width = widths[i] ?? 0;
      if (least !== undefined && width > least && width > (widths[widest] ?? 0)) widest = i;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function padded(text: string, width: number, align?: "right"): string {
  const fitting = cutToWidth(text, width);
  const room = " ".repeat(Math.max(0, width - textWidth(fitting)));
  return align === "right" ? room + fitting : fitting + room;
}
