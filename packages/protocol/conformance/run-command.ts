import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Arguments, levelOf, numberOf, reportsOf, versionOf } from "./arguments.js";
import { KnownFailures } from "./known-failures.js";
import { jsonReport } from "./report/json.js";
import { junitReport } from "./report/junit.js";
import type { Summary } from "./report/summary.js";
import { tableReport } from "./report/table.js";
import { run, type SuiteName } from "./run.js";
import { isDemanded, type Selection } from "./selection.js";
import { UsageError } from "./usage.js";

const suitesOf: Record<string, readonly SuiteName[]> = {
  run: ["decode", "encode", "conduct"],
  decode: ["decode"],
  encode: ["encode"],
  conduct: ["conduct"],
};

/** Runs the driver through the suites, prints the report, and returns the exit code. */
export async function runCommand(name: string, { command, values, operands }: Arguments): Promise<number> {
  if (operands.length > 0) throw new UsageError(`${operands[0]}: the driver's command stands behind --`);
  if (command.length === 0) throw new UsageError(`${name}: no driver; its command stands behind --`);
  const selection: Selection = { level: levelOf(values.level), only: values.only, skip: values.skip };
  const reports = reportsOf(values.report);
  const knownFile = values["known-failures"];
  if (values["update-known-failures"] && knownFile === undefined)
    throw new UsageError("--update-known-failures needs --known-failures FILE");
  if (values["update-known-failures"] && values.only.length + values.skip.length > 0)
    throw new UsageError("--update-known-failures goes with a whole run, and not with --only or --skip");
  const isUpdated = values["update-known-failures"] && knownFile !== undefined && !existsSync(knownFile);
  const known = new KnownFailures(knownFile === undefined || isUpdated ? "" : readList(knownFile));
  const summary = await run({
    command,
    suites: suitesOf[name] ?? [],
    selection,
    protocol: versionOf("protocol", values.protocol, /^1\.\d+$/),
    suite: versionOf("suite", values.suite, /^\d+\.\d+\.\d+$/),
    timeoutMs: 1000 * numberOf("timeout", values.timeout, 0.1),
    isLong: values.long,
    lanes: Math.floor(numberOf("lanes", values.lanes, 1)),
    ...(values.trace === undefined ? {} : { traceFolder: values.trace }),
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  if (summary.results.length === 0) throw new UsageError(nothingRun(summary, name, selection));
  if (values["update-known-failures"] && knownFile !== undefined)
    writeFileSync(knownFile, known.updated(summary.results));
  const list = values["update-known-failures"] ? new KnownFailures(readList(knownFile as string)) : known;
  const compared = list.compare(summary.results, { isPart: name !== "run" || values.only.length > 0 });
  const told: Summary = { ...summary, results: compared.results, complaints: compared.complaints };
  for (const { kind, file } of reports)
    writeFileSync(file, kind === "json" ? jsonReport(told) : junitReport(told));
  process.stdout.write(values.json ? jsonReport(told) : tableReport(told));
  return codeOf(told, selection, values.strict);
}

function readList(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--known-failures ${file}: ${(error as Error).message}`);
  }
}

const nothingRun = ({ implementation }: Summary, name: string, { only, skip }: Selection): string =>
  only.length + skip.length > 0
    ? "no case is left by --only and --skip; `kissbot-conformance list` names them"
    : `the driver of ${implementation.name} says that it can run nothing of ${name}`;

/** 0 where everything that has to pass did. */
function codeOf({ results, complaints }: Summary, selection: Selection, isStrict: boolean): number {
  if (complaints.length > 0) return 1;
  const scored = results.filter(
    ({ level, isKnown, isUnscored }) =>
      isKnown !== true && isUnscored !== true && isDemanded(level, selection),
  );
  if (scored.some(({ outcome }) => outcome === "fail")) return 1;
  return isStrict && unexercised(results).some((rule) => scored.some(({ spec }) => spec.includes(rule)))
    ? 1
    : 0;
}

/** The rules that no case exercised. */
function unexercised(results: readonly { spec: readonly string[]; outcome: string }[]): string[] {
  const rules = [...new Set(results.flatMap(({ spec }) => spec))];
  const seen = new Set(
    results.filter(({ outcome }) => outcome === "pass" || outcome === "fail").flatMap(({ spec }) => spec),
  );
  return rules.filter((rule) => !seen.has(rule));
}
