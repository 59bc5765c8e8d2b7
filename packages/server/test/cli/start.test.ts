import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@kissbot/store";
import { lasting, until } from "@kissbot/testkit";
import { describe, expect, test, vi } from "vitest";
import { runCommand, startCommand, startMonitor } from "./command.js";
import { FakeMonitor } from "./fake-monitor.js";
import { folder } from "./own-folder.js";
import { run } from "./program-run.js";
import { hasTerminals, PseudoTerminal } from "./pseudo-terminal.js";

// Each test starts processes, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

const command = (...args: string[]) => runCommand(args, { folder });

test("a monitor's life: started, reported to, asked, looked over, stopped, and read afterwards", async () => {
  const { child, socketPath, store, at } = await startMonitor(folder);
  const socket = ["--socket", socketPath];
  expect(statSync(socketPath).mode & 0o777).toBe(0o660);

  const sent = await command("send", "heartbeat", "--channel", "shell", "--pid", `${process.pid}`, ...socket);
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  const call = ["--model", "gpt-5", "--feature", "chat", "--tokens-in", "10", "--tokens-out", "5"];
  expect(await command("send", "llm_usage", "--channel", "shell", ...call, ...socket)).toMatchObject({
    code: 0,
  });

  await until("the bot is there", async () => {
    const { stdout } = await run(["bots", "--json", ...at]);
    return JSON.parse(stdout).bots[0]?.channel === "shell";
  });
  expect(await command("status", ...at)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 bot: 1 online"),
  });
  const doctor = await command("doctor", ...at, ...socket);
  expect(doctor.stdout).toContain("the bot kissbot-doctor came, was seen");
  expect(doctor).toMatchObject({ code: 0, stdout: expect.stringContaining(" 0 wrong") });
  await until("the call is there", async () => {
    const { stdout } = await run(["usage", "--json", ...at]);
    return JSON.parse(stdout).total.tokens_in === 10;
  });
  const copy = await command("backup", "copy.db", "--store", store);
  expect(copy).toMatchObject({ code: 0, stdout: expect.stringContaining(join(folder, "copy.db")) });

  child.signal("SIGTERM");
  expect(await child.exited).toMatchObject({ code: 0, signal: null });
  expect(existsSync(socketPath)).toBe(false);
  const later = await command("status", ...at);
  expect(later).toMatchObject({ code: 1, stdout: expect.stringContaining("2 bots: 1 offline, 1 online") });
  expect(later.stderr).toContain(`Read from ${store} instead; its newest entry is`);
});

const startArgs = ["start", "--socket", "kb.sock", "--http", "0"];

