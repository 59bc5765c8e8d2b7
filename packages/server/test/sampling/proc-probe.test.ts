import { mkdirSync } from "node:fs";
import { ManualClock } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Existence } from "../../src/sampling/existence.js";
import { ProcProbe } from "../../src/sampling/proc-probe.js";
import { FakeProc } from "./fake-proc.js";

const nothing = { startedAtMs: null, startKey: null, cpuPct: null, rssMb: null };

describe.runIf(process.platform === "linux")("the proc probe", () => {
  let proc: FakeProc;
  let clock: ManualClock;
  let existence: (pid: number) => Existence;
  let probe: ProcProbe;

  beforeEach(() => {
    proc = new FakeProc();
    clock = new ManualClock();
    existence = () => "absent";
    probe = new ProcProbe({ clock, procRoot: proc.root, existence: (pid) => existence(pid) });
  });
  afterEach(() => {
    probe.close();
    proc[Symbol.dispose]();
  });

  async function lookAt(pid: number) {
    return (await probe.probe([pid])).get(pid);
  }

  test("a reused pid is another process, whose CPU begins anew", async () => {
    proc.set({ pid: 7, startTicks: 1_000, userTicks: 50 });
    const first = await lookAt(7);
    clock.pass(10_000);
    proc.set({ pid: 7, startTicks: 1_000, userTicks: 150, systemTicks: 100 });
    const same = await lookAt(7);
    clock.pass(10_000);
    proc.set({ pid: 7, startTicks: 3_000, userTicks: 900 });
    const other = await lookAt(7);
    expect([first, same, other].map((look) => look?.startKey)).toEqual([1_000, 1_000, 3_000]);
    expect([first, same, other].map((look) => look?.cpuPct)).toEqual([null, 20, null]);
    // Its start is 20 s of ticks later, and the wall clock has moved beside.
    expect((other?.startedAtMs ?? 0) - (same?.startedAtMs ?? 0)).toBeGreaterThan(20_000);
  });

  test("a step of the wall clock moves the start time with it, but neither the key nor the CPU", async () => {
    proc.set({ pid: 7, userTicks: 0 });
    const before = await lookAt(7);
    clock.pass(10_000);
    clock.step(-3_610_000);
    proc.set({ pid: 7, userTicks: 500 });
    const after = await lookAt(7);
    const movedMs = (after?.startedAtMs ?? 0) - (before?.startedAtMs ?? 0);
    // Real time passes between the two looks.
    expect(Math.abs(movedMs + 3_600_000)).toBeLessThan(5_000);
    expect(after?.startKey).toBe(before?.startKey);
    expect(after?.cpuPct).toBe(50);
  });

  test("after standing still for an hour, CPU is that of the whole hour", async () => {
    proc.set({ pid: 7, userTicks: 0 });
    await lookAt(7);
    clock.pass(3_600_000);
    proc.set({ pid: 7, userTicks: 36_000 });
    expect((await lookAt(7))?.cpuPct).toBe(10);
  });

  test("a zombie and a dead process are gone, a process without memory has none that is known", async () => {
    proc.set({ pid: 7, state: "Z", rssPages: 0 });
    proc.set({ pid: 8, state: "X" });
    proc.set({ pid: 9, state: "Z", threads: 4, rssPages: 0 });
    const looks = await probe.probe([7, 8, 9]);
    expect(looks.get(7)).toEqual({ state: "gone", ...nothing });
    expect(looks.get(8)).toEqual({ state: "gone", ...nothing });
    expect(looks.get(9)).toMatchObject({ state: "alive", rssMb: null });
  });

  test("a process that is not shown but exists is unknown, never gone, and that is a problem of its own", async () => {
    proc.set({ pid: 7 });
    existence = (pid) => (pid === 9 ? "absent" : "exists");
    const looks = await probe.probe([7, 8, 9]);
    expect([7, 8, 9].map((pid) => looks.get(pid)?.state)).toEqual(["alive", "unknown", "gone"]);
    expect(looks.get(8)).toEqual({ state: "unknown", ...nothing });
    expect(probe.problem).toMatchObject({
      code: "processes_hidden",
      detail: expect.stringMatching(/^1 .*hidepid/),
    });
    await probe.probe([7, 9]);
    expect(probe.problem).toBeNull();
  });

  test("who was gone is asked for by one witness, and is seen as soon as there is a process", async () => {
    let asked = 0;
    existence = () => {
      asked++;
      return "absent";
    };
    const states = async () => [...(await probe.probe([7, 8])).values()].map(({ state }) => state);
    expect(await states()).toEqual(["gone", "gone"]);
    expect(asked).toBe(2);
    expect(await states()).toEqual(["gone", "gone"]);
    expect(asked).toBe(2);
    proc.set({ pid: 7 });
    expect(await states()).toEqual(["alive", "gone"]);
    proc.remove(7);
    existence = () => "exists";
    // It was alive in the round before: now it needs both again.
    expect(await states()).toEqual(["unknown", "gone"]);
  });

  test("whatever else fails is unknown", async () => {
    proc.write(7, "no stat file\n");
    proc.write(8, "");
    // Reading it fails with EISDIR.
    mkdirSync(`${proc.root}/9/stat`, { recursive: true });
    existence = () => "unknown";
    const looks = await probe.probe([7, 8, 9, 10]);
    for (const pid of [7, 8, 9, 10]) expect(looks.get(pid)).toEqual({ state: "unknown", ...nothing });
    expect(probe.problem).toMatchObject({ code: "probe_failing", detail: expect.stringMatching(/^4 /) });
  });

  test("a failed look between two good ones does not make the CPU null again", async () => {
    proc.set({ pid: 7, userTicks: 0 });
    await lookAt(7);
    clock.pass(10_000);
    proc.write(7, "");
    expect((await lookAt(7))?.state).toBe("unknown");
    clock.pass(10_000);
    proc.set({ pid: 7, userTicks: 400 });
    expect((await lookAt(7))?.cpuPct).toBe(20);
  });

  test("without a /proc nothing is gone", async () => {
    proc.set({ pid: 7 });
    proc.remove("self");
    const looks = await probe.probe([7, 8]);
    expect([...looks.values()].map(({ state }) => state)).toEqual(["unknown", "unknown"]);
    expect(probe.problem).toMatchObject({
      code: "process_table_unreadable",
      detail: expect.stringContaining("ENOENT"),
    });
    proc.write("self", "nonsense");
    await probe.probe([7]);
    expect(probe.problem?.detail).toContain("unknown form");
  });

  describe("with 5 000 processes", () => {
    const pids = Array.from({ length: 5_000 }, (_, index) => index + 1);

    /** How often the clock was read in each turn of the event loop: at least once per look. */
    async function readsPerTurn(work: () => Promise<unknown>): Promise<number[]> {
      const reads: number[] = [];
      let over = false;
      let before = clock.reads;
      const turn = () => {
        reads.push(clock.reads - before);
        before = clock.reads;
        if (!over) setImmediate(turn);
      };
      setImmediate(turn);
      await work();
      over = true;
      await new Promise((resolve) => setImmediate(resolve));
      return reads;
    }

    beforeEach(() => {
      for (const pid of pids) if (pid % 10 !== 0) proc.set({ pid });
    });

    test("a slice ends after 2 ms of its clock", async () => {
      clock.passesPerReadMs = 0.05;
      const reads = await readsPerTurn(async () => {
        const looks = await probe.probe(pids);
        expect(looks.size).toBe(5_000);
        expect([...looks.values()].filter(({ state }) => state === "gone").length).toBe(500);
      });
      // 2 ms are 40 readings; the look that goes past them, and the readings at both ends, come on
      // top.
      expect(Math.max(...reads)).toBeLessThanOrEqual(44);
      expect(reads.length).toBeGreaterThan(200);
    });

    test("and after so many looks when the clock stands still", async () => {
      const reads = await readsPerTurn(() => probe.probe(pids));
      expect(Math.max(...reads)).toBeLessThanOrEqual(2 * 250 + 2);
      expect(reads.length).toBeGreaterThanOrEqual(5_000 / 250);
    });
  });
});
