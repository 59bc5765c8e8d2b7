import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child, killChildren, until } from "@kissbot/testkit";
import { afterEach, describe, expect, test } from "vitest";
import type { MeasuredProbeResult } from "../../src/registry/probe-result.js";
import type { ProcessProbe } from "../../src/sampling/process-probe.js";
import { probes } from "./probes.js";
import { startSleeper, startSleepers } from "./sleeper.js";

const linux = process.platform === "linux";

let opened: ProcessProbe[] = [];

afterEach(async () => {
  for (const probe of opened) probe.close();
  opened = [];
  await killChildren();
});

async function lookAt(probe: ProcessProbe, pid: number): Promise<MeasuredProbeResult> {
  const look = (await probe.probe([pid])).get(pid);
  if (look === undefined) throw new Error(`no look at ${pid}`);
  return look;
}

/** A pid that was somebody's and now is nobody's. */
async function deadPid(): Promise<number> {
  const child = await startSleeper();
  await child.kill();
  return child.pid;
}

/** What this process has open; of pipes and sockets their kind. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/\[\d+\]/, "");
    } catch {
      // The descriptor of the listing itself, which is closed by now.
      return [];
    }
  });
}

describe.each(probes)("the $name probe", ({ open }) => {
  const openProbe = () => {
    const probe = open();
    opened.push(probe);
    return probe;
  };

  test("finds a live process alive, without a CPU in its first look, and then with one", async () => {
    const probe = openProbe();
    const { pid } = await startSleeper();
    const first = await lookAt(probe, pid);
    expect(first).toMatchObject({ state: "alive", cpuPct: null });
    await until("it has a CPU", async () => (await lookAt(probe, pid)).cpuPct !== null);
    const later = await lookAt(probe, pid);
    expect(later.cpuPct).toBeLessThan(20);
    expect(later.rssMb).toBeGreaterThan(0.1);
    expect(later.rssMb).toBeLessThan(200);
    expect(probe.problem).toBeNull();
  });

  test("answers for every pid, once, with dead ones among live ones", async () => {
    const probe = openProbe();
    const dead = [await deadPid(), await deadPid()];
    const live = await startSleepers(5);
    const [a, b, c, d, e] = live as [number, number, number, number, number];
    const asked = [a, dead[0] ?? 0, b, c, a, dead[1] ?? 0, d, e, 4_294_967_295];
    for (let round = 0; round < 3; round++) {
      const looks = await probe.probe(asked);
      expect([...looks.keys()].sort()).toEqual([...new Set(asked)].sort());
      for (const pid of live) expect(looks.get(pid)?.state).toBe("alive");
      const gone = { state: "gone", startedAtMs: null, startKey: null, cpuPct: null, rssMb: null };
      for (const pid of dead) expect(looks.get(pid)).toEqual(gone);
    }
    expect((await probe.probe([])).size).toBe(0);
    expect((await probe.probe(dead)).get(dead[0] ?? 0)?.state).toBe("gone");
  });

  test("sees a process go", async () => {
    const probe = openProbe();
    const child = await startSleeper();
    expect((await lookAt(probe, child.pid)).state).toBe("alive");
    await child.kill();
    expect((await lookAt(probe, child.pid)).state).toBe("gone");
  });

  test("calls at once do not disturb each other", async () => {
    const probe = openProbe();
    const other = openProbe();
    const live = await startSleepers(4);
    const answers = await Promise.all([probe, other, probe, other].map((asked) => asked.probe(live)));
    for (const looks of answers) {
      for (const pid of live) expect(looks.get(pid)?.state).toBe("alive");
    }
    for (const pid of live) expect(answers[1]?.get(pid)?.cpuPct).toBeNull();
  });

  test("tells of a busy process what it says of itself", async () => {
    const probe = openProbe();
    const child = Child.node([fileURLToPath(new URL("children/busy.mjs", import.meta.url))], { ipc: true });
    const ownUsage = async () => {
      child.process.send("usage");
      const [usage] = await once(child.process, "message");
      return usage as { cpuMs: number; atMs: number };
    };
    const before = await ownUsage();
    await lookAt(probe, child.pid);
    await until("it has worked for a while", async () => (await ownUsage()).cpuMs > before.cpuMs + 700);
    const look = await lookAt(probe, child.pid);
    const after = await ownUsage();
    const ownPct = (100 * (after.cpuMs - before.cpuMs)) / (after.atMs - before.atMs);
    expect(ownPct).toBeGreaterThan(3);
    expect(look.cpuPct).toBeGreaterThan(ownPct * 0.6 - 5);
    expect(look.cpuPct).toBeLessThan(ownPct * 1.4 + 5);
  });

  test("gives unknown looks once it is closed", async () => {
    const probe = openProbe();
    const { pid } = await startSleeper();
    await lookAt(probe, pid);
    probe.close();
    expect(await lookAt(probe, pid)).toMatchObject({ state: "unknown", cpuPct: null, rssMb: null });
  });

  test.runIf(linux)(
    "keeps no descriptor in hundreds of rounds while processes go",
    async () => {
      const probe = openProbe();
      const pids = await startSleepers(120);
      const survivors = pids.slice(60);
      await probe.probe(pids);
      const openBefore = openFiles().length;
      for (let round = 0; round < 300; round++) {
        const looks = await probe.probe(pids);
        expect(survivors.filter((pid) => looks.get(pid)?.state === "alive").length).toBe(60);
        expect(openFiles().filter((path) => /^\/proc\/\d+\/stat$/.test(path))).toEqual([]);
        // It may end while it is looked at.
        const victim = pids[round / 5];
        if (victim !== undefined) process.kill(victim, "SIGKILL");
      }
      const gone = async () =>
        [...(await probe.probe(pids)).values()].filter(({ state }) => state === "gone").length;
      await until("half of them are gone", async () => (await gone()) === 60);
      await until("as many descriptors as before", () => openFiles().length <= openBefore);
    },
    60_000,
  );

  test.runIf(linux)("never takes a zombie for a live process", async () => {
    const probe = openProbe();
    // The shell becomes a program that does not wait for the child that it inherits.
    const parent = new Child("sh", ["-c", "sleep 0.1 & echo $!; exec sleep 1000"]);
    await parent.prints("\n");
    const pid = Number(parent.stdout);
    const expected = probe.capabilities.zombie ? "gone" : "unknown";
    await until("it is a zombie", () => readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z "));
    expect(await lookAt(probe, pid)).toMatchObject({ state: expected, cpuPct: null, rssMb: null });
  });

  test("tells when a process started, by a time and by a key, where it says that it can", async () => {
    const probe = openProbe();
    const spawnedAtMs = Date.now();
    const { pid } = await startSleeper();
    const startedBeforeMs = Date.now();
    const look = await lookAt(probe, pid);
    const again = await lookAt(probe, pid);
    expect(look.startKey).toBe(again.startKey);
    if (!probe.capabilities.startTime) expect(look.startedAtMs).toBeNull();
    else {
      expect(Number.isInteger(look.startedAtMs)).toBe(true);
      // Its clock ticks every 10 ms, and the two readings behind it are not taken at once.
      expect(look.startedAtMs).toBeGreaterThan(spawnedAtMs - 100);
      expect(look.startedAtMs).toBeLessThan(startedBeforeMs + 100);
    }
    expect(look.startKey === null).toBe(!probe.capabilities.startKey);
  });

  test.runIf(linux)("looks at hundreds of real processes and lets the event loop run between", async () => {
    const probe = openProbe();
    const pids = await startSleepers(300);
    let turns = 0;
    let over = false;
    const count = () => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const looks = await probe.probe(pids);
    over = true;
    expect([...looks.values()].filter(({ state }) => state === "alive").length).toBe(300);
    // 300 steps are more than one slice, whatever the machine's speed.
    expect(turns).toBeGreaterThan(0);
  });
});
