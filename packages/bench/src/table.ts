/**
 * A figure of a table as a number, which `pnpm bench compare` compares with that of another commit.
 */
export interface Figure {
  /** The same in each run; no other figure has it. */
  readonly name: string;
  readonly value: number;
  readonly better: "more" | "less";
}

/** One table of results: what the console prints and what docs/benchmarks.md holds. */
export interface Table {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly figures?: readonly Figure[];
}

/** The table as GitHub Markdown, its columns padded so that it reads on a terminal too. */
export function markdownFromTable({ title, method, columns, rows }: Table): string {
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((w, i) => (cells[i] ?? "").padEnd(w)).join(" | ")} |`;
  const rule = `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |`;
  return [`### ${title}`, "", method, "", line(columns), rule, ...rows.map(line), ""].join("\n");
}
