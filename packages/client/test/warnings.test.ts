import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { Child, type Exit, killChildren, packageFolder, runProgram } from "./child.js";

afterAll(killChildren);

interface Warning {
  readonly code: string;
  readonly message: string;
}

/** The warnings of ours that Node printed. */
function warningsOf({ stderr }: Exit): Warning[] {
  return [...stderr.matchAll(/^\(node:\d+\) \[(KISSBOT_\w+)\] KissbotWarning: (.*)$/gm)].map(
    ([, code = "", message = ""]) => ({ code, message }),
  );
}

const invalid = "KISSBOT_INVALID_ARGUMENT";
const unknown = "KISSBOT_UNKNOWN_OPTION";
const suspect = "KISSBOT_SUSPECT_UNIT";

const imports = (socketPath: string) => `
import { MonitorClient } from "@kissbot/client";
import * as legacy from "@kissbot/client/legacy";
const socketPath = ${JSON.stringify(socketPath)};
`;
const head = `
const usage = { model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };
const client = new MonitorClient("bot", process.pid, { socketPath });
`;

// Each is told in the names that the author used, once, whatever else is wrong.
const mistakes: [call: string, code: string, message: string][] = [
  ["client.logMetric('n', NaN)", invalid, "logMetric was not sent: value: expected a finite number, got NaN"],
  [
    "client.logMetric('', 1)",
    invalid,
    'logMetric was not sent: name: expected 1 to 256 code points, no control characters, well-formed Unicode, got ""',
  ],
  [
    "client.logLlmUsage({ model: 'm', feature: 'f', tokens_in: 1, tokens_out: 1 })",
    invalid,
    "logLlmUsage was not sent: tokensIn: expected an integer from 0 to 9007199254740991, got undefined",
  ],
  [
    "client.logLlmUsage({ ...usage, tokensOut: -1 })",
    invalid,
    "logLlmUsage was not sent: tokensOut: expected an integer from 0 to 9007199254740991, got -1",
  ],
  [
    "client.logLlmUsage({ ...usage, latencyMs: '1' })",
    invalid,
    'logLlmUsage was not sent: latencyMs: expected a finite number, at least 0, got "1"',
  ],
  [
    "client.logLlmUsage({ ...usage, costUsd: Infinity })",
    invalid,
    "logLlmUsage was not sent: costUsd: expected a finite number, at least 0, got Infinity",
  ],
  [
    "client.logLlmUsage({ ...usage, error: 'Rate limit exceeded' })",
    invalid,
    'logLlmUsage was not sent: error: expected 1 to 64 characters of a-z, 0-9 and _, got "Rate limit exceeded"',
  ],
  [
    "client.logLlmUsage({ ...usage, tokensCached: 0.5 })",
    invalid,
    "logLlmUsage was not sent: tokensCached: expected an integer from 0 to 9007199254740991, got 0.5",
  ],
  ["client.logLlmUsage()", invalid, "logLlmUsage was not sent: expected an object, got undefined"],
  [
    "client.register({ voice: true, chat: 'yes' })",
    invalid,
    'register was not sent: features: expected "chat" to be true or false, got "yes"',
  ],
  [
    "client.start({ voice: true, chat: 'yes' })",
    invalid,
    'start: features: expected "chat" to be true or false, got "yes"; left out: ["chat"]',
  ],
  [
    "client.startHeartbeat({ intervalMs: 'soon' })",
    invalid,
    "startHeartbeat: intervalMs: expected a number of at least 1; using 30000",
  ],
  ["client.startHeartbeat(30)", invalid, "startHeartbeat: expected an object with intervalMs"],
  ["client.flush(500)", invalid, "flush: expected an object with timeoutMs"],
  [
    "new MonitorClient('bot', 1, '/run/m.sock')",
    invalid,
    "MonitorClient: expected an object with socketPath, version, timeoutMs, maxBufferedLines, maxBufferedBytes, lastWords, logger",
  ],
  [
    "new MonitorClient('bot', 1, { socketPath: 'unix:///run/m.sock' })",
    invalid,
    "MonitorClient: socketPath: no path of a file: unix:///run/m.sock; write /run/m.sock",
  ],
  [
    "legacy.registerWithMonitor('bot', 0, {}, socketPath)",
    invalid,
    "registerWithMonitor was not sent: pid: expected an integer from 1 to 4294967295, got 0",
  ],
  [
    "legacy.registerWithMonitor('bot', 7, { chat: 1 }, socketPath)",
    invalid,
    'registerWithMonitor was not sent: features: expected "chat" to be true or false, got 1',
  ],
  [
    "legacy.registerWithMonitorAsync('bot', 7, ['chat'], socketPath)",
    invalid,
    "registerWithMonitorAsync was not sent: features: expected an object of booleans, got a value of type object; write an object literal such as { chat: true }",
  ],
  [
    "legacy.send_heartbeat('..', 7, socketPath)",
    invalid,
    'sendHeartbeat was not sent: channel: expected neither . nor .., got ".."',
  ],
  [
    "new legacy.HeartbeatTask('bot', 7, null, socketPath).start()",
    invalid,
    "HeartbeatTask: intervalSeconds: expected a number of at least 0.001; using 30",
  ],
  [
    "legacy.featuresToDict({}, [])",
    invalid,
    "featuresToDict: expected a manager with isEnabled or is_enabled",
  ],
  [
    "new MonitorClient('bot', 1, { sockPath: '/a' })",
    unknown,
    'MonitorClient: unknown option "sockPath"; did you mean socketPath?',
  ],
  [
    "new MonitorClient('bot', 1, { timeout: 1 })",
    unknown,
    'MonitorClient: unknown option "timeout"; did you mean timeoutMs?',
  ],
  ["client.heartbeat({ rss: 1 })", unknown, 'heartbeat: unknown option "rss"; did you mean rssMb?'],
  ["client.heartbeat({ cpu_pct: 1 })", unknown, 'heartbeat: unknown option "cpu_pct"; did you mean cpuPct?'],
  [
    "client.startHeartbeat({ interval: 5 })",
    unknown,
    'startHeartbeat: unknown option "interval"; did you mean intervalMs?',
  ],
  ["client.flush({ timeout: 5 })", unknown, 'flush: unknown option "timeout"; did you mean timeoutMs?'],
  ["client.close({ ms: 5 })", unknown, 'close: unknown option "ms"; did you mean timeoutMs?'],
  [
    "new RecordingMonitor({ path: '/nowhere' })",
    unknown,
    'RecordingMonitor: unknown option "path"; did you mean socketPath?',
  ],
  [
    "new RecordingMonitor({ socketPath }).waitFor(() => true, { timeout: 1 })",
    unknown,
    'waitFor: unknown option "timeout"; did you mean timeoutMs?',
  ],
  ...[
    ["tokens_in", "did you mean tokensIn?"],
    ["prompt_tokens", "did you mean tokensIn?"],
    ["input_tokens", "did you mean tokensIn?"],
    ["promptTokens", "did you mean tokensIn?"],
    ["completion_tokens", "did you mean tokensOut?"],
    ["output_tokens", "did you mean tokensOut?"],
    ["cached_tokens", "did you mean tokensCached?"],
    ["cache_read_input_tokens", "did you mean tokensCached?"],
    ["cache_creation_input_tokens", "did you mean tokensCacheWrite?"],
    ["cacheWriteTokens", "did you mean tokensCacheWrite?"],
    ["cost", "did you mean costUsd?"],
    ["cost_usd", "did you mean costUsd?"],
    ["latency_ms", "did you mean latencyMs?"],
    ["duration", "did you mean latencyMs?"],
    ["modle", "did you mean model?"],
    ["tokens", "did you mean tokensIn or tokensOut or tokensCached?"],
    [
      "user",
      "the known ones are model, feature, tokensIn, tokensOut, latencyMs, provider, tokensCached, tokensCacheWrite, costUsd, error",
    ],
  ].map(
    ([key = "", hint = ""]) =>
      [
        `client.logLlmUsage({ ...usage, ${key}: 1 })`,
        unknown,
        `logLlmUsage: unknown option "${key}"; ${hint}`,
      ] as [string, string, string],
  ),
  [
    "client.startHeartbeat({ intervalMs: 30 })",
    suspect,
    "startHeartbeat: intervalMs is in milliseconds; got 30; 30 s would be 30000",
  ],
  [
    "client.flush({ timeoutMs: 2 })",
    suspect,
    "flush: timeoutMs is in milliseconds; got 2; 2 s would be 2000",
  ],
  [
    "new MonitorClient('bot', 1, { timeoutMs: 5 })",
    suspect,
    "MonitorClient: timeoutMs is in milliseconds; got 5; 5 s would be 5000",
  ],
  [
    "client.logLlmUsage({ ...usage, latencyMs: 0.8 })",
    suspect,
    "logLlmUsage: latencyMs is in milliseconds; got 0.8; 0.8 s would be 800",
  ],
  [
    "new legacy.HeartbeatTask('bot', 7, 30_000, socketPath).start()",
    suspect,
    "HeartbeatTask: intervalSeconds is in seconds; got 30000; 30000 ms would be 30",
  ],
];

