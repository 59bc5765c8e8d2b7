import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { type Arguments, levelOf, reportsOf } from "./arguments.js";
import { manifest } from "./fixture.js";
import { packageJson } from "./package-file.js";
import { jsonReport } from "./report/json.js";
import { junitReport } from "./report/junit.js";
import type { Summary } from "./report/summary.js";
import { tableReport } from "./report/table.js";
import type { Result } from "./result.js";
import { isDemanded, isSelected, type Selection } from "./selection.js";
import { runSender, senderModes } from "./suite/sender.js";
import { UsageError } from "./usage.js";

/** Runs any program that takes the socket's path as its last argument, once under each mode. */
export async function senderCommand({ command, values }: Arguments): Promise<number> {
  if (command.length === 0) throw new UsageError("sender: no program; its command stands behind --");
  const fromMs = performance.now();
  const selection: Selection = { level: levelOf(values.level), only: values.only, skip: values.skip };
  const reports = reportsOf(values.report);
  const results: Result[] = [];
  for (const mode of senderModes) {
    if (!["C-1", "C-13", "C-16", "P-1"].some((rule) => isSelected(`${mode}:${rule}`, selection))) continue;
    process.stderr.write(`sender/${mode}\n`);
    for (const result of await runSender(mode, command))
      if (isSelected(result.id, selection)) results.push(result);
  }
  if (results.length === 0) throw new UsageError("no case is left by --only and --skip");
  const summary: Summary = {
    runner: packageJson<{ version: string }>("package.json").version,
    suiteVersion: manifest.suite_version,
    protocol: manifest.protocol,
    implementation: { name: basename(command.at(-1) ?? ""), language: "any" },
    machine: { cpus: cpus().length },
    results,
    notAsked: 0,
    complaints: [],
    ms: performance.now() - fromMs,
  };
  for (const { kind, file } of reports)
    writeFileSync(file, kind === "json" ? jsonReport(summary) : junitReport(summary));
  process.stdout.write(values.json ? jsonReport(summary) : tableReport(summary));
  return results.some(({ outcome, level }) => outcome === "fail" && isDemanded(level, selection)) ? 1 : 0;
}
