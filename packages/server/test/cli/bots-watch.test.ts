import { readFileSync } from "node:fs";
import { join } from "node:path";
import { killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, health } from "./bot.js";
import { startCommand } from "./command.js";
import { FakeMonitor } from "./fake-monitor.js";
import { run } from "./program-run.js";
import { hasTerminals, PseudoTerminal, widest } from "./pseudo-terminal.js";

let place: TemporaryFolder;
beforeAll(() => {
  place = new TemporaryFolder("watch");
});
afterAll(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

const since = timestampFromMs(Date.now() - 60_000);
const long =
  "process 29342 is gone; Error: 401 Unauthorized: the token of this bot was taken back by its owner";
const fleet = [
  bot("discord/guild-12/crashes", { status: "dead", status_cause: long, status_since: since }),
  ...Array.from({ length: 40 }, (_, i) => bot(`twitch/channel-${i}`, { last_seen: since })),
];
const answers = (bots: readonly unknown[]) => ({
  "/healthz": { body: health },
  "/api/v1/bots": { body: { bots } },
});
const missing = () => join(place.path, "missing.db");
/** No other monitor of this machine is looked for. */
const env = { KISSBOT_MONITOR_STATE_FILE: "off" };
const enter = "\u001b[?1049h";
const leave = "\u001b[?25h\u001b[?1049l";

describe.skipIf(!hasTerminals)("in a terminal of 80 x 24", () => {
  test("bots fits: no line is wider, no name is cut, WHY stands below its bot [trial/N4]", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    await using terminal = new PseudoTerminal(["bots", "--http", `${monitor.port}`], place.path, { env });
    expect((await terminal.child.exited).code).toBe(0);
    const lines = terminal.screen;
    expect(widest(lines)).toBeLessThanOrEqual(80);
    const at = lines.findIndex((line) => line.startsWith("discord/guild-12/crashes  dead "));
    expect(`${lines[at + 1]}${lines[at + 2]}`).toBe(
      "  process 29342 is gone; Error: 401 Unauthorized: the token of this bot was  taken back by its owner",
    );
    for (const { channel } of fleet) expect(lines.some((line) => line.startsWith(channel))).toBe(true);
  });

  test("bots --watch fills one screen, counts what has no room, and gives the terminal back at Ctrl-C [trial/O10]", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    const args = ["bots", "--watch", "0.2", "--http", `${monitor.port}`, "--store", missing()];
    await using terminal = new PseudoTerminal(args, place.path, { env });
    const lines = await terminal.shows("… ");
    expect(terminal.text).toContain(enter);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(widest(lines)).toBeLessThanOrEqual(80);
    const shown = lines.filter((line) => line.startsWith("twitch/")).length;
    expect(lines.join("\n")).toContain(`… ${40 - shown} more`);
    expect(lines.join("\n")).toContain("41 bots: 1 dead, 40 online");
    terminal.resize(60, 12);
    await until(
      "a screen of the new size",
      () => terminal.screen.length <= 12 && widest(terminal.screen) <= 60,
    );
    expect(terminal.screen.join("\n")).toMatch(/… \d+ more/);
    terminal.child.write("\u0003");
    expect((await terminal.child.exited).code).toBe(0);
    expect(terminal.text.endsWith(leave)).toBe(true);
    expect(terminal.text.split(enter)).toHaveLength(2);
  });

  test.each(["SIGTERM", "SIGHUP", "SIGQUIT"] as const)(
    "bots --watch gives the terminal back at %s [trial/O10]",
    async (signal) => {
      await using monitor = await new FakeMonitor(answers(fleet)).start();
      const args = ["bots", "--watch", "--http", `${monitor.port}`];
      await using terminal = new PseudoTerminal(args, place.path, { env });
      await terminal.shows("41 bots");
      process.kill(terminal.pid, signal);
      await terminal.child.exited;
      expect(terminal.text.endsWith(leave)).toBe(true);
    },
  );

  test("bots --watch leaves the screen at Ctrl-Z and comes back with it", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    const args = ["bots", "--watch", "0.2", "--http", `${monitor.port}`];
    await using terminal = new PseudoTerminal(args, place.path, { env });
    await terminal.shows("41 bots");
    process.kill(terminal.pid, "SIGTSTP");
    const isStopped = (pid: number) => / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    await until("it is stopped", () => isStopped(terminal.pid));
    process.kill(terminal.pid, "SIGCONT");
    await until("the screen was left, and is back", () => {
      // What gave it the terminal stops when it hears that it was stopped, maybe by now only.
      if (isStopped(terminal.child.pid)) terminal.child.signal("SIGCONT");
      const [, , again = ""] = terminal.text.split(enter);
      return terminal.text.split(enter)[1]?.endsWith(leave) === true && again.includes("41 bots");
    });
    terminal.child.write("\u0003");
    await terminal.child.exited;
    expect(terminal.text.endsWith(leave)).toBe(true);
  });

  test("bots --watch says that the monitor does not answer, how old the data is, and recovers by itself [trial/O10]", async () => {
    const monitor = await new FakeMonitor(answers(fleet)).start();
    const { port } = monitor;
    const args = ["bots", "--watch", "0.2", "--http", `${port}`, "--store", missing()];
    await using terminal = new PseudoTerminal(args, place.path, { env });
    await terminal.shows("41 bots");
    await monitor[Symbol.asyncDispose]();
    const lines = await terminal.shows("nobody listens there");
    expect(widest(lines)).toBeLessThanOrEqual(80);
    // What was known stays, with its age.
    expect(lines.join("\n")).toContain("41 bots");
    await terminal.shows("asked 3 s ago");
    await using back = await new FakeMonitor(answers([bot("new")])).start(port);
    await terminal.shows("1 bot: 1 online");
    expect(terminal.screen.join("\n")).not.toContain("nobody listens");
    expect(back.requests.length).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasTerminals)("in a terminal that can show no screen", () => {
  test("bots --watch prints a table each time", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    const args = ["bots", "--watch", "0.2", "--http", `${monitor.port}`];
    const dumb = { ...env, TERM: "dumb" };
    await using terminal = new PseudoTerminal(args, place.path, { env: dumb });
    await until("two tables", () => terminal.text.split("CHANNEL ").length > 2);
    terminal.child.write("\u0003");
    await terminal.child.exited;
    expect(terminal.text).not.toContain("\u001b");
  });
});

