import { cpus } from "node:os";
import process from "node:process";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { judgeC2 } from "../conformance/judge/c-2.js";
import { judgeC13 } from "../conformance/judge/c-13.js";
import { ProcessMeter } from "../conformance/process-meter.js";
import type { WireEvent } from "../conformance/wire.js";

/*
 * What a busy machine does to a client is not the client's fault: the time for which its process
 * was ready to run and had no processor does not count.
 */

const line = '{"type":"custom_metric","channel":"a","metric_name":"n","value":1}';

/** Calls over a connection that is open. */
const connected = (...calls: object[]): WireEvent[] =>
  [{ event: "start" }, { event: "accepted", connection: 1 }, ...calls].map(
    (one, i) => ({ at_ms: 1_000 * i, ...one }) as WireEvent,
  );

test("a call of which the process waited for a processor has not waited for the monitor [conformance/R4]", () => {
  const call = (took_ms: number, starved_ms?: number) => ({ event: "call", line, took_ms, starved_ms });
  expect(judgeC2(connected(call(600, 590)))).toMatchObject({ outcome: "pass" });
  expect(judgeC2(connected(...Array(9).fill(call(200, 190))))).toMatchObject({ outcome: "pass" });
  expect(judgeC2(connected(call(600)))).toMatchObject({ outcome: "fail", excessMs: 100 });
  expect(judgeC2(connected(call(600, 90)))).toMatchObject({ outcome: "fail", excessMs: 10 });
  // One of the others waits all the same.
  expect(judgeC2(connected(call(900, 890), call(700, 2)))).toMatchObject({ outcome: "fail", excessMs: 198 });
  expect(judgeC2(connected(...Array(3).fill(call(200, 100))))).toMatchObject({
    outcome: "fail",
    excessMs: 50,
  });
});

test("of a burst that had no processor nobody can tell, so it is tried again and never passed at once [conformance/R4]", () => {
  const burst = (more: object) => ({ event: "burst", channel: "a", from: 0, count: 20_000, ...more });
  const judged = judgeC2(connected(burst({ took_ms: 700, starved_ms: 690, p99_ms: 1 })));
  expect(judged).toMatchObject({ outcome: "fail" });
  expect(judged.excessMs).toBeLessThan(0);
  expect(judgeC2(connected(burst({ took_ms: 20, p99_ms: 15 })))).toMatchObject({
    outcome: "fail",
    excessMs: 5,
  });
  // One in a hundred of 20 calls is none.
  expect(judgeC2(connected(burst({ count: 20, took_ms: 28, p50_ms: 1, p99_ms: 28 })))).toMatchObject({
    outcome: "pass",
  });
  expect(judgeC2(connected(burst({ count: 20, took_ms: 28, p50_ms: 12, p99_ms: 28 })))).toMatchObject({
    outcome: "fail",
  });
  // So it has no p99 either, and a single call has no middle: a 0 would say that both were
  // measured.
  expect(judgeC2(connected(burst({ count: 20, took_ms: 28, p50_ms: 1, p99_ms: 28 }))).measured).toEqual({
    calls: 20,
    longest_ms: 28,
    p50_ms: 1,
  });
  const call = { event: "call", line, took_ms: 1 };
  expect(judgeC2(connected(call)).measured).toEqual({ calls: 1, longest_ms: 1 });
});

test("an end that had no processor is late by less [conformance/R4]", () => {
  const wire = (starved_ms?: number) => [
    { event: "exit_asked", how: "return", at_ms: 0 } as WireEvent,
    { event: "exit", code: 0, at_ms: 3_000, starved_ms } as WireEvent,
  ];
  expect(judgeC13(wire())).toMatchObject({ outcome: "fail", excessMs: 1_000 });
  expect(judgeC13(wire(1_500))).toMatchObject({ outcome: "fail", excessMs: -500 });
});

test.skipIf(process.platform !== "linux")(
  "the meter tells a process that has no processor from one that waits [conformance/R4]",
  async () => {
    const program = (text: string) => Child.node(["-e", text]);
    await using waiting = program("setInterval(() => {}, 1e6); setTimeout(() => console.log('up'), 500)");
    await until("it has started", () => waiting.stdout.includes("up"), { timeoutMs: 60_000 });
    const idle = new ProcessMeter(waiting.pid as number);
    const before = idle.starvation();
    expect(before.size).toBeGreaterThan(0);
    // More that are ready to run than there are processors for.
    const busy = Array.from({ length: 2 * cpus().length }, () => program("while (true);"));
    try {
      const meters = busy.map(({ pid }) => new ProcessMeter(pid as number));
      await until(
        "one had no processor for a tenth of a second",
        () => meters.some((meter) => meter.starvedSinceMs(new Map()) > 100),
        { timeoutMs: 60_000 },
      );
      expect(idle.starvedSinceMs(before)).toBeLessThan(100);
    } finally {
      await Promise.all(busy.map((child) => child.kill()));
    }
  },
  120_000,
);
