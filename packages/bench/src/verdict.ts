import type { Table } from "./table.js";

/** Says in one sentence what tables show. */
interface Verdict {
  readonly question: string;
  /** The command that prints the tables. */
  readonly command: string;
  readonly answer: (figure: FigureOf, said: SaidOf) => string;
}

/**
 * The figure of a cell, without its spread: by the table's title, the row's name and the column.
 */
type FigureOf = (title: string, row: string, column: string) => string;
/** The figure that a table's method says. */
type SaidOf = (title: string, pattern: RegExp) => string;

const client = "@kissbot/client";
const whileLive = "A call while the monitor is live";
const whileFrozen = "A call while the monitor is frozen";
const fleet = "10,000 connected bots, a beat each in 15 s";
const rows = "From the socket to the committed row, without loss";
const flood = "Goodput in a flood";
const deaths = "Deaths";
const receivers = "What receivers are told";
const page = "The page with 5,000 bots and 333 changes a second";
const charts = "Seven days of 200 bots at a sample a minute";
const idle = "A day of 50 idle bots, replayed";

const manyBots = "50 connections, 100 lines a write, each with all 200 bots";
const manyCalls = "calls, 50 connections, 100 lines a write";
const told = (waits: string) => `kill to request, \`for\` and \`group_wait\` ${waits}, s`;

/** What a user wants to know first. */
const verdicts: readonly Verdict[] = [
  {
    question: "Can a bot notice the monitor?",
    command: "pnpm bench client",
    answer: (figure) =>
      `A call takes ${figure(whileLive, client, "p50 µs")} µs (p99 ${figure(whileLive, client, "p99 µs")} µs), and while the monitor is frozen ${figure(whileFrozen, client, "p50 µs")} µs (p99 ${figure(whileFrozen, client, "p99 µs")} µs).`,
  },
  {
    question: "What does a freeze of the monitor cost a bot?",
    command: "pnpm bench client",
    answer: (figure) =>
      `${figure(whileFrozen, client, "growth MB")} MB after a million calls, none of which took longer than ${figure(whileFrozen, client, "max ms")} ms; a process that ends is gone ${figure(whileFrozen, client, "exit ms")} ms later.`,
  },
  {
    question: "How many bots on what core?",
    command: "pnpm bench server/fleet",
    answer: (figure) =>
      `10,000 bots that beat every 15 s take ${figure(fleet, "process, of a core", "measured")} of a core and ${figure(fleet, "resident memory, MB", "measured")} MB.`,
  },
  {
    question: "How many LLM calls?",
    command: "pnpm bench server/rows server/flood",
    answer: (figure) =>
      `${figure(rows, manyBots, "monitor, rows/s")} rows a second, committed, on one core. In a flood of twice as many lines as can be stored, ${figure(flood, manyCalls, "goodput")} of that rate, and ${figure(flood, manyCalls, "unaccounted")} rows are lost without being counted.`,
  },
  {
    question: "How fast is a death told?",
    command: "pnpm bench deaths alerts",
    answer: (figure) =>
      `On the page after ${figure(deaths, "kill to event p50, ms", "measured")} ms (p99 ${figure(deaths, "kill to event p99, ms", "measured")} ms); at a receiver after ${figure(receivers, told("0"), "measured")} s, or ${figure(receivers, told("30 s and 20 s"), "measured")} s with the waits that are set at first.`,
  },
  {
    question: "How much disk?",
    command: "pnpm bench store/charts idle/day",
    answer: (figure, said) =>
      `${said(charts, /takes (\d+) bytes per row/)} bytes a sample, with its index and rollups. 50 idle bots make the monitor write ${figure(idle, "new", "all, GB a day")} GB a day.`,
  },
  {
    question: "How large is the page?",
    command: "pnpm bench page",
    answer: (figure) =>
      `${figure(page, "everything of the page, gzip, kB", "page")} kB; with 5,000 bots the first paint comes after ${figure(page, "first paint, ms", "page")} ms and the rows after ${figure(page, "rows, ms", "page")} ms.`,
  },
];

/** What stands for a figure that no table has. */
export const notMeasured = "(not measured)";

/** The verdict as rows: question, answer, command. */
export function verdictOf(tables: readonly Table[]): readonly (readonly string[])[] {
  const tableOf = (title: string) => tables.find((one) => one.title === title);
  const figure: FigureOf = (title, row, column) => {
    const table = tableOf(title);
    const cell = table?.rows.find(([name]) => name === row)?.[table.columns.indexOf(column)];
    return cell === undefined || cell === "" ? notMeasured : cell.replace(/ \(.*\)$/, "");
  };
  const said: SaidOf = (title, pattern) => pattern.exec(tableOf(title)?.method ?? "")?.[1] ?? notMeasured;
  return verdicts.map(({ question, command, answer }) => [question, answer(figure, said), `\`${command}\``]);
}
