import { expect, test } from "vitest";
import { accountingTable, isComplete, type Steps } from "../src/soak/accounting.js";
import { courseColumns, descriptorCourse, freeCourse, logCourse, rowOf } from "../src/soak/verdict.js";

const steps: Steps = {
  written: 105,
  account: {
    lines: 105,
    rejected: 5,
    received: 100,
    processed: { heartbeat: 50, llm_usage: 30, custom_metric: 10 },
    shed: { llm_usage: 10 },
    waiting: 0,
  },
  calls: 30,
  metrics: 10,
  fleetCalls: 30,
};

test("a soak in which each line is stored or counted is complete", () => {
  const table = accountingTable(steps);
  expect(table.rows).toContainEqual(["messages that were shed, each counted with its reason", "10", "0"]);
  expect(isComplete(table)).toBe(true);
});

test.each<[string, string, Partial<Steps>]>([
  ["on the way to the monitor", "lines that the monitor read", { written: 106 }],
  ["between line and message", "messages", { account: { ...steps.account, lines: 106 }, written: 106 }],
  [
    "in the monitor",
    "messages that were processed",
    { account: { ...steps.account, processed: { heartbeat: 49, llm_usage: 30, custom_metric: 10 } } },
  ],
  ["on the way to the file", "calls in the file", { calls: 29, fleetCalls: 29 }],
  ["on the way to the fleet database", "calls in the fleet database", { fleetCalls: 29 }],
])("a soak that loses one %s says at which step", (_, step, change) => {
  const table = accountingTable({ ...steps, ...change });
  expect(table.rows.filter(([, , missing]) => missing !== "0")).toEqual([[step, expect.any(String), "1"]]);
  expect(isComplete(table)).toBe(false);
});

test("descriptors that come and go are none that stay open", () => {
  const verdictOf = (counts: readonly number[]) =>
    descriptorCourse(counts.map((value, i) => ({ ms: i * 1_000, value }))).verdict;
  expect(verdictOf([30, 32, 30, 31, 33, 30, 29, 31, 30, 32, 31, 30])).toBe("met");
  expect(verdictOf([30, 32, 31, 33, 32, 34, 33, 35, 34, 36, 35, 37])).toBe("missed");
});

test("a log that was begun anew too late is seen, however small it is at the end", () => {
  const verdictOf = (sizes: readonly number[]) =>
    logCourse(sizes.map((value, i) => ({ ms: i * 1_000, value }))).verdict;
  expect(verdictOf([8, 25, 70, 8, 12])).toBe("met");
  expect(verdictOf([8, 25, 3_200, 8, 12])).toBe("missed");
});

test("a long warm-up is told from growth by the slope of the second half", () => {
  const laterOf = (heightOf: (i: number) => number, count = 40) => {
    const points = Array.from({ length: count }, (_, i) => ({ ms: i * 90_000, value: heightOf(i) }));
    return rowOf(freeCourse("memory", points))[courseColumns.indexOf("in the second half")];
  };
  expect(laterOf((i) => Math.min(i, 20))).toBe("0.00 (0.00 to 0.00)");
  expect(laterOf((i) => i)).toBe("40.00 (40.00 to 40.00)");
  expect(laterOf((i) => i, 6)).toBe("");
});
