import { plainText } from "../quoted-text.js";
import type { Style } from "./terminal.js";
import { cutToWidth, linesOfWidth, textWidth } from "./text-width.js";

export interface Column<Row> {
  readonly head: string;
  readonly text: (row: Row) => string;
  readonly align?: "right";
  readonly style?: (row: Row) => Style | undefined;
  /**
   * May be cut to so few columns where the terminal is too narrow; without it the column keeps its
   * width.
   */
  readonly least?: number;
  /**
   * Its turn to give way where the terminal is too narrow, the lowest first; 0 when absent. A
   * column with `least` is cut to it then, any other one is left out. Columns of one turn that are
   * cut are so by turns, the widest first.
   */
  readonly gives?: number;
  /**
   * Goes on lines of its own below the row before any other column is dropped: for long texts of
   * few rows.
   */
  readonly below?: true;
}

interface Canvas {
  /** Null: as wide as it is. */
  readonly columns: number | null;
  style(style: Style, text: string): string;
}

/** A table in parts, for a screen that has no room for all of it. */
export interface TableParts {
  readonly head: string;
  /** The lines of each row: one, and those under it. */
  readonly rows: readonly (readonly string[])[];
}

const gap = "  ";
/** What needs more lines under its row is cut. */
const mostLinesBelow = 2;

/**
 * Rows under their heads, aligned. Texts are made harmless here, whoever they come from: no cell
 * can move the cursor, change colours or reorder its line. No line is wider than the canvas: what
 * does not fit goes below its row, is cut or left out.
 */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  canvas: Canvas,
): string {
  const { head, rows: lines } = tableParts(columns, rows, canvas);
  return [head, ...lines.flat()].join("\n");
}

export function tableParts<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  canvas: Canvas,
): TableParts {
  const all = columns.map((column) => measured(column, rows));
  const available = canvas.columns ?? Number.POSITIVE_INFINITY;
  const isNarrow = totalWidth(all) > available;
  const shown = fitted(isNarrow ? all.filter(({ column }) => column.below !== true) : all, available);
  const below = isNarrow ? all.filter(({ column }) => column.below === true) : [];
  const parted = below.map((one) => {
    const parts = partedAt(one, available - totalWidth(shown) - gap.length);
    if (parts.beside !== null) shown.push(parts.beside);
    return parts;
  });
  const heads = shown.map(({ column, width }) => padded(headOf(column), width, column.align));
  return {
    head: canvas.style("dim", cutToWidth(heads.join(gap).trimEnd(), available)),
    rows: rows.map((row, r) => [
      lineOf(shown, row, r, canvas),
      ...parted.flatMap(({ column, under }) => linesBelow(column, under[r] ?? emptyCell, row, canvas)),
    ]),
  };
}

/** A column with the harmless text of each row, and how wide it is to be. */
interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly Cell[];
  width: number;
}

/** A text and the columns that it takes, which are costly to count where it is not ASCII. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

const emptyCell: Cell = { text: "", width: 0 };

function measured<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const cells = rows.map((row): Cell => {
    const text = plainText(column.text(row));
    return { text, width: textWidth(text) };
  });
  const width = cells.reduce((most, cell) => Math.max(most, cell.width), textWidth(column.head));
  return { column, cells, width };
}

interface Parted<Row> {
  readonly column: Column<Row>;
  /**
   * The texts that have room beside their row, and those that go under it; empty where it is the
   * other.
   */
  readonly beside: Measured<Row> | null;
  readonly under: readonly Cell[];
}

/** A short text stays in its row: "said goodbye" needs no line of its own. */
function partedAt<Row>({ column, cells }: Measured<Row>, room: number): Parted<Row> {
  const short = cells.map((cell) => (cell.width <= room ? cell : emptyCell));
  if (textWidth(column.head) > room || short.every(({ text }) => text === ""))
    return { column, beside: null, under: cells };
  const under = cells.map((cell) => (cell.width <= room ? emptyCell : cell));
  return { column, beside: { column, cells: short, width: room }, under };
}

function totalWidth(columns: readonly { readonly width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap.length * Math.max(0, columns.length - 1));
}

/** Those of the columns that have room, each as wide as it may be. */
function fitted<Row>(columns: readonly Measured<Row>[], available: number): Measured<Row>[] {
  let shown = [...columns];
  const turns = [...new Set(columns.map(({ column }) => column.gives ?? 0))].sort((a, b) => a - b);
  for (const turn of turns) {
    const giving = shown.filter(({ column }) => (column.gives ?? 0) === turn);
    shrink(shown, giving, available, ({ least }) => least);
    // What has no turn of its own stays.
    for (const one of turn === 0 ? [] : giving.reverse()) {
      const isLeftOut = one.column.least === undefined && totalWidth(shown) > available;
      if (isLeftOut) shown = shown.filter((other) => other !== one);
    }
  }
  // Hardly a terminal any more.
  shrink(shown, shown, available, () => 1);
  while (shown.length > 1 && totalWidth(shown) > available) shown.pop();
  return shown;
}

/** Takes from the widest of these columns as long as all that are shown do not fit. */
function shrink<Row>(
  shown: readonly Measured<Row>[],
  giving: readonly Measured<Row>[],
  available: number,
  leastOf: (column: Column<Row>) => number | undefined,
): void {
  for (let over = totalWidth(shown) - available; over > 0; over--) {
    let widest: Measured<Row> | undefined;
    for (const one of giving) {
      const least = leastOf(one.column);
      if (least !== undefined && one.width > least && one.width > (widest?.width ?? 0)) widest = one;
    }
    if (widest === undefined) return;
    widest.width--;
  }
}

function headOf<Row>({ head }: Column<Row>): Cell {
  return { text: head, width: textWidth(head) };
}

function lineOf<Row>(shown: readonly Measured<Row>[], row: Row, r: number, canvas: Canvas): string {
  let line = "";
  for (const [i, { column, cells, width }] of shown.entries()) {
    const isLast = i === shown.length - 1 && column.align !== "right";
    const cell = cells[r] ?? emptyCell;
    const text = isLast ? cut(cell, width).text : padded(cell, width, column.align);
    const style = column.style?.(row);
    line += (i === 0 ? "" : gap) + (style === undefined || text === "" ? text : canvas.style(style, text));
  }
  return line.trimEnd();
}

function linesBelow<Row>(column: Column<Row>, { text }: Cell, row: Row, canvas: Canvas): string[] {
  if (text === "") return [];
  const available = canvas.columns ?? Number.POSITIVE_INFINITY;
  const indent = available < 20 ? "" : "  ";
  const style = column.style?.(row);
  return linesOfWidth(text, available - indent.length, mostLinesBelow).map(
    (line) => indent + (style === undefined ? line : canvas.style(style, line)),
  );
}

function cut(cell: Cell, width: number): Cell {
  if (cell.width <= width) return cell;
  const text = cutToWidth(cell.text, width);
  return { text, width: textWidth(text) };
}

function padded(cell: Cell, width: number, align?: "right"): string {
  const fitting = cut(cell, width);
  const room = " ".repeat(Math.max(0, width - fitting.width));
  return align === "right" ? room + fitting.text : fitting.text + room;
}
