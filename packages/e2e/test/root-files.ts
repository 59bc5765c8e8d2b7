import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-tree.js";

const page = readFileSync(join(root, "docs", "architecture.md"), "utf8");

/** The files at the root of the server's sources, as the architecture names them. */
export const rootFiles = {
  entries: namesInRow("entries"),
  wiring: namesInRow("wiring"),
  /** What every room may import. */
  shared: namesInRow("shared"),
};

/** The names in the second cell of the row with this first cell. */
function namesInRow(title: string): readonly string[] {
  const row = page.split("\n").find((line) => line.startsWith(`| ${title} |`));
  if (row === undefined) throw new Error(`docs/architecture.md has no row of ${title}`);
  return [...(row.split("|")[2] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}
