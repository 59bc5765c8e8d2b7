import { readdirSync } from "node:fs";
import { killChildren, until } from "@kissbot/testkit";
import { afterEach, describe, expect, test } from "vitest";
import {
  isSilent,
  lastWords,
  planFleet,
  rivalAt,
  roles,
  stretchAt,
  troubleAt,
} from "../../src/cli/demo/bot-plan.js";
import { isLastWords } from "../../src/registry/trouble-history.js";
import { processesWith, startCommand } from "./command.js";
import { folder } from "./own-folder.js";
import { hasTerminals, linesIn, PseudoTerminal } from "./pseudo-terminal.js";

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

test("one role alone is in trouble for a while, and the last words are such that a monitor knows them", () => {
  expect([2, 3, 32, 33, 43].map((ageS) => troubleAt("in_trouble", ageS) !== null)).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  for (const role of roles.filter((one) => one !== "in_trouble")) expect(troubleAt(role, 10)).toBeNull();
  expect(isLastWords(lastWords)).toBe(true);
});

describe.skipIf(process.platform !== "linux")("the demo", () => {
  afterEach(async () => {
    await killChildren();
    for (const pid of processesWith(folder)) killed(pid);
  });

  interface Report {
    readonly counts: Record<string, number>;
    readonly usage: { calls: number; cost_usd: number | null } | null;
    readonly bots: {
      readonly channel: string;
      readonly status: string;
      readonly status_cause: string | null;
      readonly restarts: number;
      readonly crash_loop: boolean | null;
      readonly trouble: string | null;
      readonly conflict: unknown;
    }[];
  }

  const reportsOf = ({ stdout }: { stdout: string }): Report[] =>
    stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  test("shows bots in every state, as processes of their own, and leaves nothing behind [trial/N3]", async () => {
    const demo = startCommand(["demo", "--bots", "11", "--json"], { folder });
    const seen = (what: (report: Report) => boolean) => reportsOf(demo).some(what);
    await until("eleven bots", () => seen(({ bots }) => bots.length === 11), { timeoutMs: 60_000 });
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
    const seenBot = (is: (bot: Report["bots"][number]) => boolean) => seen(({ bots }) => bots.some(is));
    await until("a crash loop", () => seenBot(({ crash_loop }) => crash_loop === true), {
      timeoutMs: 60_000,
    });
    await until("last words", () => seenBot(({ status_cause }) => status_cause === lastWords), {
      timeoutMs: 60_000,
    });
    await until("trouble", () => seenBot(({ trouble }) => trouble?.startsWith("gateway") === true), {
      timeoutMs: 60_000,
    });
    await until("what the calls cost", () => seen(({ usage }) => (usage?.cost_usd ?? 0) > 0), {
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
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n/m);
    expect(stdout).toMatch(/^Your bot: {2}KISSBOT_MONITOR_SOCKET=\/.*\/bots\.sock node bot\.js$/m);
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

  const enter = "\u001b[?1049h";
  const leave = "\u001b[?1049l";

  const endings: [string, (terminal: PseudoTerminal) => unknown][] = [
    ["Ctrl-C", ({ child }) => child.write("\u0003")],
    ["SIGTERM", ({ pid }) => process.kill(pid, "SIGTERM")],
    ["SIGHUP", ({ pid }) => process.kill(pid, "SIGHUP")],
  ];
  test.skipIf(!hasTerminals).each(endings)(
    "is drawn on the terminal's second screen, which %s leaves as it was before [trial/N3]",
    async (_name, end) => {
      await using demo = new PseudoTerminal(["demo", "--bots", "3"], folder);
      await demo.shows("3 bots:");
      await demo.shows("tokens in");
      const screen = demo.screen.join("\n");
      expect(screen).toContain("Your bot:  KISSBOT_MONITOR_SOCKET=");
      expect(screen).toMatch(/CHANNEL .* TOKENS +COST/);
      end(demo);
      const { code, stdout } = await demo.child.exited;
      expect(code).toBe(0);
      const [before = "", drawn = "", ...more] = stdout.split(enter);
      expect(more).toEqual([]);
      const [, after = ""] = drawn.split(leave);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are no moves.
      const moves = /\u001b(?!\[[\d;]*m)/;
      expect(before + after, "outside of it nothing is cleared or moved").not.toMatch(moves);
      expect(stdout, "what stood on the terminal is kept").not.toContain("\u001b[3J");
      expect(linesIn(after).join("\n")).toContain("The demo ends");
      expect(drawn, "the cursor is shown again").toContain("\u001b[?25h");
      expect(processesWith(folder)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
    120_000,
  );

  test.skipIf(!hasTerminals)(
    "a second Ctrl-C, which waits for nothing, gives the terminal back as well [trial/N3]",
    async () => {
      await using demo = new PseudoTerminal(["demo", "--bots", "2"], folder);
      await demo.shows("2 bots:");
      const { pid } = demo;
      await until("it ends", () => !hears(pid));
      expect((await demo.child.exited).stdout.split(enter).at(-1)).toContain(leave);
      await until("no process is left", () => processesWith(folder).length === 0);
    },
    120_000,
  );

  test.skipIf(!hasTerminals)(
    "a fault of the demo is told on the screen that stays [trial/N3]",
    async () => {
      const fault = "data:text/javascript,process.once('SIGUSR1',()=>{throw(new(Error)('boom'))})";
      const env = { NODE_OPTIONS: `--import=${fault}` };
      await using demo = new PseudoTerminal(["demo", "--bots", "2"], folder, { env });
      await demo.shows("2 bots:");
      process.kill(demo.pid, "SIGUSR1");
      const { stdout, code } = await demo.child.exited;
      expect(code).not.toBe(0);
      expect(stdout.split(leave).at(-1)).toContain("boom");
      await until("no process is left", () => processesWith(folder).length === 0);
    },
    120_000,
  );

  test.skipIf(!hasTerminals)(
    "a terminal that is closed ends all of it [trial/N3]",
    async () => {
      await using demo = new PseudoTerminal(["demo", "--bots", "2"], folder);
      await demo.shows("2 bots:");
      const { pid } = demo;
      await demo.child.kill();
      await until("no process is left", () => processesWith(folder).length === 0 && !isThere(pid));
      await until("no file is left", () => readdirSync(folder).length === 0);
    },
    120_000,
  );

  test.skipIf(!hasTerminals)(
    "a terminal that becomes smaller is drawn anew at once, with what is hidden named [trial/N3]",
    async () => {
      await using demo = new PseudoTerminal(["demo", "--bots", "12"], folder, { rows: 50 });
      await demo.shows("12 bots:");
      expect(demo.screen.join("\n")).not.toContain(" more: ");
      demo.resize(80, 14);
      await until("some are hidden", () => demo.screen.some((line) => /^… \d+ more: \d+ [a-z]/.test(line)));
      expect(demo.screen.length).toBeLessThanOrEqual(14);
      demo.child.write("\u0003");
      expect(await demo.child.exited).toMatchObject({ code: 0 });
    },
    120_000,
  );
});

/** Sends a Ctrl-C. */
function hears(pid: number): boolean {
  try {
    return process.kill(pid, "SIGINT");
  } catch {
    return false;
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