/** One process makes all of them, three times each, with a client for each. */
function programOf(format: "esm" | "cjs"): string {
  const imports =
    format === "esm"
      ? `import { MonitorClient } from "@kissbot/client";
import * as legacy from "@kissbot/client/legacy";
import { RecordingMonitor } from "@kissbot/client/testing";`
      : `const { MonitorClient } = require("@kissbot/client");
const legacy = require("@kissbot/client/legacy");
const { RecordingMonitor } = require("@kissbot/client/testing");`;
  const calls = mistakes.map(
    ([call]) =>
      `{ const client = new MonitorClient("bot", process.pid, { socketPath }); ${call}; ${call}; ${call}; }`,
  );
  return `${imports}
const socketPath = "/nowhere.sock";
const usage = { model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };
${calls.join("\n")}
console.log("the bot goes on");`;
}

describe.each(["esm", "cjs"] as const)("%s", (format) => {
  let exit: Exit;

  beforeAll(async () => {
    const type = format === "esm" ? "module" : "commonjs";
    exit = await new Child([`--input-type=${type}`, "--eval", programOf(format)]).exited;
  });

  test.each(mistakes)("%s is one warning, %s [trial/B3]", (_, code, message) => {
    const told = warningsOf(exit).filter((warning) => warning.message === message);
    expect(told).toEqual([{ code, message }]);
  });

  test("the bot goes on, and nothing else is told [trial/B3]", () => {
    expect(exit).toMatchObject({ code: 0, stdout: "the bot goes on\n" });
    const expected = new Set(mistakes.map(([, , message]) => message));
    const others = warningsOf(exit).filter(({ message }) => !expected.has(message));
    // The call that gives `tokens_in` gives this, too.
    expect(others.map(({ message }) => message)).toEqual([
      'logLlmUsage: unknown option "tokens_out"; did you mean tokensOut?',
    ]);
  });
});

