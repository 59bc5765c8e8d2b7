import { expect, test } from "vitest";
import type { WireCase } from "../cases/wire/timeline.js";
import { judges } from "../conformance/judge/judges.js";
import type { WireEvent } from "../conformance/wire.js";
import { decodeLine } from "../src/index.js";
import { type Fixture, readCases } from "./fixture.js";

const cases = readCases<WireCase & Fixture>("wire");
const rules = Array.from({ length: 19 }, (_, i) => `C-${i + 1}`);

/** The rules that the judges find broken, each with what they say. */
function broken(wire: WireEvent[]): Record<string, string> {
  const judgements = Object.values(judges).map((judge) => judge(wire));
  const fails = judgements.filter(({ outcome }) => outcome === "fail");
  return Object.fromEntries(fails.map(({ rule, detail }) => [rule, detail]));
}

test.each(cases.filter(({ verdict }) => verdict === "good"))(
  "$id keeps its rule, and breaks no other [conformance/R11]",
  ({ wire, spec }) => {
    expect(broken(wire)).toEqual({});
    for (const rule of spec) {
      expect(judges[rule]?.(wire)).toMatchObject({ rule, outcome: "pass" });
    }
  },
);

test.each(cases.filter(({ verdict }) => verdict === "bad"))(
  "$id breaks the rule that it names, and no other [conformance/R11]",
  ({ wire, spec }) => {
    expect(spec).toHaveLength(1);
    expect(Object.keys(broken(wire))).toEqual(spec);
  },
);

test("each rule of chapter 8 has two good wire timelines and two bad ones [conformance/R11]", () => {
  for (const rule of rules) {
    const own = cases.filter(({ spec }) => spec.includes(rule));
    expect(own.filter(({ verdict }) => verdict === "good").length, rule).toBeGreaterThanOrEqual(2);
    expect(own.filter(({ verdict }) => verdict === "bad").length, rule).toBeGreaterThanOrEqual(2);
  }
});

test("a wire timeline goes forward, each connection comes before its lines, and what was called are messages", () => {
  for (const { id, wire } of cases) {
    const times = wire.map(({ at_ms }) => at_ms);
    expect(times, id).toEqual([...times].sort((a, b) => a - b));
    const seen = new Set<number>();
    for (const one of wire) {
      if (one.event === "accepted") seen.add(one.connection);
      else if ("connection" in one) expect(seen, `${id}: ${JSON.stringify(one)}`).toContain(one.connection);
      if (one.event !== "call") continue;
      const result = decodeLine(new TextEncoder().encode(one.line));
      expect(result, `${id}: ${one.line}`).toMatchObject({ ok: true });
    }
  }
});

test("a run that exercised nothing is told as such by every judge, never as passed", () => {
  const idle: WireEvent[] = [
    { at_ms: 0, event: "start" },
    { at_ms: 0, event: "listening" },
    { at_ms: 100, event: "call", line: '{"type":"heartbeat","channel":"lounge","pid":1}', took_ms: 0 },
    { at_ms: 101, event: "accepted", connection: 1 },
    { at_ms: 102, event: "line", connection: 1, line: '{"type":"heartbeat","channel":"lounge","pid":1}' },
  ];
  for (const rule of ["C-1", "C-4", "C-5", "C-7", "C-9", "C-15", "C-17"])
    expect(judges[rule]?.(idle)).toMatchObject({ rule, outcome: "not_exercised" });
});
