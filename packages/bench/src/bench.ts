// `pnpm bench [PART ...]` runs the named parts, or all of them, and prints their tables. A run of
// all writes docs/benchmarks.md; one with `--write` puts the tables of its parts there. A part is a
// suite, such as `server`, or one measurement of it, such as `server/rows`. The tables of `sizing`
// go to docs/sizing.md instead. `--trick=ID`, which may be given several times, is for `ablation`:
// these tricks alone. With `--figures=FILE` it also writes what `pnpm bench compare REF` reads of
// each tree. `--quick` measures too little for figures, where a part knows how (`page`, `alerts`,
// `server/pricing`, `sizing`, `users`, `fleet`, `ablation`): to see that it works.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { compare } from "./compare.js";
import { reportOf, type SuiteResult } from "./report.js";
import { pageWith } from "./sizing/page.js";
import { markdownFromTable, type Table } from "./table.js";

/**
 * Measures and returns its tables; each figure is a median of at least three runs, beside a
 * baseline of the same run.
 */
type Measurement = () => Promise<readonly Table[]>;

const quickly = "--quick";
const isQuick = process.argv.includes(quickly);
const intoPage = "--write";
const trickFlag = "--trick=";
const wantedTricks = process.argv
  .filter((word) => word.startsWith(trickFlag))
  .map((word) => word.slice(trickFlag.length));

const suites: Readonly<Record<string, Readonly<Record<string, Measurement>>>> = {
  protocol: { codec: async () => (await import("./protocol/suite.js")).run() },
  store: {
    writing: async () => (await import("./store/writing.js")).writingTables(),
    charts: async () => (await import("./store/charts.js")).chartTables(),
    totals: async () => [await (await import("./store/totals.js")).totalsTable()],
  },
  client: {
    calls: async () => (await import("./client/suite.js")).run(),
    llm: async () => [await (await import("./client/llm-table.js")).llmTable()],
  },
  // The monitor as it is shipped, in a process of its own, from the socket to the row and from the
  // beat to the API.
  server: {
    rows: async () => (await import("./server/rows-table.js")).rowsTables(),
    flood: async () => [await (await import("./server/flood-table.js")).floodTable(isQuick)],
    pricing: async () => (await import("./server/pricing-table.js")).pricingTables(isQuick),
    beats: async () => [await (await import("./server/beats-table.js")).beatsTable()],
    "old-clients": async () => (await import("./server/old-clients-tables.js")).oldClientsTables(),
    clients: async () => [await (await import("./server/clients-table.js")).clientsTable()],
    fleet: async () => [await (await import("./server/fleet-table.js")).fleetTable()],
    sampling: async () => [await (await import("./server/sampling-table.js")).samplingTable()],
  },
  idle: {
    writes: async () => [await (await import("./server/idle-table.js")).idleTable()],
    day: async () => [await (await import("./server/idle-day-table.js")).idleDayTable()],
  },
  // In a Chromium, which has to be there.
  page: { fleet: async () => (await import("./page/page-tables.js")).pageTables(isQuick) },
  // What receivers are told, and what that costs.
  alerts: {
    told: async () => [await (await import("./alerts/alert-tables.js")).toldTable(isQuick)],
    cost: async () => [await (await import("./alerts/alert-tables.js")).costTable(isQuick)],
  },
  // Several hosts on one PostgreSQL.
  fleet: {
    "catch-up": async () => {
      const { catchUpTable } = await import("./fleet/catch-up-table.js");
      return await (await fleetTables())((stage) => catchUpTable(stage, isQuick));
    },
    lag: async () => {
      const { lagTable } = await import("./fleet/lag-table.js");
      return await (await fleetTables())((stage) => lagTable(stage, isQuick));
    },
    frozen: async () => {
      const { frozenTable } = await import("./fleet/frozen-table.js");
      return await (await fleetTables())((stage) => frozenTable(stage, isQuick));
    },
    bytes: async () => {
      const { bytesTable } = await import("./fleet/bytes-table.js");
      return await (await fleetTables())((stage) => bytesTable(stage, isQuick));
    },
  },
  // How much disk, CPU and memory a fleet takes, for docs/sizing.md.
  sizing: {
    disk: async () => (await import("./sizing/disk-tables.js")).diskTables(isQuick),
    monitor: async () => [await (await import("./sizing/monitor-table.js")).monitorTable(isQuick)],
  },
  // Several users on one monitor: what telling them apart costs, and what one feels of another.
  users: {
    judging: async () => [(await import("./users/judging-table.js")).judgingTable(isQuick)],
    flood: async () => [await (await import("./users/flood-table.js")).floodTable(isQuick)],
  },
  deaths: { told: async () => [await (await import("./server/deaths-table.js")).deathsTable()] },
  // The clients in other languages, beside ours.
  ports: { calls: async () => (await import("./ports/ports-tables.js")).portsTables(isQuick) },
  // What each trick of the data path is worth: the monitor with it and without.
  ablation: {
    tricks: async () => (await import("./ablation/ablation-tables.js")).ablationTables(isQuick, wantedTricks),
  },
};
const parts = Object.entries(suites).flatMap(([suite, measurements]) => [
  suite,
  ...Object.keys(measurements).map((name) => `${suite}/${name}`),
]);

