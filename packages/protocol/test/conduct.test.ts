import { expect, test } from "vitest";
import type { ConductCase } from "../cases/timeline.js";
import type { Happening } from "../conformance/timeline/happening.js";
import { brokenRules } from "../conformance/timeline/judge.js";
import { decodeLine } from "../src/index.js";
import { type Fixture, readCases } from "./fixture.js";

const cases = readCases<ConductCase & Fixture>("conduct");
const good = cases.filter(({ verdict }) => verdict === "good");
const bad = cases.filter(({ verdict }) => verdict === "bad");

test.each(good)("$id breaks no rule [conformance/R11]", ({ events }) => {
  expect(brokenRules(events)).toEqual([]);
});

test.each(bad)("$id breaks the rule that it names, and no other [conformance/R11]", ({ events, spec }) => {
  expect(spec).toHaveLength(1);
  expect(brokenRules(events)).toEqual(spec);
});

test("each rule of a good client has a good case and a bad one", () => {
  const rules = Array.from({ length: 10 }, (_, i) => `C-${i + 1}`);
  const named = (list: ConductCase[]) => new Set(list.flatMap(({ spec }) => spec));
  expect(rules.filter((rule) => !named(good).has(rule))).toEqual([]);
  expect([...named(bad)].sort()).toEqual([...rules].sort());
});

test("timelines go forward, and their lines are messages", () => {
  for (const { id, events } of cases) {
    const times = events.map(({ at_ms }) => at_ms);
    expect(times, id).toEqual([...times].sort((a, b) => a - b));
    for (const line of events.flatMap(linesOf)) {
      expect(decodeLine(new TextEncoder().encode(line)), `${id}: ${line}`).toMatchObject({ ok: true });
    }
  }
});

function linesOf(one: Happening): string[] {
  if ("lines" in one) return one.lines;
  return "line" in one ? [one.line] : [];
}
