import { totalsOf } from "../result.js";
import type { Summary } from "./summary.js";

/** The report for programs, as `report.schema.json` describes it. */
export function jsonReport(summary: Summary): string {
  const { controlMaxUs } = summary.machine;
  const report = {
    runner: summary.runner,
    suite_version: summary.suiteVersion,
    protocol: summary.protocol,
    implementation: summary.implementation,
    machine: {
      cpus: summary.machine.cpus,
      ...(controlMaxUs === undefined ? {} : { control: { max_us: controlMaxUs } }),
    },
    totals: totalsOf(summary.results),
    not_asked: summary.notAsked,
    known_failures: summary.complaints,
    ms: Math.round(summary.ms),
    cases: summary.results.map(
      ({ id, group, level, spec, outcome, detail, measured, ms, trace, isKnown, isUnscored }) => ({
        id,
        group,
        level,
        spec,
        outcome,
        exercised: outcome !== "not_exercised" && outcome !== "skipped",
        detail,
        measured: measured ?? {},
        ms: Math.round(ms),
        ...(trace === undefined ? {} : { trace }),
        ...(isKnown === true ? { known: true } : {}),
        ...(isUnscored === true ? { scored: false } : {}),
      }),
    ),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
