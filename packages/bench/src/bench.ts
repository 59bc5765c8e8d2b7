// `pnpm bench [suite ...]`: runs the named suites, or all of them, and prints their tables; a run of all writes docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportOf, type SuiteResult } from "./report.js";
import { markdownFromTable, type Table } from "./table.js";

/** A suite measures and returns its tables; each figure is a median of at least three runs, beside a baseline of the same run. */
type Suite = () => Promise<readonly Table[]>;

const suites: Record<string, Suite> = {
  protocol: async () => (await import("./protocol/suite.js")).run(),
  store: async () => (await import("./store/suite.js")).run(),
  client: async () => (await import("./client/suite.js")).run(),
  server: async () => (await import("./server/suite.js")).run(),
  idle: async () => [await (await import("./server/idle-table.js")).idleTable()],
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(", ")}; expected ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

const results: SuiteResult[] = [];
for (const [name, run] of Object.entries(suites)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`## ${name}\n`);
  const since = performance.now();
  const tables = await run();
  for (const table of tables) console.log(markdownFromTable(table));
  results.push({ name, tables, tookS: (performance.now() - since) / 1_000 });
}

if (names.length === 0) {
  const path = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));
  writeFileSync(path, reportOf(results));
  console.log("written to docs/benchmarks.md");
}
