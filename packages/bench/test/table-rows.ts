/** The rows of the tables, cell by cell, by their first one. */
export function rowsOf(markdown: string): ReadonlyMap<string, readonly string[]> {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| "));
  return new Map(
    rows.map((line) => {
      const [name = "", ...cells] = line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim());
      return [name, cells];
    }),
  );
}
