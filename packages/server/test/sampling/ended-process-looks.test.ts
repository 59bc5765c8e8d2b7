import { RecordingLogger } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Bot } from "../../src/registry/bot.js";
import {
  type BotProbeResult,
  goneResult,
  type MeasuredProbeResult,
  unknownResult,
} from "../../src/registry/probe-result.js";
import { EndedProcessLooks } from "../../src/sampling/ended-process-looks.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Scene implements AsyncDisposable {
  readonly samples: BotProbeResult[] = [];
  /** When which pids were looked at, in ms since the beginning. */
  readonly asked: [atMs: number, pids: readonly number[]][] = [];
  readonly logger = new RecordingLogger();
  look: MeasuredProbeResult = goneResult;
  fails = false;
  readonly looks: EndedProcessLooks;

  constructor() {
    const beganMs = Date.now();
    const nowMs = () => Date.now() - beganMs;
    this.looks = new EndedProcessLooks({
      queue: { offerSample: (sample) => this.samples.push(sample) },
      probe: {
        capabilities: { startTime: true, zombie: true, startKey: true },
        problem: null,
        close: () => {},
        probe: async (pids) => {
          this.asked.push([nowMs(), pids]);
          if (this.fails) throw new Error("the probe is broken");
          return new Map(pids.map((pid) => [pid, this.look]));
        },
      },
      clock: { wallMs: nowMs, monotonicMs: nowMs },
      logger: this.logger,
    });
    void this.looks.start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.looks.stop();
  }
}

type ChangingBot = { -readonly [Field in keyof Bot]?: Bot[Field] };

function bot(channel: string, pid: number): Bot & ChangingBot {
  return { channel, pid, status: "online", lastSeenMs: 0, conflict: null } as unknown as Bot;
}

test("looks within 100 ms, again after one second and after five, and no more [trial/O15]", async () => {
  await using scene = new Scene();
  scene.look = unknownResult;
  const a = bot("a", 1);
  scene.looks.connectionEnded({ bot: a, pid: 1 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scene.asked.map(([atMs]) => atMs)).toEqual([30, 1_000, 5_000]);
  expect(scene.samples).toHaveLength(3);
  expect(scene.samples[0]).toEqual({ channel: "a", pid: 1, atMs: 30, ...unknownResult, afterEnd: true });
});

test("those that end together are looked at together, and a later one does not wait for their next look [trial/O15]", async () => {
  await using scene = new Scene();
  for (let pid = 1; pid <= 3; pid++) scene.looks.connectionEnded({ bot: bot(`${pid}`, pid), pid });
  await vi.advanceTimersByTimeAsync(500);
  scene.looks.connectionEnded({ bot: bot("4", 4), pid: 4 });
  await vi.advanceTimersByTimeAsync(500);
  expect(scene.asked).toEqual([
    [30, [1, 2, 3]],
    [530, [4]],
    [1_000, [1, 2, 3]],
  ]);
});

test.each<[name: string, change: ChangingBot, goesOn: boolean]>([
  ["known to be dead", { status: "dead" }, false],
  ["away with a goodbye", { status: "offline" }, false],
  ["heard again", { lastSeenMs: 1 }, false],
  ["replaced", { pid: 2 }, false],
  ["stale", { status: "stale" }, true],
  [
    "replaced, and claims the channel all the same",
    { pid: 2, conflict: { pid: 1, principal: "local", sinceMs: 0 } },
    true,
  ],
])("a process that is %s: is looked at on: %3$s [trial/O15]", async (_name, change, goesOn) => {
  await using scene = new Scene();
  const a = bot("a", 1);
  scene.looks.connectionEnded({ bot: a, pid: 1 });
  await vi.advanceTimersByTimeAsync(100);
  Object.assign(a, change);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scene.asked).toHaveLength(goesOn ? 3 : 1);
});

test("one question stands for each process: a new end of a connection takes the place of the older one [trial/O15]", async () => {
  await using scene = new Scene();
  const a = bot("a", 1);
  for (let i = 0; i < 50; i++) {
    scene.looks.connectionEnded({ bot: a, pid: 1 });
    await vi.advanceTimersByTimeAsync(1);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scene.asked.length).toBeLessThanOrEqual(5);
});

test("a probe that fails is logged, and the next look is made; after the stop there is none [trial/O15]", async () => {
  const scene = new Scene();
  scene.fails = true;
  scene.looks.connectionEnded({ bot: bot("a", 1), pid: 1 });
  await vi.advanceTimersByTimeAsync(100);
  expect(scene.samples).toEqual([]);
  expect(scene.logger.errors).toHaveLength(1);
  scene.fails = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scene.samples).toHaveLength(1);
  await scene.looks.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(scene.samples).toHaveLength(1);
});
