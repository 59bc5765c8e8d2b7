/** What a table program would take for a formula. */
const formula = /^[=+\-@\t\r]/;

type Cell = string | number | null;

/**
 * Lines as RFC 4180 has them. A text that begins as a formula does gets a quote before it; null is
 * an empty cell.
 */
export function csvOf(lines: readonly (readonly Cell[])[]): string {
  return lines.map((line) => `${line.map(cellOf).join(",")}\r\n`).join("");
}

function cellOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  return `"${(formula.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
}
