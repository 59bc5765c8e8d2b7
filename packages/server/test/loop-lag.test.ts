import { ManualClock } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LoopLag } from "../src/loop-lag.js";

/** A monitor's event loop whose timers come when a test says so. */
class Loop {
  readonly clock = new ManualClock();
  readonly lag = new LoopLag({ clock: this.clock });

  /** Its looks come on time for so long. */
  runs(ms: number): void {
    for (let passed = 0; passed < ms; passed += 20) this.#look(20);
  }

  /** Nothing runs for so long, and then a look is due at once. */
  stalls(ms: number): void {
    this.#look(20 + ms);
  }

  #look(ms: number): void {
    this.clock.pass(ms);
    vi.advanceTimersToNextTimer();
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the lag of the event loop", () => {
  test("is not known before the first look [page/R25]", async () => {
    const loop = new Loop();
    expect(loop.lag.ofMinute()).toBeNull();
    await loop.lag.start();
    expect(loop.lag.ofMinute()).toBeNull();
    loop.runs(20);
    expect(loop.lag.ofMinute()).toEqual({ p99Ms: 0, maxMs: 0 });
    await loop.lag.stop();
  });

  test("is that of the last minute [page/R25]", async () => {
    const loop = new Loop();
    await loop.lag.start();
    loop.runs(1_000);
    expect(loop.lag.ofMinute()).toEqual({ p99Ms: 0, maxMs: 0 });
    loop.stalls(50);
    loop.runs(40_000);
    expect(loop.lag.ofMinute()?.maxMs).toBeCloseTo(50, 0);
    loop.runs(30_000);
    expect(loop.lag.ofMinute()).toEqual({ p99Ms: 0, maxMs: 0 });
    await loop.lag.stop();
  });

  test("counts a stall for all the time that it took, not as one late look [page/R25]", async () => {
    const loop = new Loop();
    await loop.lag.start();
    loop.runs(58_000);
    loop.stalls(2_000);
    const { p99Ms = 0, maxMs = 0 } = loop.lag.ofMinute() ?? {};
    // In the slowest hundredth of 60 s the loop was at least 1.4 s late.
    expect(p99Ms).toBeGreaterThan(1_300);
    expect(p99Ms).toBeLessThan(1_520);
    expect(maxMs).toBeGreaterThan(1_980);
    await loop.lag.stop();
  });

  test("of an hour in which nothing ran takes no longer to note than a minute's [page/R25]", async () => {
    const loop = new Loop();
    await loop.lag.start();
    loop.stalls(3_600_000);
    expect(loop.lag.ofMinute()?.maxMs).toBeGreaterThan(3_500_000);
    expect(loop.lag.ofMinute()?.p99Ms).toBeGreaterThan(3_500_000);
    await loop.lag.stop();
  });
});
