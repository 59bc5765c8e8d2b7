import type { Clock } from "../../src/clock.js";

/** A clock that moves when it is told to; and by `stepMs` each time that it is read, if that is set. */
export class ManualClock implements Clock {
  wall = 1_700_000_000_000;
  monotonic = 5_000;
  stepMs = 0;
  reads = 0;

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    this.reads += 1;
    this.monotonic += this.stepMs;
    return this.monotonic;
  }

  advance(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
  }
}
