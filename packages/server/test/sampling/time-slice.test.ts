import { expect, test } from "vitest";
import { TimeSlice } from "../../src/sampling/time-slice.js";

function stepsOf(slice: TimeSlice, eachStep: () => void): number {
  for (let steps = 1; ; steps++) {
    eachStep();
    if (slice.spent()) return steps;
  }
}

test("a slice is over by time", async () => {
  let nowMs = 100;
  const slice = new TimeSlice({ monotonicMs: () => nowMs }, { budgetMs: 2 });
  const step = () => {
    nowMs += 0.5;
  };
  expect(stepsOf(slice, step)).toBe(4);
  nowMs += 1_000;
  await slice.rest();
  expect(stepsOf(slice, step)).toBe(4);
});

test("or by its steps, when the clock stands still", async () => {
  const slice = new TimeSlice({ monotonicMs: () => 100 }, { maxSteps: 30 });
  expect(stepsOf(slice, () => undefined)).toBe(30);
  await slice.rest();
  expect(stepsOf(slice, () => undefined)).toBe(30);
});

test("a rest lets timers and immediates go first", async () => {
  const order: string[] = [];
  const slice = new TimeSlice({ monotonicMs: () => 0 });
  setImmediate(() => order.push("immediate"));
  await slice.rest();
  order.push("next slice");
  expect(order).toEqual(["immediate", "next slice"]);
});
