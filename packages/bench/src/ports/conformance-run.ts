import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const runner = fileURLToPath(new URL("../../../protocol/bin/kissbot-conformance.mjs", import.meta.url));

/** What the runner measured for one rule in one mode; which of them depends on the rule. */
export interface Measured {
  /** Medians and the like of calls, in milliseconds. */
  readonly p50_ms?: number;
  readonly p99_ms?: number;
  readonly longest_ms?: number;
  /** What the last of several bursts of calls added to the process. */
  readonly grown_bytes?: number;
  /** From the wish to the end of the process. */
  readonly end_ms?: number;
}

/** The report of one run of a client. */
export interface ConformanceReport {
  readonly ms: number;
  readonly totals: { readonly pass: number; readonly fail: number; readonly not_exercised: number };
  /** By mode and rule, such as `frozen:C-2`. */
  readonly measured: ReadonlyMap<string, Measured>;
}

/**
 * Runs the conformance runner over a driver; with `modes`, over these alone, one after the other.
 */
export function conformanceRun(driver: readonly string[], modes?: readonly string[]): ConformanceReport {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-ports-"));
  try {
    const file = join(folder, "report.json");
    const some = (modes ?? []).flatMap((mode) => ["--only", `${mode}:*`]);
    const what = modes === undefined ? ["run"] : ["conduct", "--lanes", "1", ...some];
    const args = [runner, ...what, "--report", `json=${file}`];
    const { stderr } = spawnSync(process.execPath, [...args, "--", ...driver], { encoding: "utf8" });
    const report = readReport(file);
    if (report === undefined) throw new Error(`the conformance runner made no report: ${stderr}`);
    const cases: readonly { readonly id: string; readonly measured?: Measured }[] = report.cases;
    return { ...report, measured: new Map(cases.map(({ id, measured = {} }) => [id, measured])) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
