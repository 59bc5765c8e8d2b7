import { readFileSync } from "node:fs";
import process from "node:process";
import type { Arguments } from "./arguments.js";
import { rules } from "./judge/rules.js";
import type { Happening } from "./timeline/happening.js";
import { brokenRules } from "./timeline/judge.js";
import { UsageError } from "./usage.js";
import type { WireEvent } from "./wire.js";

/** A case of the fixtures: a timeline of what a monitor saw, or of what a client did. */
interface JudgedCase {
  readonly id: string;
  readonly verdict: "good" | "bad";
  readonly spec: readonly string[];
  readonly wire?: readonly WireEvent[];
  readonly events?: Happening[];
}

/** Events that only the client itself can tell. */
const inner = ["connect", "sent", "sent_part", "sent_rest", "waited", "held", "dropped", "closed"];

/** Judges each timeline of a file: events, one a line, or cases of the fixtures. */
export function judgeCommand({ operands, values }: Arguments): number {
  const [file, ...more] = operands;
  if (file === undefined || more.length > 0) throw new UsageError("judge: one FILE.jsonl is expected");
  const lines = readLines(file);
  const isFixture = lines.some((line) => "verdict" in line);
  return isFixture ? judgeCases(lines as unknown as JudgedCase[]) : judgeEvents(lines, values.json);
}

function readLines(file: string): Record<string, unknown>[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`judge: ${(error as Error).message}`);
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new UsageError(`judge: line ${i + 1} of ${file} is no JSON`);
    }
    const isKnown = typeof value === "object" && value !== null && ("event" in value || "verdict" in value);
    if (!isKnown) throw new UsageError(`judge: line ${i + 1} of ${file} is neither an event nor a case`);
    return value as Record<string, unknown>;
  });
}

/** Whether the verdict on each case is the one that it tells. */
function judgeCases(cases: readonly JudgedCase[]): number {
  let wrong = 0;
  for (const { id, verdict, spec, wire, events } of cases) {
    const broken = wire === undefined ? brokenRules(events ?? []) : brokenOnWire(wire);
    const expected = verdict === "good" ? [] : spec;
    const isRight = broken.length === expected.length && broken.every((rule) => expected.includes(rule));
    if (!isRight) wrong++;
    process.stdout.write(
      `${isRight ? "✓" : "✗"} ${id}: ${broken.length === 0 ? "good" : `breaks ${broken.join(" ")}`}\n`,
    );
  }
  return wrong === 0 ? 0 : 1;
}

function brokenOnWire(wire: readonly WireEvent[]): string[] {
  return rules.filter(({ judge }) => judge(wire).outcome === "fail").map(({ name }) => name);
}

function judgeEvents(events: readonly Record<string, unknown>[], asJson: boolean): number {
  if (events.some(({ event }) => inner.includes(String(event)) && event !== "closed")) {
    const broken = brokenRules(events as unknown as Happening[]);
    process.stdout.write(
      asJson
        ? `${JSON.stringify({ broken })}\n`
        : `${broken.map((rule) => `✗ ${rule}\n`).join("") || "✓ no rule is broken\n"}`,
    );
    return broken.length === 0 ? 0 : 1;
  }
  const judged = rules.map(({ name, level, judge }) => {
    const judgement = judge(events as unknown as WireEvent[]);
    return { ...judgement, rule: name, level: judgement.level ?? level };
  });
  if (asJson) process.stdout.write(`${JSON.stringify(judged, null, 2)}\n`);
  else
    for (const { rule, outcome, detail } of judged)
      process.stdout.write(`${sign(outcome)} ${rule.padEnd(5)} ${detail}\n`);
  return judged.some(({ outcome, level }) => outcome === "fail" && level === "must") ? 1 : 0;
}

const sign = (outcome: string): string => ({ pass: "✓", fail: "✗", inconclusive: "?" })[outcome] ?? "–";
