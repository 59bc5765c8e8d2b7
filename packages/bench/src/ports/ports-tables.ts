import process from "node:process";
import { fileURLToPath } from "node:url";
import { driverCommand } from "../../../ports/test/driver-command.js";
import { isTestable } from "../../../ports/test/toolchain.js";
import { medianOf } from "../median.js";
import { short } from "../server/cell.js";
import type { Table } from "../table.js";
import { type ConformanceReport, conformanceRun, type Measured } from "./conformance-run.js";

/** The modes of the monitor, with the rule that a call is judged by in each. */
const modes: readonly (readonly [mode: string, rule: string, words: string])[] = [
  ["live", "C-2", "reads all"],
  ["away", "C-12", "is absent"],
  ["backlog", "C-12", "takes no connection"],
  ["frozen", "C-2", "reads nothing"],
  ["stopped", "C-2", "is stopped"],
  ["trickle", "C-2", "reads a byte now and then"],
];

const runs = 3;

/** What the clients cost their bots in each mode; they take turns. */
export async function portsTables(isQuick: boolean): Promise<readonly Table[]> {
  const drivers = await allDrivers();
  const wanted = isQuick ? modes.filter(([mode]) => mode === "frozen") : modes;
  const names = wanted.map(([mode]) => mode);
  const reports = new Map(drivers.map(([name]) => [name, [] as ConformanceReport[]]));
  for (let run = 0; run < (isQuick ? 1 : runs); run++) {
    for (const [name, command] of drivers) reports.get(name)?.push(conformanceRun(command, names));
  }
  const calls = callsTable(wanted, reports);
  if (isQuick) return [calls];
  return [calls, runsTable(drivers.map(([name, command]) => [name, conformanceRun(command)]))];
}

async function allDrivers(): Promise<readonly (readonly [name: string, command: readonly string[]])[]> {
  const client = fileURLToPath(new URL("../../../client/test/conformance/driver.mjs", import.meta.url));
  const drivers: [string, readonly string[]][] = [["Node", [process.execPath, client]]];
  if (isTestable("python")) drivers.push(["Python", await driverCommand("python")]);
  if (isTestable("rust")) drivers.push(["Rust", await driverCommand("rust")]);
  return drivers;
}

function callsTable(wanted: typeof modes, reports: ReadonlyMap<string, readonly ConformanceReport[]>): Table {
  const rows = wanted.flatMap(([mode, rule, words]) =>
    [...reports].map(([name, own]) => {
      const cell = (of: string, value: (measured: Measured) => number | undefined) => {
        const found = own.map(({ measured }) => value(measured.get(`${mode}:${of}`) ?? {}));
        const known = found.filter((figure) => figure !== undefined);
        return known.length === 0 ? "" : short(medianOf(known).median);
      };
      const inUs = (ms: number | undefined) => (ms === undefined ? undefined : 1_000 * ms);
      const inMb = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 1_048_576);
      return [
        `${name}, a monitor that ${words}`,
        cell(rule, ({ p50_ms }) => inUs(p50_ms)),
        cell(rule, ({ p99_ms }) => inUs(p99_ms)),
        cell(rule, ({ longest_ms }) => longest_ms),
        cell(rule, ({ grown_bytes }) => inMb(grown_bytes)),
        cell("C-13", ({ end_ms }) => end_ms),
      ];
    }),
  );
  return {
    title: "What a call costs a bot, in each language and before each kind of monitor",
    method:
      "The conformance runner lets each client's driver make its calls and measures the process from outside; the clients take turns, three runs, medians. The longest call is mostly the machine's scheduler: it runs three processes on its cores. Growth is what the last burst of calls adds to the process. The end is from the wish to end, without a `close`, to the end of the process; an interpreter takes a part of it for itself.",
    columns: ["client", "p50, µs", "p99, µs", "longest, ms", "growth, MB", "end, ms"],
    rows,
  };
}

function runsTable(whole: readonly (readonly [name: string, report: ConformanceReport])[]): Table {
  return {
    title: "A whole run of the conformance runner",
    method:
      "One run of each client over all suites that its driver takes part in, as `kissbot-conformance run` does without an option.",
    columns: ["client", "passed", "failed", "not exercised", "took, s"],
    rows: whole.map(([name, { ms, totals }]) => [
      name,
      `${totals.pass}`,
      `${totals.fail}`,
      `${totals.not_exercised}`,
      short(ms / 1_000),
    ]),
  };
}
