import { type Batch, StoreError, type WriteOutcome } from "@kissbot/store";
import { ManualClock, RecordingLogger } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunRecord } from "../../src/worker/run-record.js";

/** A store that is there, or not, and takes what it is given, or not. */
class Told {
  readonly clock = new ManualClock();
  readonly startedAtMs = this.clock.wallMs();
  readonly batches: Batch[] = [];
  isOpen = true;
  takes = true;
  readonly record = new RunRecord({
    store: () => (this.isOpen ? { write: (batch) => this.#write(batch) } : null),
    producer: "monitor",
    startedAtMs: this.startedAtMs,
    clock: this.clock,
    logger: new RecordingLogger(),
  });

  async #write(batch: Batch): Promise<WriteOutcome> {
    if (!this.takes) throw new StoreError("busy", "another process holds the lock");
    this.batches.push(batch);
    return "applied";
  }

  /** What was told: how long after the start it was seen, and whether that was its end. */
  get words(): readonly (readonly [seenMs: number | undefined, stopped: boolean | undefined])[] {
    return this.batches.map(({ run }) => [run && run.seenMs - this.startedAtMs, run?.stopped]);
  }

  async pass(ms: number): Promise<void> {
    this.clock.pass(ms);
    await vi.advanceTimersByTimeAsync(ms);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the record of a run", () => {
  test("is told at the start, each minute and at the stop, each time under another number [page/R27]", async () => {
    const told = new Told();
    await told.record.start();
    await told.pass(59_000);
    expect(told.words).toEqual([[0, false]]);
    await told.pass(1_000);
    await told.pass(60_000);
    expect(told.words.length).toBe(3);
    await told.pass(5_000);
    await told.record.stop();
    expect(told.words.at(-1)).toEqual([125_000, true]);
    expect(told.batches.every(({ producer, run }) => producer === "monitor" && run !== undefined)).toBe(true);
    expect(new Set(told.batches.map(({ seq }) => seq)).size).toBe(told.batches.length);
    const { length } = told.batches;
    await told.pass(600_000);
    expect(told.batches.length).toBe(length);
  });

  test("is told soon after a store opens late, or takes rows again [page/R27]", async () => {
    const told = new Told();
    told.isOpen = false;
    await told.record.start();
    await told.pass(5_000);
    told.isOpen = true;
    told.takes = false;
    await told.pass(5_000);
    expect(told.batches).toEqual([]);
    told.takes = true;
    await told.pass(250);
    expect(told.words).toEqual([[10_250, false]]);
    await told.record.stop();
  });

  test("does not keep a monitor from stopping that has no store, or one that fails [page/R27]", async () => {
    for (const isOpen of [false, true]) {
      const told = new Told();
      told.isOpen = isOpen;
      told.takes = false;
      await told.record.start();
      await told.record.stop();
      expect(told.batches).toEqual([]);
    }
  });
});
