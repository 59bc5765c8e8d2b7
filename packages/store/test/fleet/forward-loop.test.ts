import { copyFileSync, renameSync } from "node:fs";
import { ManualClock, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ForwardLoop, type ForwardStatus } from "../../src/fleet/forward-loop.js";
import { SourceTail } from "../../src/sqlite/read/source-tail.js";
import { Monitor } from "../plain-monitor.js";
import { MemoryReceiver } from "./memory-receiver.js";

/** A loop whose time passes only while it pauses, and that stops at a condition. */
class LoopStage {
  readonly monitor: Monitor;
  readonly receiver = new MemoryReceiver();
  readonly clock = new ManualClock();
  readonly statuses: ForwardStatus[] = [];
  readonly pauses: number[] = [];
  readonly loop: ForwardLoop;
  /** Asked at each pause. */
  onPause: () => void = () => undefined;
  /** When the bots were looked at, by the clock, and how long a look takes. */
  readonly looksMs: number[] = [];
  lookMs = 0;

  constructor(folder: TemporaryFolder, rowsPerSecond = 1e9) {
    this.monitor = new Monitor(folder.file("kissbot_monitor.db"));
    this.monitor.open();
    this.loop = new ForwardLoop({
      openTail: () => this.#openTail(),
      receiver: this.receiver,
      rowsPerSecond,
      onStatus: (status) => this.statuses.push(status),
      describe: (error) => (error as Error).message,
      onRejected: () => undefined,
      now: () => this.clock.wallMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      pause: async (ms) => {
        this.pauses.push(ms);
        this.clock.pass(ms);
        this.onPause();
      },
    });
  }

  #openTail(): SourceTail {
    const tail = new SourceTail(this.monitor.path);
    const bots = tail.bots.bind(tail);
    tail.bots = () => {
      this.looksMs.push(this.clock.monotonicMs());
      this.clock.pass(this.lookMs);
      return bots();
    };
    return tail;
  }

  get last(): ForwardStatus | undefined {
    return this.statuses.at(-1);
  }

  received(): number {
    return this.receiver.state.rows.get("usage")?.length ?? 0;
  }
}

test("it sends what there is, waits for news, and ends when it is told to", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  let written = 0;
  stage.onPause = () => {
    if (stage.received() === 5 + 3 * written && written < 2) {
      stage.monitor.write("usage", 3, 100 + written);
      written += 1;
    } else if (stage.received() === 11) stage.loop.stop();
  };
  await stage.loop.run();
  expect(stage.received()).toBe(11);
  expect(stage.statuses[0]).toMatchObject({ state: "connecting", detail: null });
  expect(stage.last).toMatchObject({
    state: "sending",
    detail: null,
    waiting: { usage: 0 },
    counts: { rows: 11 },
  });
  expect(new Set(stage.pauses), "news are looked for four times a second").toEqual(new Set([250]));
  stage.monitor.close();
});

test("it tries again after a failure, in turns that grow to ten seconds, and goes on by itself", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  stage.receiver.fates = Array.from({ length: 40 }, () => "cut" as const);
  stage.onPause = () => {
    if (stage.received() === 5) stage.loop.stop();
  };
  await stage.loop.run();
  const away = stage.statuses.filter(({ state }) => state === "away");
  expect(away.length).toBe(40);
  expect(away[0]?.detail).toBe("the connection was lost");
  for (const [i, ms] of stage.pauses.slice(0, 40).entries())
    expect(ms).toBeLessThanOrEqual(Math.min(10_000, 250 * 2 ** i));
  expect(Math.max(...stage.pauses)).toBeGreaterThan(5_000);
  expect(stage.last).toMatchObject({ state: "sending", counts: { rows: 5 } });
  stage.monitor.close();
});

test("a try that hung is followed by the next within a second, however many have failed [fleet/T6]", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  stage.receiver.fates = Array.from({ length: 40 }, () => "cut" as const);
  stage.receiver.onStatement = () => stage.clock.pass(5_000);
  stage.onPause = () => {
    if (stage.received() === 5) stage.loop.stop();
  };
  await stage.loop.run();
  expect(Math.max(...stage.pauses.slice(0, 40))).toBeLessThanOrEqual(1_000);
  expect(Math.max(...stage.pauses.slice(0, 40))).toBeGreaterThan(500);
  stage.monitor.close();
});

test("a refusal is shown with its reason, and tried again three times a minute", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  stage.receiver.isRefusing = true;
  stage.onPause = () => {
    if (stage.pauses.length === 3) stage.receiver.isRefusing = false;
    if (stage.received() === 5) stage.loop.stop();
  };
  await stage.loop.run();
  expect(stage.pauses.slice(0, 3)).toEqual([20_000, 20_000, 20_000]);
  expect(stage.statuses[1]).toMatchObject({ state: "refused", detail: "the password is wrong" });
  expect(stage.last).toMatchObject({ state: "sending", detail: null });
  stage.monitor.close();
});

