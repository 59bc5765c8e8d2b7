import { readdirSync } from "node:fs";
import { killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isSilent, planFleet, rivalAt, roles, stretchAt } from "../../src/cli/demo/bot-plan.js";
import { processesWith, startCommand } from "./command.js";

describe("the plan", () => {
  test("has one bot of each kind as far as they go, and no name twice", () => {
    expect(planFleet(3).map(({ role }) => role)).toEqual(roles.slice(0, 3));
    const fleet = planFleet(200);
    expect(new Set(fleet.map(({ channel }) => channel)).size).toBe(200);
    expect(new Set(fleet.map(({ role }) => role))).toEqual(new Set(roles));
  });

  test("lets the stretches of a bot follow each other", () => {
    for (const role of roles) {
      for (const at of [stretchAt, rivalAt]) {
        for (let n = 0; n < 20; n++) {
          const [now, next] = [at(role, n), at(role, n + 1)];
          if (now !== undefined) expect(now.toS).toBeGreaterThan(now.fromS);
          if (now !== undefined && next !== undefined) expect(next.fromS).toBeGreaterThan(now.toS);
        }
      }
    }
  });

  test("lets one role alone fall silent, and come back", () => {
    expect([2, 3, 17, 18, 33].map((ageS) => isSilent("falls_silent", ageS))).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
    for (const role of roles.filter((one) => one !== "falls_silent")) expect(isSilent(role, 10)).toBe(false);
  });
});

describe.skipIf(process.platform !== "linux")("the demo", () => {
  let place: TemporaryFolder;
  let folder = "";
  beforeEach(() => {
    place = new TemporaryFolder("cli");
    folder = place.path;
  });
  afterEach(async () => {
    await killChildren();
    for (const pid of processesWith(folder)) process.kill(pid, "SIGKILL");
    place[Symbol.dispose]();
  });

  interface Report {
    readonly counts: Record<string, number>;
    readonly bots: { channel: string; status: string; restarts: number; conflict: unknown }[];
  }

  const reportsOf = ({ stdout }: { stdout: string }): Report[] =>
    stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  test("shows bots in every state, as processes of their own, and leaves nothing behind", async () => {
    const demo = startCommand(["demo", "--bots", "9", "--json"], { folder });
    const seen = (what: (report: Report) => boolean) => reportsOf(demo).some(what);
    await until("nine bots", () => seen(({ bots }) => bots.length === 9), { timeoutMs: 60_000 });
    expect(processesWith(folder).length).toBeGreaterThanOrEqual(8);
    for (const status of ["dead", "offline", "stale", "online"]) {
      await until(`a bot that is ${status}`, () => seen(({ counts }) => (counts[status] ?? 0) > 0), {
        timeoutMs: 60_000,
      });
    }
    await until("a conflict", () => seen(({ bots }) => bots.some(({ conflict }) => conflict !== null)), {
      timeoutMs: 60_000,
    });
    await until("a restart", () => seen(({ bots }) => bots.some(({ restarts }) => restarts > 0)), {
      timeoutMs: 60_000,
    });
    demo.signal("SIGINT");
    const { code, stderr } = await demo.exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(processesWith(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  }, 120_000);

  test("ends by itself, and says in plain lines what happened", async () => {
    const demo = startCommand(["demo", "--bots", "1", "--seconds", "4"], { folder });
    const { code, stdout } = await demo.exited;
    expect(code).toBe(0);
    expect(stdout).toContain("Look at it from another terminal");
    expect(stdout).toMatch(/^ +\d+ s {2}1 bot: 1 online$/m);
    expect(stdout).not.toContain("\u001b");
    expect(processesWith(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  }, 60_000);

  test("killed with -9 takes its processes along", async () => {
    const demo = startCommand(["demo", "--bots", "4", "--json"], { folder });
    await until("four bots", () => reportsOf(demo).some(({ bots }) => bots.length === 4), {
      timeoutMs: 60_000,
    });
    demo.signal("SIGKILL");
    await demo.exited;
    await until("no process is left", () => processesWith(folder).length === 0);
  }, 90_000);
});
