import { ManualClock } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Existence } from "../../src/sampling/existence.js";
import type { Usage } from "../../src/sampling/pidusage-call.js";
import { PidusageProbe } from "../../src/sampling/pidusage-probe.js";

type Call = (pids: readonly number[]) => Promise<ReadonlyMap<number, Usage>>;

const usage: Usage = { ctime: 100, elapsed: 60_000, memory: 10 * 1_048_576 };
const answering: Call = async (pids) => new Map(pids.map((pid) => [pid, usage]));

let clock: ManualClock;
let calls: number[][];
let call: Call;
let existence: (pid: number) => Existence;
let probe: PidusageProbe;

beforeEach(() => {
  clock = new ManualClock();
  calls = [];
  call = answering;
  existence = () => "exists";
  probe = new PidusageProbe({
    clock,
    existence: (pid) => existence(pid),
    call: (pids) => {
      calls.push([...pids]);
      return call(pids);
    },
    deadlineMs: 50,
  });
});
afterEach(() => probe.close());

test("asks for no more than a hundred at once, one call after the other", async () => {
  let underWay = 0;
  call = async (pids) => {
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return answering(pids);
  };
  const pids = Array.from({ length: 250 }, (_, index) => index + 1);
  const [first, second] = await Promise.all([probe.probe(pids), probe.probe(pids)]);
  expect(calls.map(({ length }) => length)).toEqual([100, 100, 50, 100, 100, 50]);
  expect([first.size, second.size]).toEqual([250, 250]);
});

test("CPU is the difference of what was used, null at first", async () => {
  expect((await probe.probe([7])).get(7)).toEqual({
    state: "alive",
    startedAtMs: null,
    startKey: null,
    cpuPct: null,
    rssMb: 10,
  });
  clock.pass(10_000);
  call = async () => new Map([[7, { ...usage, ctime: 2_600, elapsed: 70_000 }]]);
  expect((await probe.probe([7])).get(7)?.cpuPct).toBe(25);
});

test("a process that has run for less than the time since the last look is another one", async () => {
  await probe.probe([7]);
  clock.pass(10_000);
  call = async () => new Map([[7, { ...usage, ctime: 2_600, elapsed: 4_000 }]]);
  expect((await probe.probe([7])).get(7)?.cpuPct).toBeNull();
});

test("a dead pid is not asked for, and one that pidusage leaves out takes nothing from the others", async () => {
  existence = (pid) => (pid === 8 ? "absent" : "exists");
  call = async () => new Map([[7, usage]]);
  const looks = await probe.probe([7, 8, 9]);
  expect(calls).toEqual([[7, 9]]);
  expect(looks.get(7)).toMatchObject({ state: "alive", rssMb: 10 });
  expect(looks.get(8)?.state).toBe("gone");
  expect(looks.get(9)).toMatchObject({ state: "alive", cpuPct: null, rssMb: null });
  expect(probe.problem?.code).toBe("probe_failing");
});

test("one that ends while it is asked for is gone", async () => {
  call = async () => {
    existence = () => "absent";
    return new Map();
  };
  expect((await probe.probe([7])).get(7)?.state).toBe("gone");
  expect(probe.problem).toBeNull();
});

test("after a batch that failed, each is asked for by itself", async () => {
  call = async (pids) => {
    if (pids.includes(8)) throw new Error("ps: illegal process id");
    return answering(pids);
  };
  const looks = await probe.probe([7, 8, 9]);
  expect(calls).toEqual([[7, 8, 9], [7], [8], [9]]);
  expect([7, 8, 9].map((pid) => looks.get(pid)?.state)).toEqual(["alive", "unknown", "alive"]);
  expect(probe.problem?.detail).toBe("1 processes could not be looked at: ps: illegal process id");
});

test("where everything fails, it gives up for this round and tries again in the next", async () => {
  call = () => Promise.reject(new Error("no ps"));
  const pids = Array.from({ length: 250 }, (_, index) => index + 1);
  const looks = await probe.probe(pids);
  expect([...looks.values()].every(({ state }) => state === "unknown")).toBe(true);
  expect(looks.size).toBe(250);
  expect(calls.length).toBe(3);
  call = answering;
  expect((await probe.probe([7])).get(7)?.state).toBe("alive");
  expect(probe.problem).toBeNull();
});

test("a call that hangs gives unknown, is not followed by another, and ends that when it answers", async () => {
  let answer = () => {};
  call = (pids) =>
    new Promise((resolve) => {
      answer = () => void answering(pids).then(resolve);
    });
  existence = (pid) => (pid === 8 ? "absent" : "exists");
  const looks = await probe.probe([7, 8, 9]);
  expect([7, 8, 9].map((pid) => looks.get(pid)?.state)).toEqual(["unknown", "gone", "unknown"]);
  expect((await probe.probe([7])).get(7)?.state).toBe("unknown");
  expect(calls.length).toBe(1);
  call = answering;
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect((await probe.probe([7])).get(7)?.state).toBe("alive");
});

test("what cannot be is null or unknown, never 0", async () => {
  call = async () =>
    new Map([
      [7, { ctime: Number.NaN, elapsed: 1, memory: Number.NaN }],
      [8, { ctime: 5, elapsed: 1, memory: 0 }],
    ]);
  const looks = await probe.probe([7, 8]);
  expect(looks.get(7)).toMatchObject({ state: "alive", cpuPct: null, rssMb: null });
  expect(looks.get(8)).toMatchObject({ state: "unknown", cpuPct: null, rssMb: null });
});
