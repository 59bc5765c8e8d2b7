import { type Outcome, type Result, totalsOf } from "../result.js";
import type { Summary } from "./summary.js";

const signs: Readonly<Record<Outcome, string>> = {
  pass: "✓",
  fail: "✗",
  not_exercised: "–",
  inconclusive: "?",
  skipped: "–",
};

/** The report for people: a line for each file of fixtures, rules against scenarios, failures. */
export function tableReport(summary: Summary): string {
  const { implementation, protocol, suiteVersion, results, notAsked, complaints, ms } = summary;
  const { name, version = "", language } = implementation;
  const conduct = results.filter(isConduct);
  const totals = totalsOf(results);
  const notes = notesOf(summary);
  return [
    `${[name, version].filter(Boolean).join(" ")} (${language}), protocol ${protocol}, suite ${suiteVersion}`,
    "",
    ...files(results.filter((result) => !isConduct(result))),
    ...matrix(conduct),
    ...results.filter(({ outcome, isKnown }) => outcome === "fail" && isKnown !== true).flatMap(failure),
    ...complaints.map((complaint) => `✗ ${complaint}`),
    ...(complaints.length > 0 ? [""] : []),
    ...notes,
    ...(notes.length > 0 ? [""] : []),
    [
      `${totals.pass} passed, ${totals.fail} failed`,
      ...(totals.known > 0 ? [`${totals.known} known failures`] : []),
      ...(totals.not_exercised > 0 ? [`${totals.not_exercised} not exercised`] : []),
      ...(totals.inconclusive > 0 ? [`${totals.inconclusive} inconclusive`] : []),
      ...(totals.skipped > 0 ? [`${totals.skipped} skipped`] : []),
      ...(notAsked > 0 ? [`${notAsked} of a later protocol not asked`] : []),
      `${(ms / 1000).toFixed(1)} s`,
    ].join(", "),
    "",
  ].join("\n");
}

const isConduct = ({ group }: Result): boolean => /^(?:conduct|sender)\//.test(group);

function files(results: readonly Result[]): string[] {
  const groups = [...new Set(results.map(({ group }) => group))];
  if (groups.length === 0) return [];
  const width = Math.max(...groups.map((group) => group.length));
  const lines = groups.map((group) => {
    const own = results.filter((result) => result.group === group);
    const { pass, fail, known, skipped } = totalsOf(own);
    const rest = [
      ...(fail > 0 ? [`${fail} failed`] : []),
      ...(known > 0 ? [`${known} known`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ];
    const sign = fail > 0 ? signs.fail : pass > 0 ? signs.pass : signs.skipped;
    return `${sign} ${group.padEnd(width)}  ${[`${pass} of ${own.length}`, ...rest].join(", ")}`;
  });
  return [...lines, ""];
}

/**
 * Rules against scenarios; a sign that is turned by a dozen names would be too wide, so they are
 * numbered.
 */
function matrix(results: readonly Result[]): string[] {
  if (results.length === 0) return [];
  const groups = [...new Set(results.map(({ group }) => group))];
  const scenarios = groups.map((group) => group.replace(/^\w+\//, ""));
  const rules = [...new Set(results.flatMap(({ spec }) => spec))].sort(byNumber);
  const cells = new Map(results.map((result) => [`${result.group} ${result.spec[0]}`, result]));
  const columns = scenarios.map((_, i) => String(i + 1).padStart(2)).join(" ");
  const rows = rules.map((rule) => {
    const own = groups.map((group) => cells.get(`${group} ${rule}`));
    return `${rule.padEnd(5)} ${own.map((result) => ` ${result === undefined ? " " : signs[result.outcome]}`).join(" ")}`.trimEnd();
  });
  const legend = scenarios.map((scenario, i) => `${String(i + 1).padStart(2)} ${scenario}`);
  return [
    `      ${columns}`,
    ...rows,
    "",
    ...inColumns(legend),
    "",
    "✓ passed  ✗ failed  – not exercised, skipped  ? inconclusive",
    "",
  ];
}

function inColumns(texts: readonly string[], count = 4): string[] {
  const height = Math.ceil(texts.length / count);
  const width = Math.max(...texts.map((text) => text.length)) + 2;
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: count }, (_, column) => (texts[column * height + row] ?? "").padEnd(width))
      .join("")
      .trimEnd(),
  );
}

const byNumber = (one: string, other: string): number =>
  one.replace(/\d+$/, (digits) => digits.padStart(3, "0")) <
  other.replace(/\d+$/, (digits) => digits.padStart(3, "0"))
    ? -1
    : 1;

function failure({ id, level, spec, detail, trace = [], isUnscored }: Result): string[] {
  const rules = spec.map((rule) => `[${rule}]`).join(" ");
  const weight = isUnscored === true ? `${level}, not scored` : level;
  return [`✗ ${id} (${weight}) ${rules} ${detail}`, ...trace.map((line) => `    ${line}`), ""];
}

/** What a reader of the table would wonder about. */
function notesOf({ results }: Summary): string[] {
  const notes: string[] = [];
  const rules = [...new Set(results.filter(isConduct).flatMap(({ spec }) => spec))].sort(byNumber);
  for (const rule of rules) {
    const own = results.filter((result) => isConduct(result) && result.spec.includes(rule));
    const exercised = own.some(({ outcome }) => outcome === "pass" || outcome === "fail");
    if (!exercised)
      notes.push(
        `${signs.skipped} ${rule}: ${own.find(({ detail }) => detail !== "")?.detail ?? "not exercised"}`,
      );
  }
  for (const { id, outcome, detail } of results)
    if (outcome === "inconclusive") notes.push(`${signs.inconclusive} ${id}: ${detail}`);
  return notes;
}
