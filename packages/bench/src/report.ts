import { cpus, loadavg, totalmem } from "node:os";
import process from "node:process";
import { markdownFromTable, type Table } from "./table.js";

export interface SuiteResult {
  readonly name: string;
  readonly tables: readonly Table[];
  readonly tookS: number;
}

/**
 * `docs/benchmarks.md` as a whole: what was measured on which kind of machine, without a name of
 * it.
 */
export function reportOf(results: readonly SuiteResult[]): string {
  const totalS = results.reduce((sum, { tookS }) => sum + tookS, 0);
  const parts = results.flatMap(({ name, tables }) => [`## ${name}`, "", ...tables.map(markdownFromTable)]);
  return [
    "# Benchmarks",
    "",
    "Written by `pnpm bench`, which runs all of it; `pnpm bench server` (or protocol, store, client, idle, page, alerts, deaths) prints one part. Do not edit.",
    "",
    "Machines differ and are noisy, so each figure stands beside a baseline that was measured in the same run, in turn with it, and the",
    "ratio of the two is what to go by. A figure is the median of at least three runs, with the least and the most beside it.",
    "",
    "| machine | |",
    "| --- | --- |",
    ...machine(totalS).map(([what, is]) => `| ${what} | ${is} |`),
    "",
    ...parts,
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function machine(totalS: number): readonly (readonly [string, string])[] {
  const cores = cpus();
  return [
    ["cores", `${cores.length}, ${cores[0]?.model ?? "of an unknown kind"}`],
    ["memory", `${(totalmem() / 1_073_741_824).toFixed(0)} GB`],
    ["system", `${process.platform} ${process.arch}`],
    ["Node", process.versions.node],
    [
      "load at the end",
      `${loadavg()[0]?.toFixed(1)} over a minute: a machine with other work shows more spread`,
    ],
    ["measured on", new Date().toISOString().slice(0, 10)],
    ["took", `${(totalS / 60).toFixed(1)} minutes`],
  ];
}
