import type { Command } from "commander";

/** Flags of other programs or commands, and what says the same here. */
const meanings: readonly {
  readonly given: readonly string[];
  readonly flag: string;
  readonly advice: string;
}[] = [
  {
    given: ["--port", "-p", "--host", "--listen", "--bind", "--address"],
    flag: "--http",
    advice: "--http says where HTTP is, such as --http 127.0.0.1:8000",
  },
  {
    given: ["--http", "--no-http", "--socket", "--store"],
    flag: "--state-file",
    advice: "--state-file FILE chooses the monitor, where several run",
  },
  {
    given: ["--db", "--database", "--sqlite"],
    flag: "--store",
    advice: "--store says where the database is",
  },
  { given: ["--token", "--auth"], flag: "--http-token", advice: "--http-token gives the token of HTTP" },
  {
    given: ["--verbose", "--debug", "--quiet", "-q"],
    flag: "--log-level",
    advice: "--log-level says how much is logged, such as --log-level debug",
  },
  { given: ["--limit", "-n"], flag: "--top", advice: "--top says how many groups are shown" },
  { given: ["-w", "--follow", "-f"], flag: "--watch", advice: "--watch shows it again and again" },
  { given: ["--format", "-j", "-o"], flag: "--json", advice: "--json gives the answer in JSON" },
  { given: ["--order", "--order-by"], flag: "--sort", advice: "--sort says in which order they stand" },
];

/** What to give instead of the unknown option of this message, where the command has it. */
export function foreignFlagAdvice(message: string, called: Command): string | undefined {
  const [, given = ""] = /unknown option '(--?[\w-]+)/.exec(message) ?? [];
  const meant = meanings.find((one) => one.given.includes(given));
  const isThere = called.options.some(({ long }) => long === meant?.flag);
  return isThere ? meant?.advice : undefined;
}
