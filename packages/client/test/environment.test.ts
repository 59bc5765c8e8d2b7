import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readEnvironment } from "../src/environment.js";
import { hintOf } from "../src/hint.js";
import { absolutePath, assertSocketPath, defaultSocketPath } from "../src/socket-path.js";
import { RecordingMonitor } from "../src/testing.js";
import { killChildren, packageFolder, runProgram } from "./child.js";

test("without settings, the socket is the monitor's default", () => {
  expect(readEnvironment({}, "linux")).toEqual({
    socketPath: "/tmp/kissbot_monitor.sock",
    disabled: false,
    debug: false,
    fault: "",
  });
  expect(defaultSocketPath("win32")).toBe("\\\\.\\pipe\\kissbot_monitor");
});

test.each([
  ["", false],
  ["0", false],
  ["false", false],
  ["1", true],
  ["true", true],
])("KISSBOT_MONITOR_DISABLED=%s", (value, disabled) => {
  expect(readEnvironment({ KISSBOT_MONITOR_DISABLED: value }, "linux")).toMatchObject({
    disabled,
    fault: "",
  });
});

test("a setting that makes no sense disables and says which one", () => {
  expect(readEnvironment({ KISSBOT_MONITOR_DISABLED: "si" }, "linux")).toMatchObject({
    disabled: true,
    fault: "KISSBOT_MONITOR_DISABLED: expected 1 or 0",
  });
  const long = readEnvironment({ KISSBOT_MONITOR_SOCKET: `/${"x".repeat(107)}` }, "linux");
  expect(long.disabled).toBe(true);
  expect(long.fault).toBe("KISSBOT_MONITOR_SOCKET: socketPath: expected 1 to 107 bytes and no NUL, got 108");
});

test("an option comes before the environment", () => {
  const env = { KISSBOT_MONITOR_SOCKET: `/${"x".repeat(200)}` };
  expect(readEnvironment(env, "linux", "/run/m.sock")).toMatchObject({
    socketPath: "/run/m.sock",
    disabled: false,
  });
});

test("a path holds 107 bytes, 103 on macOS, counted in UTF-8", () => {
  expect(() => assertSocketPath("é".repeat(53), "linux")).not.toThrow();
  expect(() => assertSocketPath("é".repeat(54), "linux")).toThrow(RangeError);
  expect(() => assertSocketPath("x".repeat(103), "darwin")).not.toThrow();
  expect(() => assertSocketPath("x".repeat(104), "darwin")).toThrow(RangeError);
  for (const path of ["", "a\0b"]) expect(() => assertSocketPath(path, "linux")).toThrow(RangeError);
  for (const path of [undefined, null, 7, {}])
    expect(() => assertSocketPath(path, "linux")).toThrow(TypeError);
});

/** What is no path, and what is said of it; CWD is what it is where it is relative. */
const notAPath = [
  ["unix:///run/m.sock", "write /run/m.sock"],
  ["unix:/run/m.sock", "write /run/m.sock"],
  ["file:///run/m.sock", "write /run/m.sock"],
  ["file://localhost/run/m.sock", "write /run/m.sock"],
  ['"/run/m.sock"', "write /run/m.sock"],
  ["'/run/m.sock'", "write /run/m.sock"],
  ["/run/m.sock\n", "write /run/m.sock"],
  ["/run/m.sock\r", "write /run/m.sock"],
  ["/run/m.sock ", "write /run/m.sock"],
  [" /run/m.sock", "write /run/m.sock"],
  ["\t/run/m.sock", "write /run/m.sock"],
  ["/run/m.sock/", "write /run/m.sock"],
  ["~/m.sock", `write ${join(homedir(), "m.sock")}`],
  ["m.sock", "write CWD"],
  ["./m.sock", "write CWD"],
  ["../m.sock", "write CWD"],
  ["localhost:8125", "the monitor listens at the path of a file, not at a port"],
  ["127.0.0.1:8125", "the monitor listens at the path of a file, not at a port"],
  [":8125", "the monitor listens at the path of a file, not at a port"],
  ["http://localhost:8125", "the monitor listens at the path of a file, not at a port"],
  ["@kissbot", "abstract sockets are not supported, write the path of a file"],
] as const;

