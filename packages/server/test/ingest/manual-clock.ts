import type { Clock } from "../../src/clock.js";

/** A clock that stands still until it is told. */
export class ManualClock implements Clock {
  nowMs = 1_700_000_000_000;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }
}
