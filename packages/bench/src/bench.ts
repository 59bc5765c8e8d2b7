// `pnpm bench [suite ...]`: runs the named suites, or all, and prints their tables.
import { markdownFromTable, type Table } from "./table.js";

/** A suite measures and returns its tables; each figure is a median of at least three runs, beside a baseline of the same run. */
type Suite = () => Promise<readonly Table[]>;

const suites: Record<string, Suite> = {
  protocol: async () => (await import("./protocol/suite.js")).run(),
  store: async () => (await import("./store/suite.js")).run(),
  client: async () => (await import("./client/suite.js")).run(),
  server: async () => (await import("./server/suite.js")).run(),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(", ")}; expected ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

for (const [name, run] of Object.entries(suites)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`## ${name}\n`);
  for (const table of await run()) console.log(markdownFromTable(table));
}