describe("without a terminal", () => {
  test("bots --watch prints a table each time, with --json a line of JSON, until it is stopped [trial/O10]", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    const args = ["bots", "--watch", "0.2", "--channel", "twitch/channel-7", "--http", `${monitor.port}`];
    await using plain = startCommand(args, { folder: place.path, env });
    await using lines = startCommand([...args, "--json"], { folder: place.path, env });
    await until("two tables", () => plain.stdout.split("CHANNEL ").length > 2);
    await until("two lines", () => lines.stdout.split("\n").length > 2);
    for (const line of lines.stdout.split("\n").slice(0, 2)) {
      expect(JSON.parse(line)).toMatchObject({
        source: { kind: "monitor" },
        bots: [{ channel: "twitch/channel-7" }],
      });
    }
    expect(plain.stdout).not.toContain("\u001b");
    for (const child of [plain, lines]) {
      child.signal("SIGTERM");
      expect((await child.exited).code).toBe(0);
    }
  });

  test("bots --watch ends when nobody reads it any more [trial/O10]", async () => {
    await using monitor = await new FakeMonitor(answers(fleet)).start();
    const args = ["bots", "--watch", "0.2", "--http", `${monitor.port}`];
    await using child = startCommand(args, { folder: place.path, env, shell: '"$@" | head -n 1' });
    const { code, stdout, stderr } = await child.exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toHaveLength(2);
  });

  test("bots --watch waits for a monitor that is not there yet", async () => {
    const first = await new FakeMonitor({}).start();
    const { port } = first;
    await first[Symbol.asyncDispose]();
    const args = ["bots", "--watch", "0.2", "--http", `${port}`, "--store", missing()];
    await using child = startCommand(args, { folder: place.path, env });
    await until("it says so", () => child.stderr.includes("nobody listens there"));
    await using monitor = await new FakeMonitor(answers([bot("new")])).start(port);
    await until("it shows the fleet", () => child.stdout.includes("1 bot: 1 online"));
    expect(monitor.requests.length).toBeGreaterThan(0);
    child.signal("SIGINT");
    expect((await child.exited).code).toBe(0);
  });
});

test.each(["0", "0.1", "soon", "-1", "4000"])(
  "--watch %s is refused with what is expected",
  async (seconds) => {
    const { code, stdout, stderr } = await run(["bots", `--watch=${seconds}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--watch: expected the seconds between updates, from 0.2 to 3600");
  },
);