test.each(notAPath)(
  "KISSBOT_MONITOR_SOCKET=%j disables the client, and says: %s [client/F20]",
  (path, hint) => {
    const { disabled, fault } = readEnvironment({ KISSBOT_MONITOR_SOCKET: path }, "linux");
    expect(disabled).toBe(true);
    expect(fault).toBe(`KISSBOT_MONITOR_SOCKET: expected an absolute path, got ${JSON.stringify(path)}`);
    expect(hintOf({ path })).toBe(hint.replace("CWD", resolve(path)));
  },
);

test.each([
  "/run/m.sock",
  "/run/a b/m.sock",
  "/run/a\nb.sock",
  "/run/:0",
  "/run/~m",
  "/run/bötchen-😀.sock",
  "/run/../m.sock",
])("KISSBOT_MONITOR_SOCKET=%j is a path [client/F20]", (path) => {
  expect(readEnvironment({ KISSBOT_MONITOR_SOCKET: path }, "linux")).toMatchObject({
    socketPath: path,
    disabled: false,
  });
});

test("the names of pipes are judged as before [client/F20]", () => {
  for (const path of ["\\\\.\\pipe\\m", "//./pipe/m", "pipe:m"]) {
    expect(readEnvironment({ KISSBOT_MONITOR_SOCKET: path }, "win32")).toMatchObject({
      disabled: false,
      fault: "",
    });
    expect(absolutePath(path, "win32")).toBe(path);
  }
});

test("an environment that cannot be read is an empty one, variable by variable [client/F25] [trial/B5]", () => {
  const none = { socketPath: "/tmp/kissbot_monitor.sock", disabled: false, debug: false, fault: "" };
  const refuse = () => {
    throw Object.assign(new Error("Requires env access"), { name: "NotCapable" });
  };
  const trap = new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
  expect(readEnvironment(trap, "linux")).toEqual(none);
  for (const env of [
    undefined,
    null,
    { KISSBOT_MONITOR_SOCKET: undefined },
    { KISSBOT_MONITOR_SOCKET: Symbol("s") },
  ]) {
    expect(readEnvironment(env as unknown as NodeJS.ProcessEnv, "linux")).toEqual(none);
  }
  const some = new Proxy(
    { KISSBOT_MONITOR_DISABLED: "1" },
    { get: (env, name) => (name === "KISSBOT_MONITOR_DISABLED" ? env[name] : refuse()) },
  );
  expect(readEnvironment(some as unknown as NodeJS.ProcessEnv, "linux").disabled).toBe(true);
});