async function fleetTables() {
  return (await import("./fleet/fleet-tables.js")).fleetTables;
}

const [first, ...rest] = process.argv.slice(2);
process.exitCode = first === "compare" ? await compare(rest, parts) : await measure(process.argv.slice(2));

async function measure(args: readonly string[]): Promise<number> {
  const file = args.find((word) => word.startsWith("--figures="))?.slice("--figures=".length);
  const names = args.filter(
    (word) => ![quickly, intoPage].includes(word) && !/^--(?:figures|trick)=/.test(word),
  );
  const unknown = names.filter((name) => !parts.includes(name));
  if (unknown.length > 0) {
    console.error(`unknown part ${unknown.join(", ")}; expected compare, ${parts.join(", ")}`);
    return 2;
  }
  const results: SuiteResult[] = [];
  for (const [suite, measurements] of Object.entries(suites)) {
    const wanted = Object.entries(measurements).filter(
      ([name]) => names.length === 0 || names.includes(suite) || names.includes(`${suite}/${name}`),
    );
    if (wanted.length === 0) continue;
    console.log(`## ${suite}\n`);
    const tables: Table[] = [];
    for (const [, run] of wanted) {
      const found = await run();
      for (const table of found) console.log(markdownFromTable(table));
      tables.push(...found);
    }
    results.push({ name: suite, tables });
  }
  if (file !== undefined) {
    const figures = results.flatMap(({ tables }) => tables.flatMap(({ figures = [] }) => figures));
    writeFileSync(file, JSON.stringify(figures));
  } else if (!isQuick && wantedTricks.length === 0 && (names.length === 0 || args.includes(intoPage))) {
    writePages(results, names.length === 0);
  }
  return 0;
}

/** `isWhole`: of a run of all parts, which leaves nothing of the page of benchmarks as it was. */
function writePages(results: readonly SuiteResult[], isWhole: boolean): void {
  const day = new Date().toISOString().slice(0, 10);
  const sizing = results.find(({ name }) => name === "sizing");
  if (sizing !== undefined) {
    const path = pageOf("sizing");
    writeFileSync(path, pageWith(readFileSync(path, "utf8"), sizing.tables, day));
    console.log("written to docs/sizing.md");
  }
  const others = results.filter((result) => result !== sizing);
  if (others.length === 0) return;
  const path = pageOf("benchmarks");
  writeFileSync(path, reportOf(others, day, isWhole ? undefined : readFileSync(path, "utf8")));
  console.log("written to docs/benchmarks.md");
}

function pageOf(name: string): string {
  return fileURLToPath(new URL(`../../../docs/${name}.md`, import.meta.url));
}