test("while the database is away, only what it lacked waits, and before it was reached nobody knows [fleet/R6]", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 100, 1);
  stage.receiver.isRefusing = true;
  stage.onPause = () => {
    if (stage.last?.state === "refused" && stage.received() === 0) stage.receiver.isRefusing = false;
    else if (stage.received() === 100 && stage.last?.state === "sending") {
      stage.receiver.fates = Array.from({ length: 8 }, () => "cut" as const);
      stage.monitor.write("usage", 3, 1_000);
    } else if (stage.received() === 103) stage.loop.stop();
  };
  await stage.loop.run();
  const refused = stage.statuses.filter(({ state }) => state === "refused");
  expect(refused.map(({ waiting }) => waiting)).toEqual([null]);
  const away = stage.statuses.filter(({ state }) => state === "away");
  expect(away.length).toBe(8);
  expect(new Set(away.map(({ waiting }) => waiting?.usage))).toEqual(new Set([3]));
  expect(stage.last?.waiting?.usage).toBe(0);
  stage.monitor.close();
});

test("far behind is told as such, and ends", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  for (let i = 0; i < 17; i++) stage.monitor.write("usage", 1_000, 1 + 1_000 * i);
  stage.onPause = () => stage.loop.stop();
  await stage.loop.run();
  expect(stage.statuses.slice(0, 3).map(({ state }) => state)).toEqual(["connecting", "behind", "behind"]);
  expect(stage.last).toMatchObject({ state: "sending", counts: { rows: 17_000 } });
  stage.monitor.close();
});

test("what is held back by its rate goes on as soon as there is room", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder, 4_000);
  for (let i = 0; i < 30; i++) stage.monitor.write("usage", 1_000, 1 + 1_000 * i);
  const startMs = stage.clock.monotonicMs();
  stage.onPause = () => {
    if (stage.received() === 30_000) stage.loop.stop();
  };
  await stage.loop.run();
  const seconds = (stage.clock.monotonicMs() - startMs) / 1_000;
  expect(seconds).toBeGreaterThan(4);
  expect(seconds).toBeLessThan(9);
  stage.monitor.close();
});

test("a database that was replaced is opened anew, and its rows are sent under its own names [fleet/R4]", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  stage.monitor.close();
  copyFileSync(stage.monitor.path, folder.file("backup.db"));
  stage.monitor.write("usage", 5, 100);
  let isRestored = false;
  stage.onPause = () => {
    if (stage.received() === 10 && !isRestored) {
      isRestored = true;
      stage.monitor.close();
      renameSync(folder.file("backup.db"), stage.monitor.path);
      stage.monitor.write("usage", 7, 200);
    } else if (stage.received() === 17) stage.loop.stop();
  };
  await stage.loop.run();
  expect(stage.received()).toBe(17);
  expect(new Set(stage.receiver.state.rows.get("usage")).size).toBe(17);
  stage.monitor.close();
});

test("where the database cannot be read it says so, and goes on when it can", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.monitor.write("usage", 5, 1);
  stage.monitor.close();
  renameSync(stage.monitor.path, folder.file("elsewhere.db"));
  stage.onPause = () => {
    if (stage.pauses.length === 2) renameSync(folder.file("elsewhere.db"), stage.monitor.path);
    if (stage.received() === 5) stage.loop.stop();
  };
  const done = stage.loop.run();
  await until("it has ended", () => stage.received() === 5);
  await done;
  expect(stage.statuses[1]?.state).toBe("away");
  expect(stage.last?.state).toBe("sending");
});

test("bots that were not looked at when there was news are, as soon as it is time, without other news", async () => {
  using folder = new TemporaryFolder("store");
  const stage = new LoopStage(folder);
  stage.lookMs = 300;
  stage.monitor.write("usage", 5, 1);
  let isWritten = false;
  stage.onPause = () => {
    if (stage.looksMs.length === 2) stage.loop.stop();
    if (!isWritten && stage.received() === 5) stage.monitor.write("usage", 1, 100);
    isWritten ||= stage.received() === 5;
  };
  await stage.loop.run();
  const [first = 0, second = 0] = stage.looksMs;
  expect(second - first).toBeGreaterThanOrEqual(1_500);
  expect(second - first).toBeLessThan(2_000);
  // And once more with the goodbye.
  expect(stage.looksMs).toHaveLength(3);
});