describe.skipIf(!hasTerminals)("on a terminal", () => {
  test("the start screen says where everything is, who may report, and what to do next [trial/O3]", async () => {
    const env = { NO_COLOR: "1", USER: "anna", SSH_CONNECTION: "192.0.2.1 50000 192.0.2.7 22" };
    await using terminal = new PseudoTerminal(startArgs, folder, { env });
    const { child } = terminal;
    await child.prints("Ctrl-C stops it", 60_000);
    const screen = child.stdout.replaceAll("\r\n", "\n");
    expect(screen).toMatch(
      /^pid \d+\nKissBot Monitor is running\.\n\n {2}HTTP {14}http:\/\/127\.0\.0\.1:\d+\n/m,
    );
    expect(screen).toMatch(/\n {2}Over SSH {10}ssh -L (\d+):127\.0\.0\.1:\1 anna@192\.0\.2\.7\n/);
    for (const text of [
      `Bots connect to   ${join(folder, "kb.sock")}`,
      "(mode 0660)",
      `Database          ${join(folder, "kissbot_monitor.db")} (no bot known yet)`,
      `const client = new MonitorClient("my_bot", { socketPath: "${join(folder, "kb.sock")}" });`,
      "client.start();",
      "KISSBOT_MONITOR_DEBUG=1",
      "KISSBOT_MONITOR_DISABLED=1",
      "send heartbeat --channel my_bot",
      " demo",
    ]) {
      expect(screen).toContain(text);
    }
    child.write("\u0003");
    expect(await child.exited).toMatchObject({ code: 0 });
  });

  test("the log is in lines for people, with date and zone, no wider than the terminal [trial/O11]", async () => {
    const env = { NO_COLOR: "1", TZ: "Asia/Kolkata" };
    await using terminal = new PseudoTerminal(startArgs, folder, { env });
    const { child } = terminal;
    await child.prints("Ctrl-C stops it", 60_000);
    const socket = ["--socket", join(folder, "kb.sock")];
    await command("send", "register", "--channel", "a_bot", "--pid", `${process.pid}`, ...socket);
    await child.prints("bot is online");
    child.write("\u0003");
    const { stdout } = await child.exited;
    const log = stdout.replaceAll("\r\n", "\n").split("\n").slice(-6).join("\n");
    expect(log).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30 INFO {2}bot is online {2}channel=a_bot bot_pid=\d+\n {2}cause=registered$/m,
    );
    for (const line of log.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});

test("where nobody looks there is no start screen, but one line of the log with all of it [trial/O11]", async () => {
  const child = startCommand(["start", "--socket", "kb.sock", "--http", "0", "--name", "here"], { folder });
  await until("it runs", () => child.stderr.includes("is running"));
  const socketPath = join(folder, "kb.sock");
  const pid = `${process.pid}`;
  await command("send", "register", "--channel", "a", "--pid", pid, "--socket", socketPath);
  await until("the bot is heard", () => child.stderr.includes("bot is online"));
  child.signal("SIGTERM");
  const { code, stdout, stderr } = await child.exited;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  const records = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records[0]).toMatchObject({
    level: "info",
    msg: "KissBot Monitor is running",
    monitor: "here",
    socket: socketPath,
    bots: 0,
    http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    database: join(folder, "kissbot_monitor.db"),
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    who_may_connect: expect.stringContaining("(mode 0660)"),
  });
  expect(records.map(({ msg }) => msg)).toEqual([
    "KissBot Monitor is running",
    "bot is online",
    "stopping; another signal ends it at once",
    "stopped",
  ]);
  for (const record of records) {
    expect(record["level"]).toBe("info");
    expect(record["time"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(record).not.toHaveProperty("pid");
  }
  expect(records[1]).toMatchObject({ channel: "a", bot_pid: process.pid });
});

test("--log-format decides, whatever standard error is [trial/O11]", async () => {
  const more = ["--socket", "kb.sock", "--http", "0", "--log-format", "pretty"];
  const child = startCommand(["start", ...more], { folder });
  await until("it runs", () => child.stderr.includes("is running"));
  child.signal("SIGTERM");
  const { stderr } = await child.exited;
  expect(stderr.split("\n")[0]).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d INFO {2}KissBot Monitor is running {2}version=.* database=\//,
  );
  expect(stderr).not.toContain("\u001b");
});

test("a start that fails says why and logs nothing beside it [trial/O11]", async () => {
  const { code, stderr } = await command("start", "--socket", "kb.sock", "--socket-group", "no-such-group");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
});

describe("what keeps it from starting is told in a sentence, without a stack", () => {
  test("another monitor on the path", async () => {
    const { child, socketPath } = await startMonitor(folder);
    const second = await command("start", "--socket", socketPath, "--store", "other.db", "--http", "0");
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(`${child.pid}`);
    expect(second.stderr).toContain("--socket");
    expect(second.stderr).not.toMatch(/\n\s+at /);
    child.signal("SIGTERM");
    expect((await child.exited).code).toBe(0);
  });

  test("another monitor on the database, with a socket and a port of its own [server/F8] [trial/O6]", async () => {
    const { child, store, at } = await startMonitor(folder);
    const second = await command("start", "--socket", "other.sock", "--store", store, "--http", "0");
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(`another monitor (pid ${child.pid}) uses the database`);
    expect(second.stderr).toContain("--store");
    expect(second.stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(folder, "other.sock"))).toBe(false);
    expect((await command("status", ...at)).stdout, "the first one is as it was").toContain(
      "No bot has reported yet",
    );
    await child.kill();
    const third = await startMonitor(folder);
    third.child.signal("SIGTERM");
    expect((await third.child.exited).code).toBe(0);
    expect(existsSync(`${store}.lock`)).toBe(false);
  });

  test("a port that is taken", async () => {
    await using taken = await new FakeMonitor({}).start();
    const { code, stderr } = await command("start", "--socket", "kb.sock", "--http", `${taken.port}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: .*--http/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(folder, "kb.sock"))).toBe(false);
  });

  test("a group that there is not", async () => {
    const { code, stderr } = await command(
      "start",
      "--socket",
      "kb.sock",
      "--http",
      "0",
      "--socket-group",
      "no-such-group",
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: .*no-such-group/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a database that is none", async () => {
    writeFileSync(join(folder, "notes.txt"), "these are notes, not a database; ".repeat(100));
    const { code, stderr } = await command(
      "start",
      "--socket",
      "kb.sock",
      "--http",
      "0",
      "--store",
      "notes.txt",
    );
    expect(code).toBe(1);
    expect(stderr).toContain("notes.txt");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a wrong setting, before anything is made", async () => {
    const env = { KISSBOT_MONITOR_STALE_TIMEOUT: "soon" };
    const { code, stderr } = await runCommand(["start", "--log-level", "loud"], { folder, env });
    expect(code).toBe(2);
    expect(stderr).toContain("error: KISSBOT_MONITOR_STALE_TIMEOUT: expected seconds");
    expect(stderr).toContain("error: --log-level: expected trace, debug");
    expect(existsSync(join(folder, "kissbot_monitor.db"))).toBe(false);
  });
});

test("enabled: false in the file means that no monitor is wanted", async () => {
  writeFileSync(join(folder, "config.yaml"), "monitoring:\n  enabled: false\n");
  const { code, stdout, stderr } = await command("start", "--config", "config.yaml");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("enabled: false");
});

test("the file's settings reach the monitor", async () => {
  const path = join(folder, "from-file.sock");
  writeFileSync(
    join(folder, "config.yaml"),
    `monitoring:\n  socket_path: ${path}\n  http: 0\n  socket_mode: 0600\n`,
  );
  const child = startCommand(["start", "--config", "config.yaml", "--json"], { folder });
  await until("it runs", () => child.stdout.endsWith("}\n"));
  expect(JSON.parse(child.stdout)).toMatchObject({ socketPath: path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  child.signal("SIGTERM");
  expect((await child.exited).code).toBe(0);
});

describe("stopping", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s that arrives twice at once, as under npm, is one",
    async (signal) => {
      const { child } = await startMonitor(folder);
      child.signal(signal);
      child.signal(signal);
      expect(await child.exited).toMatchObject({ code: 0, signal: null });
      expect(existsSync(join(folder, "kb.sock"))).toBe(false);
    },
  );

  test("a second signal later does not wait for what hangs", async () => {
    const hang = "data:text/javascript,import net from 'node:net'; net.Server.prototype.close = () => {};";
    const { child } = await startMonitor(folder, [], ["--import", hang]);
    child.signal("SIGTERM");
    await until("it stops", () => child.stderr.includes("stopping"));
    await lasting("the time in which a second signal is the echo of one Ctrl-C", 400);
    child.signal("SIGINT");
    const { code, signal, stderr } = await child.exited;
    expect({ code, signal }).toEqual({ code: null, signal: "SIGINT" });
    expect(stderr).not.toContain('"stopped"');
  });

  test("the end of stdin stops it where a parent asked for that, and nowhere else", async () => {
    const { child } = await startMonitor(folder, ["--stop-with-stdin"]);
    child.endInput();
    expect(await child.exited).toMatchObject({ code: 0 });
    const other = await startMonitor(folder);
    other.child.endInput();
    expect(await command("status", ...other.at)).toMatchObject({ code: 0 });
    other.child.signal("SIGTERM");
    await other.child.exited;
  });

  test("an unexpected fault is logged, what can be saved is, and the exit code is 1", async () => {
    const fault = "data:text/javascript,process.once('SIGUSR2', () => { throw new Error('boom'); })";
    const { child, socketPath, store } = await startMonitor(folder, [], ["--import", fault]);
    await command("send", "register", "--channel", "saved", "--pid", "1", "--socket", socketPath);
    await until("the bot is heard", () => child.stderr.includes('"saved"'));
    child.signal("SIGUSR2");
    const { code, stderr } = await child.exited;
    expect(code).toBe(1);
    expect(stderr).toContain("an unexpected fault ends the monitor");
    expect(stderr).toContain("boom");
    expect(existsSync(socketPath)).toBe(false);
    const reader = await openStore(store, { readOnly: true });
    expect((await reader.fleet()).map(({ channel }) => channel)).toEqual(["saved"]);
    await reader.close();
  });
});

describe("a reader of stdout that goes away", () => {
  test("ends a command quietly, with 0", async () => {
    for (const args of [["--help"], ["start", "--help"], ["doctor", "--http", "0", "--socket", "kb.sock"]]) {
      const child = startCommand(args, { folder });
      child.process.stdout?.destroy();
      expect(await child.exited, args.join(" ")).toMatchObject({ code: 0, signal: null, stderr: "" });
    }
  });

  test("does not end a monitor", async () => {
    const child = startCommand(["start", "--socket", "kb.sock", "--http", "0"], { folder });
    child.process.stdout?.destroy();
    await until("it runs", () => child.stderr.includes("is running"));
    const socket = ["--socket", join(folder, "kb.sock")];
    expect(await command("send", "unregister", "--channel", "x", "--pid", "1", ...socket)).toMatchObject({
      code: 0,
    });
    child.signal("SIGTERM");
    expect(await child.exited).toMatchObject({ code: 0, signal: null });
  });
});
