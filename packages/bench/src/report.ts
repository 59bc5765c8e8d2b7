import { cpus, loadavg, totalmem } from "node:os";
import process from "node:process";
import { tablesFrom } from "./read-tables.js";
import { markdownFromTable, type Table } from "./table.js";
import { verdictOf } from "./verdict.js";

export interface SuiteResult {
  readonly name: string;
  readonly tables: readonly Table[];
}

/**
 * A part of the page under a heading of its own: what stands in it, by the headings of its tables.
 */
type Sections = Map<string, Map<string, string>>;

const verdictName = "In short";
const methodName = "How it is measured";
/** What stands in a section before its first table. */
const opening = "";

/**
 * `docs/benchmarks.md` as a whole: the verdict, what was measured on which kind of machine, without
 * a name of it, and the tables, each with its day. With `before`, a page that this made, the tables
 * take the place of those of the same titles there, and all others stay.
 */
export function reportOf(results: readonly SuiteResult[], day: string, before?: string): string {
  const sections = before === undefined ? new Map() : sectionsOf(before);
  if (!sections.has(methodName)) sections.set(methodName, new Map([[opening, methodText()]]));
  for (const { name, tables } of results) {
    const section = sections.get(name) ?? new Map([[opening, ""]]);
    for (const table of tables) section.set(table.title, blockOf(table, day));
    sections.set(name, section);
  }
  sections.delete(verdictName);
  const text = textOf(sections);
  return [
    "# Benchmarks",
    "",
    "Written by `pnpm bench`, which runs all of it; `pnpm bench server` (or protocol, store, client, idle, page, alerts, fleet, deaths, ports, ablation) prints one part, and with `--write` puts its tables here. Do not edit.",
    "",
    `## ${verdictName}`,
    "",
    ...rowsText(["question", "answer", "printed by"], verdictOf(tablesFrom(text))),
    "",
    text,
  ].join("\n");
}

function sectionsOf(page: string): Sections {
  const sections: Sections = new Map();
  for (const text of page.split(/^## /m).slice(1)) {
    const [head = "", ...blocks] = text.split(/^### /m);
    const [name = "", ...rest] = head.split("\n");
    const section = new Map([[opening, rest.join("\n").trim()]]);
    for (const block of blocks) section.set(block.split("\n")[0] as string, `### ${block.trim()}`);
    sections.set(name, section);
  }
  return sections;
}

function textOf(sections: Sections): string {
  const texts = [...sections].map(([name, blocks]) => {
    const filled = [...blocks.values()].filter((block) => block !== "");
    return [`## ${name}`, ...filled].join("\n\n");
  });
  return `${texts.join("\n\n")}\n`;
}

function blockOf(table: Table, day: string): string {
  return markdownFromTable({ ...table, method: `${table.method} Measured on ${day}.` }).trim();
}

function methodText(): string {
  const cores = cpus();
  const machine = [
    ["cores", `${cores.length}, ${cores[0]?.model ?? "of an unknown kind"}`],
    ["memory", `${(totalmem() / 1_073_741_824).toFixed(0)} GB`],
    ["system", `${process.platform} ${process.arch}`],
    ["Node", process.versions.node],
    [
      "load at the end",
      `${loadavg()[0]?.toFixed(1)} over a minute: a machine with other work shows more spread`,
    ],
  ];
  return [
    "Machines differ and are noisy, so each figure stands beside a baseline that was measured in the same run, in turn with it, and the",
    "ratio of the two is what to go by. A figure is the median of at least three runs, with the least and the most beside it.",
    "",
    ...rowsText(["machine", ""], machine),
  ].join("\n");
}

function rowsText(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}
