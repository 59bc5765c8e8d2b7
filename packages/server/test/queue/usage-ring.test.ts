import type { LlmUsage } from "@kissbot/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { NamePool } from "../../src/queue/name-pool.js";
import { UsageRing } from "../../src/queue/usage-ring.js";

const name = fc.constantFrom("a", "b", "gpt-4o-mini", "a name that is longer than what V8 keeps once");
const usage: fc.Arbitrary<LlmUsage> = fc.record(
  {
    ...{ type: fc.constant("llm_usage" as const), channel: name, model: name, feature: name, provider: name },
    ...{ tokens_in: fc.maxSafeNat(), tokens_out: fc.nat(), tokens_cached: fc.nat() },
    latency_ms: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    cost_usd: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    ts: fc.double({ noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: ["type", "channel", "model", "feature", "tokens_in", "tokens_out"] },
);

test("gives back each row as it came, in order, however it grew in between", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(usage, fc.constant("drop" as const)), { size: "large" }), (steps) => {
      const ring = new UsageRing();
      const expected: (readonly [LlmUsage, number])[] = [];
      for (const [atMs, step] of steps.entries()) {
        if (step !== "drop") {
          ring.push(step, atMs);
          expected.push([step, atMs]);
        } else if (expected.length > 0) {
          const [row, receivedAtMs] = expected.shift() as readonly [LlmUsage, number];
          expect([ring.oldest, ring.oldestReceivedAtMs]).toEqual([row, receivedAtMs]);
          ring.dropOldest();
        }
        expect(ring.length).toBe(expected.length);
      }
      for (const [row, receivedAtMs] of expected) {
        expect([ring.oldest, ring.oldestReceivedAtMs]).toEqual([row, receivedAtMs]);
        ring.dropOldest();
      }
      expect(ring.length).toBe(0);
    }),
  );
});

test("keeps its room through a flood, and gives back what a stall made it grow once rows come as always", () => {
  const ring = new UsageRing();
  const row: LlmUsage = {
    ...{ type: "llm_usage", channel: "a", model: "m", feature: "f" },
    ...{ tokens_in: 1, tokens_out: 2 },
  };
  for (let i = 0; i < 100_000; i++) ring.push({ ...row, tokens_in: i }, i);
  expect(ring.capacity).toBe(131_072);
  let inOrder = 0;
  for (let i = 0; i < 100_000; i++) {
    if (ring.oldest.tokens_in === i && ring.oldestReceivedAtMs === i) inOrder++;
    ring.dropOldest();
  }
  expect(inOrder).toBe(100_000);
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 40_000; i++) ring.push(row, i);
    while (ring.length > 0) ring.dropOldest();
    expect(ring.capacity).toBe(131_072);
  }
  for (const capacity of [65_536, 32_768, 16_384, 8_192, 4_096, 4_096]) {
    ring.push({ ...row, tokens_in: capacity }, capacity);
    expect([ring.oldest.tokens_in, ring.oldestReceivedAtMs]).toEqual([capacity, capacity]);
    ring.dropOldest();
    expect(ring.capacity).toBe(capacity);
  }
});

test("names without end leave no more than a full pool behind", () => {
  const pool = new NamePool(3);
  for (const one of ["a", "b", "c", "d", "a"]) expect(pool.take(one)).toBe(one);
  expect(pool.size).toBe(2);
});
