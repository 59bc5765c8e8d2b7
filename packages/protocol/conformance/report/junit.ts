import type { Result } from "../result.js";
import type { Summary } from "./summary.js";

/**
 * The report for build servers: a test suite for each file of fixtures and each scenario, a test
 * case for each check. A known failure counts as skipped there, since it fails no run.
 */
export function junitReport({ implementation, results, ms }: Summary): string {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const own = groups.get(result.group);
    if (own === undefined) groups.set(result.group, [result]);
    else own.push(result);
  }
  const suites = [...groups].map(([name, own]) => suite(name, own));
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="${attribute(implementation.name)}"${counts(results)} time="${seconds(ms)}">`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(name: string, results: readonly Result[]): string {
  const ms = results.reduce((sum, result) => sum + result.ms, 0);
  const head = `  <testsuite name="${attribute(name)}"${counts(results)} time="${seconds(ms)}">`;
  return [head, ...results.map(testcase), "  </testsuite>"].join("\n");
}

function testcase(result: Result): string {
  const { id, group, ms, outcome, detail, trace = [], isKnown } = result;
  const head = `    <testcase name="${attribute(id)}" classname="${attribute(group)}" time="${seconds(ms)}"`;
  const kind = kindOf(result);
  if (kind === "passed") return `${head}/>`;
  const message = `message="${attribute(isKnown ? `known failure: ${detail}` : detail)}"`;
  const body =
    kind === "failure"
      ? `      <failure ${message} type="${attribute(result.spec.join(" "))}">${element(trace.join("\n"))}</failure>`
      : `      <skipped ${message.replace(`"`, `"${outcome}: `)}/>`;
  return [`${head}>`, body, "    </testcase>"].join("\n");
}

function kindOf({ outcome, isKnown }: Result): "passed" | "failure" | "skipped" {
  if (outcome === "pass") return "passed";
  return outcome === "fail" && isKnown !== true ? "failure" : "skipped";
}

function counts(results: readonly Result[]): string {
  const kinds = results.map(kindOf);
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  return ` tests="${results.length}" failures="${count("failure")}" skipped="${count("skipped")}"`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** XML cannot hold control characters and lone surrogates, not even escaped. */
function element(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\u{10ffff}]|[\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const attribute = (text: string): string =>
  element(text).replace(/["\n\t\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