test("an unknown key of a valid call is a warning only: the call goes out [trial/B3]", async () => {
  await using monitor = await new RecordingMonitor().start();
  const text = `${head}
await client.register({ voice: true });
await client.heartbeat({ rss: 1 });
console.log(await client.logLlmUsage({ ...usage, cost: 1 }));
process.exit(1);`;
  const { stdout } = await runProgram(imports(monitor.socketPath) + text).exited;
  expect(stdout).toBe("true\n");
  await monitor.waitFor((messages) => messages.length === 4);
  expect(monitor.ofType("register")[0]?.features).toEqual({ voice: true });
  // The last one has the last words.
  expect(monitor.messages.map(({ type }) => type)).toEqual([
    "register",
    "heartbeat",
    "llm_usage",
    "heartbeat",
  ]);
});

test("good arguments of every method are no warning [trial/B3]", async () => {
  await using monitor = await new RecordingMonitor().start();
  const text = `${imports(monitor.socketPath)}
const client = new MonitorClient("bot", process.pid, { socketPath, version: "1", timeoutMs: 50, maxBufferedLines: 5, maxBufferedBytes: 9_999, logger: { warn() {} } });
await client.register({ chat: true, voice: undefined });
await client.register(Object.create(null));
await client.heartbeat({ rssMb: 5, cpuPct: undefined });
client.startHeartbeat({ intervalMs: 50 });
const usage = { model: "m", feature: "f", tokensIn: 1, tokensOut: 1, latencyMs: 0, provider: "p", tokensCached: 0, tokensCacheWrite: 0, costUsd: 0, error: "timeout" };
for (let i = 0; i < 1_000; i++) void client.logLlmUsage(usage);
class Usage { model = "m"; feature = "f"; tokensIn = 1; tokensOut = 1; id = 7; }
await client.logLlmUsage(new Usage());
await client.logMetric("n", 0);
await client.stopHeartbeat();
await client.flush({ timeoutMs: 0 });
await client.flush(undefined);
await client.unregister();
await client.close({ timeoutMs: 100 });
const task = new legacy.HeartbeatTask("bot", 7, 3_600, socketPath);
task.start();
await task.stop();
legacy.sendHeartbeat("bot", 7, socketPath);`;
  const { code, stderr } = await runProgram(text).exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("the logger hears a mistake too, once for each client, and the warning is one for all [trial/B3]", async () => {
  const text = `${imports("/nowhere.sock")}
for (const channel of ["a", "b"]) {
  const client = new MonitorClient(channel, process.pid, { socketPath, logger: (line) => console.log(line) });
  for (let i = 0; i < 5; i++) void client.logMetric("n", NaN);
}`;
  const exit = await runProgram(text).exited;
  const sentence = "logMetric was not sent: value: expected a finite number, got NaN";
  const lines = ["a", "b"].map((channel) => `kissbot client "${channel}": ${sentence}\n`);
  expect(exit.stdout).toBe(lines.join(""));
  expect(warningsOf(exit)).toEqual([{ code: invalid, message: sentence }]);
});

test("mistakes that are new at each call are told a hundred times at most [trial/B3]", async () => {
  const text = `${imports("/nowhere.sock")}${head}
for (let i = 0; i < 250; i++) void client.logLlmUsage({ ...usage, ["key" + i]: 1 });`;
  expect(warningsOf(await runProgram(text).exited)).toHaveLength(100);
});

test("a mistake deep in the life of a bot is seen as well as one at its start [trial/B3]", async () => {
  const text = `${imports("/nowhere.sock")}${head}
for (let i = 0; i < 1_000; i++) void client.logLlmUsage(usage);
for (let i = 0; i < 100; i++) void client.logLlmUsage({ ...usage, cost: 1 });
void client.logLlmUsage({ ...usage, tokensIn: undefined, input_tokens: 1 });`;
  expect(warningsOf(await runProgram(text).exited).map(({ message }) => message)).toEqual([
    'logLlmUsage: unknown option "cost"; did you mean costUsd?',
    "logLlmUsage was not sent: tokensIn: expected an integer from 0 to 9007199254740991, got undefined",
    'logLlmUsage: unknown option "input_tokens"; did you mean tokensIn?',
  ]);
});

test("with --trace-warnings, a warning shows the line of the author's call [trial/B3]", async () => {
  const text = `${imports("/nowhere.sock")}${head}
function mine() { void client.logMetric("n", NaN); }
mine();`;
  const { stderr } = await runProgram(text, {}, ["--trace-warnings"]).exited;
  expect(stderr).toMatch(/KissbotWarning: logMetric was not sent: .*NaN\n( +at .*\n)+ +at mine /);
});

test("the warning can be switched off by its code [trial/B3]", async () => {
  const text = `${imports("/nowhere.sock")}${head}
process.on("warning", ({ name, code }) => console.log(name, code));
void client.logMetric("n", NaN);`;
  const flags = ["--disable-warning=KISSBOT_INVALID_ARGUMENT"];
  const { stdout, stderr } = await runProgram(text, {}, flags).exited;
  expect({ stdout, stderr }).toEqual({ stdout: "KissbotWarning KISSBOT_INVALID_ARGUMENT\n", stderr: "" });
});

describe("whatever became of process.emitWarning, a call returns false and the bot goes on", () => {
  test.each([
    ["throws", "process.emitWarning = () => { throw new Error('no warnings'); };"],
    ["rejects", "process.emitWarning = () => Promise.reject(new Error('no warnings'));"],
    ["is gone", "delete process.emitWarning;"],
    [
      "is frozen",
      "Object.freeze(Object.defineProperty(process, 'emitWarning', { writable: false, configurable: false }).emitWarning);",
    ],
    [
      "knows no Error",
      "process.emitWarning = (text) => { if (typeof text !== 'string') throw new Error(); };",
    ],
    ["has Error replaced beneath it", "Error.prepareStackTrace = () => { throw new Error('no stack'); };"],
    [
      "is heard by a listener that throws",
      "process.on('uncaughtException', () => {}); process.on('warning', () => { throw new Error('strict'); });",
    ],
    ["is told by a console.error that throws", "console.error = () => { throw new Error('no console'); };"],
    ["is heard by a strict listener", "process.on('warning', (warning) => { throw warning; });"],
  ])("%s [trial/B3]", async (_, text) => {
    // Where connecting fails, Node itself does not survive some of these.
    await using monitor = await new RecordingMonitor().start();
    const program = `${imports(monitor.socketPath)}${text}${head}
for (let i = 0; i < 3; i++) console.log(await client.logMetric("n", NaN));
await client.logLlmUsage({ ...usage, cost: 1 });
setTimeout(() => console.log("the bot goes on"), 50);`;
    const exit = await runProgram(program).exited;
    expect(exit).toMatchObject({ code: 0, stdout: "false\nfalse\nfalse\nthe bot goes on\n" });
  });

  test("nobody reads its stderr any more [trial/B3] [client/F31]", async () => {
    const program = `${imports("/nowhere.sock")}${head}
setTimeout(() => console.log("the bot goes on"), 2_000);
for (let i = 0; i < 20; i++) {
  void client.heartbeat({ [\`key\${i}\`]: 1 });
  await new Promise((resolve) => setTimeout(resolve, 10));
}`;
    const bot = runProgram(program);
    bot.process.stderr?.destroy();
    expect(await bot.exited).toMatchObject({ code: 0, stdout: "the bot goes on\n" });
  });

  test.each(["--throw-deprecation", "--no-warnings", "--unhandled-rejections=strict", "--frozen-intrinsics"])(
    "node %s [trial/B3]",
    async (flag) => {
      const program = `${imports("/nowhere.sock")}${head}
console.log(await client.logMetric("n", NaN));`;
      const { code, stdout } = await runProgram(program, {}, [flag]).exited;
      expect({ code, stdout }).toEqual({ code: 0, stdout: "false\n" });
    },
  );
});

test("a mistake in a loop costs no more than a good call [trial/B3]", async () => {
  await using monitor = await new RecordingMonitor().start();
  // The quickest of many rounds: what else the machine does makes a round slower, never quicker.
  const text = `${imports(monitor.socketPath)}${head}
await client.register();
const calls = {
  good: () => client.logLlmUsage(usage),
  missing: () => client.logLlmUsage({ model: "m", feature: "f", tokens_in: 1, tokens_out: 1 }),
  nan: () => client.logLlmUsage({ ...usage, tokensIn: NaN }),
  name: () => client.logMetric("a\\nb", 1),
  nothing: () => client.logLlmUsage(undefined),
};
const quickest = {};
for (let round = 0; round < 300; round++) {
  for (const [name, call] of Object.entries(calls)) {
    const started = performance.now();
    for (let i = 0; i < 100; i++) void call();
    quickest[name] = Math.min(quickest[name] ?? Infinity, performance.now() - started);
    await new Promise(setImmediate);
  }
}
console.log(JSON.stringify(quickest));
process.exit(1);`;
  const { stdout } = await runProgram(text).exited;
  const { good, ...bad } = JSON.parse(stdout) as Record<string, number> & { good: number };
  for (const ms of Object.values(bad)) expect(ms).toBeLessThan(2 * good);
});

describe("in a bundle", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kissbot-bundle-"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const entry = `
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot", process.pid, { socketPath: "/nowhere.sock", sockPath: "/a" });
void client.register();
process.on("warning", ({ code, message }) => console.log(code, message));`;
  const told = 'KISSBOT_UNKNOWN_OPTION MonitorClient: unknown option "sockPath"';

  async function run(file: string): Promise<string> {
    const { code, stdout } = await new Child([file]).exited;
    expect(code).toBe(0);
    return stdout;
  }

  test.each(["esm", "cjs"] as const)(
    "of one file, %s, the warning has its hint [trial/B3]",
    async (format) => {
      const outfile = join(folder, format === "esm" ? "one.mjs" : "one.cjs");
      const stdin = { contents: entry, resolveDir: packageFolder };
      await build({
        stdin,
        bundle: true,
        platform: "node",
        format,
        outfile,
        minify: true,
        logLevel: "error",
      });
      expect(await run(outfile)).toBe(`${told}; did you mean socketPath?\n`);
    },
  );

  test("of several files, the warning has its hint where they are all there, else it does without [trial/B3]", async () => {
    const outdir = join(folder, "split");
    const stdin = { contents: entry, resolveDir: packageFolder, sourcefile: "bot.js" };
    const outExtension = { ".js": ".mjs" };
    await build({
      stdin,
      bundle: true,
      platform: "node",
      format: "esm",
      splitting: true,
      outdir,
      outExtension,
      logLevel: "error",
    });
    const bot = join(outdir, "stdin.mjs");
    expect(await run(bot)).toBe(`${told}; did you mean socketPath?\n`);
    for (const file of readdirSync(outdir).filter((name) => name.startsWith("hint")))
      rmSync(join(outdir, file));
    expect(await run(bot)).toBe(`${told}\n`);
  });

  test.each(["index.js", "index.cjs"])(
    "a package without the file of hints warns without one: %s [trial/B3]",
    async (main) => {
      const modules = join(folder, main, "node_modules", "@kissbot");
      mkdirSync(modules, { recursive: true });
      const dist = join(modules, "client", "dist");
      cpSync(join(packageFolder, "dist"), dist, { recursive: true });
      cpSync(join(packageFolder, "package.json"), join(modules, "client", "package.json"));
      cpSync(join(packageFolder, "..", "protocol", "dist"), join(modules, "protocol", "dist"), {
        recursive: true,
      });
      cpSync(
        join(packageFolder, "..", "protocol", "package.json"),
        join(modules, "protocol", "package.json"),
      );
      const file = join(folder, main, main === "index.js" ? "bot.mjs" : "bot.cjs");
      writeFileSync(
        file,
        main === "index.js" ? entry : entry.replace(/import (.*) from (.*);/, "const $1 = require($2);"),
      );
      expect(await run(file)).toBe(`${told}; did you mean socketPath?\n`);
      const hints = readdirSync(dist).filter((name) => name.startsWith("hint"));
      expect(hints.length).toBeGreaterThan(0);
      for (const name of hints) rmSync(join(dist, name));
      expect(await run(file)).toBe(`${told}\n`);
    },
  );
});

test("what hints are made of is not loaded before there is a mistake [trial/B3]", async () => {
  const text = `
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/x.cjs");
const { MonitorClient } = require("@kissbot/client");
const loaded = () => Object.keys(require.cache).some((file) => /hint-\\w+\\.cjs$/.test(file));
const client = new MonitorClient("bot", process.pid, { socketPath: "/nowhere.sock" });
await client.register({ chat: true });
const before = loaded();
await client.logMetric("n", NaN);
await new Promise((resolve) => process.once("warning", resolve));
console.log(before, loaded());`;
  const { stdout } = await runProgram(text).exited;
  expect(stdout).toBe("false true\n");
});