describe("in a process", () => {
  let monitor: RecordingMonitor;
  let folder: string;

  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "kb-")));
    monitor = await new RecordingMonitor({ socketPath: join(folder, "m.sock") }).start();
  });
  afterEach(async () => {
    await killChildren();
    await monitor[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const imports =
    'import { MonitorClient } from "@kissbot/client"; import { registerWithMonitor } from "@kissbot/client/legacy";';

  test("a process whose environment throws reports all the same, where an option names the socket [client/F25] [trial/B5]", async () => {
    const text = `${imports}
const env = new Proxy({}, { get() { throw new Error("NotCapable"); } });
Object.defineProperty(process, "env", { value: env });
const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(monitor.socketPath)} });
const sent = [await client.register()];
sent.push(registerWithMonitor("legacy", 7, {}, ${JSON.stringify(monitor.socketPath)}));
process.stdout.write(sent.join());`;
    const { stdout, stderr } = await runProgram(text).exited;
    expect({ stdout, stderr }).toEqual({ stdout: "true,true", stderr: "" });
  });

  test("a disabled client judges nothing: whatever it is given, nothing throws and nothing is told [client/F18]", async () => {
    const text = `${imports}
const odd = [undefined, null, "", "..", 7, 7n, Symbol("s"), {}, [], () => {}, NaN, "x".repeat(999),
  { get socketPath() { throw new Error(); }, toString() { throw new Error(); } }, new Proxy({}, { get() { throw new Error(); } })];
const options = [...odd, { socketPath: null }, { socketPath: 7 }, { socketPath: "" }, { socketPath: "x".repeat(200) }, { timeoutMs: "soon" }, { sockPath: "/a" }];
for (const channel of odd) for (const pid of odd) for (const option of options) {
  const client = new MonitorClient(channel, pid, option);
  if (await client.register(channel) || await client.logMetric(channel, pid) || await client.logLlmUsage(option)) throw new Error();
  client.startHeartbeat(option);
  await client.flush(option);
  await client.close(option);
  client[Symbol.dispose]();
}
console.log("the bot goes on");`;
    for (const value of ["1", "true"]) {
      const { code, stdout, stderr } = await runProgram(text, { KISSBOT_MONITOR_DISABLED: value }).exited;
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "the bot goes on\n", stderr: "" });
    }
    // A setting that makes no sense disables as well, and is the only thing that is told.
    const { code, stdout, stderr } = await runProgram(text, { KISSBOT_MONITOR_DISABLED: "si" }).exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "the bot goes on\n" });
    expect(stderr.match(/KissbotWarning/g)).toHaveLength(1);
  });

  test.each(notAPath)(
    "KISSBOT_MONITOR_SOCKET=%j is one warning of a bot that goes on [client/F20]",
    async (path, hint) => {
      const text = `${imports}
const told = [];
for (const channel of ["a", "b"]) console.log(await new MonitorClient(channel, 1, { logger: (line) => told.push(line) }).register());
if (told.length !== 2 || !told.every((line) => line.includes("KISSBOT_MONITOR_SOCKET"))) throw new Error(told.join());`;
      const { code, stdout, stderr } = await runProgram(text, { KISSBOT_MONITOR_SOCKET: path }).exited;
      expect({ code, stdout }).toEqual({ code: 0, stdout: "false\nfalse\n" });
      const { fault } = readEnvironment({ KISSBOT_MONITOR_SOCKET: path }, "linux");
      const here = hint.replace("CWD", resolve(packageFolder, path));
      expect(stderr.match(/^\(node:\d+\) .*$/gm)?.map((line) => line.replace(/^\S+ /, ""))).toEqual([
        `[KISSBOT_SETTING] KissbotWarning: the monitor client is disabled: ${fault}; ${here}`,
      ]);
    },
  );

  test("a relative socketPath is the path it was when the client was made [client/F20]", async () => {
    const text = `${imports}
process.chdir(${JSON.stringify(folder)});
const client = new MonitorClient("bot", 1, { socketPath: "m.sock", logger: (line) => console.log(line) });
process.chdir("/");
console.log(await client.register());`;
    const { stdout } = await runProgram(text).exited;
    expect(stdout).toBe(`kissbot client "bot": connected to ${join(folder, "m.sock")}\ntrue\n`);
  });

  test("a relative socketPath is used as it is where its absolute path is none, or the directory is gone [client/F20]", async () => {
    const deep = join(folder, "d".repeat(60), "e".repeat(60));
    mkdirSync(deep, { recursive: true });
    const text = `${imports}
import { rmSync } from "node:fs";
process.chdir(${JSON.stringify(deep)});
const path = "../../m.sock";
const tell = async () => console.log(await new MonitorClient("bot", 1, { socketPath: path }).register());
await tell();
process.chdir(${JSON.stringify(folder)});
process.chdir("d".repeat(60));
rmSync(${JSON.stringify(join(folder, "d".repeat(60)))}, { recursive: true });
await new MonitorClient("bot", 1, { socketPath: "m.sock" }).close();
console.log("the bot goes on");`;
    const { code, stdout } = await runProgram(text).exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "true\nthe bot goes on\n" });
  });
});
