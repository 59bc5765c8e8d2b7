import type { Table } from "./table.js";

/** The tables of a page that `markdownFromTable` wrote, in their order. */
export function tablesFrom(markdown: string): readonly Table[] {
  return markdown
    .split(/^### /m)
    .slice(1)
    .map((block) => {
      const [title = "", , method = ""] = block.split("\n");
      const [columns = [], , ...rows] = block
        .split("\n")
        .filter((line) => line.startsWith("| "))
        .map(cellsOf);
      return { title, method, columns, rows };
    });
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(" | ")
    .map((cell) => cell.trim());
}
