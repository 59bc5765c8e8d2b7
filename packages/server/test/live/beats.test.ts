import { RecordingLogger, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LiveFeed } from "../../src/live/live-feed.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { RecordingViewer } from "./recording-viewer.js";

/** A feed whose time passes when a test says so. */
class Timed {
  readonly fleet = new PlainFleet();
  readonly log = new RecordingLogger();
  nowMs = 1_000_000;
  summaries = 0;
  /** What a summary waits for. */
  summaryMade: Promise<void> = Promise.resolve();
  readonly feed = new LiveFeed({
    fleet: this.fleet,
    clock: { wallMs: () => noonMs, monotonicMs: () => this.nowMs },
    logger: this.log,
    json: {
      bot: ({ channel }) => JSON.stringify({ channel }),
      transition: ({ channel }) => JSON.stringify({ channel }),
    },
    summary: {
      text: async () => {
        const number = ++this.summaries;
        await this.summaryMade;
        return JSON.stringify({ number, atMs: this.nowMs });
      },
    },
    turns: {
      nextTurn: async () => {
        await new Promise(setImmediate);
        return () => false;
      },
    },
    intervalMs: 1,
  });

  /** The feed's checks come, each so late. */
  async pass(seconds: number, lateMs = () => 0): Promise<void> {
    const startMs = this.nowMs;
    for (let second = 1; second <= seconds; second++) {
      this.nowMs = startMs + second * 1_000 + lateMs();
      vi.advanceTimersByTime(1_000);
      // The round that it brings about waits for a timer of a millisecond, and then for a few
      // turns.
      const timerMs = performance.now() + 3;
      while (performance.now() < timerMs) await new Promise(setImmediate);
      for (let i = 0; i < 30; i++) await new Promise(setImmediate);
    }
  }
}

interface Beat {
  readonly number: number;
  readonly atMs: number;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a viewer of the stream", () => {
  test("is told hello first, and then a beat every five seconds [page/R25]", async () => {
    const timed = new Timed();
    timed.fleet.add("a");
    await timed.feed.start();
    const viewer = new RecordingViewer();
    timed.feed.subscribe(viewer);
    await until("the snapshot", () => viewer.events.length >= 2);
    expect(viewer.events.map(({ name }) => name)).toEqual(["hello", "snapshot"]);
    let turn = 0;
    await timed.pass(31, () => [0, 40, 400, 0, 3][turn++ % 5] ?? 0);
    await until("six beats", () => viewer.events.filter(({ name }) => name === "beat").length >= 6);
    const beats = viewer.events.filter(({ name }) => name === "beat").map(({ data }) => data as Beat);
    for (const [i, beat] of beats.entries()) {
      const before = beats[i - 1];
      if (before === undefined) continue;
      expect(beat.atMs - before.atMs).toBeGreaterThanOrEqual(4_000);
      expect(beat.atMs - before.atMs).toBeLessThanOrEqual(6_000);
    }
    const ids = viewer.events.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    await timed.feed.stop();
  });

  test("is told by whole events, so that nothing but data arrives [page/R25]", async () => {
    const timed = new Timed();
    await timed.feed.start();
    const viewer = new RecordingViewer();
    timed.feed.subscribe(viewer);
    await until("hello", () => viewer.events.length >= 2);
    await timed.pass(20);
    await until("beats", () => viewer.text.includes("event: beat"));
    expect(viewer.text).not.toContain(": here");
    await timed.feed.stop();
  });

  test("that comes between two beats has its hello at once, and the ids of all grow [page/R25]", async () => {
    const timed = new Timed();
    await timed.feed.start();
    const [early, late] = [new RecordingViewer(), new RecordingViewer()];
    timed.feed.subscribe(early);
    await until("hello", () => early.events.length === 2);
    await timed.pass(7);
    timed.feed.subscribe(late);
    await until("its hello", () => late.events.length === 2);
    timed.fleet.add("a");
    timed.feed.botChanged(timed.fleet.change("a"));
    await timed.pass(6);
    for (const { events } of [early, late]) {
      const ids = events.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(new Set(ids).size).toBe(ids.length);
      expect(events[0]?.name).toBe("hello");
      expect(events[1]?.name).toBe("snapshot");
      expect(events.slice(2).every(({ name }) => name !== "hello")).toBe(true);
    }
    await timed.feed.stop();
  });

  test("misses nothing that changes while its hello is made [page/R25]", async () => {
    const timed = new Timed();
    let made: () => void = () => undefined;
    timed.summaryMade = new Promise((resolve) => {
      made = resolve;
    });
    timed.fleet.add("a");
    await timed.feed.start();
    const viewer = new RecordingViewer();
    timed.feed.subscribe(viewer);
    await until("a summary is under way", () => timed.summaries === 1);
    timed.feed.botChanged(timed.fleet.add("b"));
    const gone = new RecordingViewer();
    const leave = timed.feed.subscribe(gone);
    leave();
    made();
    await until("the snapshot", () => viewer.events.length >= 2);
    timed.feed.botChanged(timed.fleet.change("a"));
    await until("the change", () => viewer.events.length >= 3);
    const told = viewer.events.flatMap(({ name, data }) =>
      name === "hello" ? [] : (data as { channel: string }[]).map(({ channel }) => channel),
    );
    expect(told.sort()).toEqual(["a", "a", "b"]);
    expect(gone.pieces).toEqual([]);
    await timed.feed.stop();
  });
});

test("while nobody views no beat is made [page/R25]", async () => {
  const timed = new Timed();
  await timed.feed.start();
  await timed.pass(20);
  expect(timed.summaries).toBe(0);
  const viewer = new RecordingViewer();
  const leave = timed.feed.subscribe(viewer);
  await until("hello", () => viewer.events.length === 2);
  leave();
  await timed.pass(20);
  expect(timed.summaries).toBe(1);
  await timed.feed.stop();
});

test("a summary that fails closes the viewers, is logged, and later ones are served [page/R25]", async () => {
  const timed = new Timed();
  await timed.feed.start();
  const [first, second] = [new RecordingViewer(), new RecordingViewer()];
  timed.summaryMade = Promise.reject(new Error("no summary"));
  timed.summaryMade.catch(() => undefined);
  timed.feed.subscribe(first);
  await until("it is closed", () => first.closed);
  expect(timed.log.errors).toHaveLength(1);
  timed.summaryMade = Promise.resolve();
  timed.nowMs += 250;
  timed.feed.subscribe(second);
  await until("hello", () => second.events.length === 2);
  await timed.feed.stop();
});
