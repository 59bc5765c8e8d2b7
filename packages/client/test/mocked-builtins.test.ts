import { createRequire } from "node:module";
import { afterAll, expect, test } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

afterAll(killChildren);

const require = createRequire(import.meta.url);
const fakeTimers = JSON.stringify(require.resolve("@sinonjs/fake-timers"));
const mockFs = JSON.stringify(require.resolve("mock-fs"));

/*
 * What test tools do to Node's own modules, in a process of its own. CommonJS shows more than ES
 * modules do: a function of a builtin that is looked up at each call is the replaced one.
 */
const load = {
  CommonJS: `const { MonitorClient } = require("@kissbot/client");`,
  "ES modules": `const { MonitorClient } = await import("@kissbot/client");`,
};
const head = (socketPath: string, loading: string) => `
import { createRequire, syncBuiltinESMExports } from "node:module";
const require = createRequire(import.meta.url);
const [fs, net, timers, perfHooks] = ["fs", "net", "timers", "perf_hooks"].map((name) => require("node:" + name));
const { setTimeout: realSetTimeout } = timers;
const Kept = Promise;
const delay = (ms) => new Kept((resolve) => realSetTimeout(resolve, ms));
const socketPath = ${JSON.stringify(socketPath)};
process.on("uncaughtException", (error) => { console.error("uncaught:", error); process.exit(9); });
${loading}
`;
/** Each outcome, or that there was none within 5 s. */
const useAll = `
const settled = (promise) => Kept.race([promise, delay(5_000).then(() => "never settled")]);
const client = new MonitorClient("bot", process.pid, { socketPath });
const outcomes = [await settled(client.register()), await settled(client.logMetric("n", 1))];
client.startHeartbeat({ intervalMs: 20 });
await delay(120);
await settled(client.stopHeartbeat());
outcomes.push(await settled(client.flush()), await settled(client.close()));
const absent = new MonitorClient("bot", process.pid, { socketPath: socketPath + ".absent" });
outcomes.push(await settled(absent.register()), await settled(absent.flush({ timeoutMs: 30 })));
outcomes.push(await settled(absent.close({ timeoutMs: 30 })));
`;
const allWell = [true, true, true, null, false, false, null];

async function run(program: string): Promise<unknown> {
  const { code, stdout, stderr } = await runProgram(program, {}, ["--no-warnings"]).exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const say = `fs.writeFileSync(1, JSON.stringify(outcomes)); process.exit(0);`;

const fakes = {
  "node:test": `const { mock } = require("node:test");
    mock.timers.enable({ apis: ["setInterval", "setTimeout", "setImmediate", "Date"] }); const undo = () => mock.timers.reset();`,
  sinon: `const clock = require(${fakeTimers}).install(); const undo = () => clock.uninstall();`,
  "stubs that return a number": `timers.setTimeout = timers.setInterval = globalThis.setTimeout = globalThis.setInterval = () => 1; const undo = () => {};`,
  "stubs that return nothing": `timers.setTimeout = timers.setInterval = globalThis.setTimeout = globalThis.setInterval = () => {}; const undo = () => {};`,
  "stubs that throw, in place of every function of fs, net and timers, and the clock": `
    const kept = fs.writeFileSync; const undo = () => { fs.writeFileSync = kept; };
    const stub = () => { throw new Error("a stub was called"); };
    for (const builtin of [fs, net, timers]) {
      // Not the classes, which Node itself takes from there.
      for (const name of Object.keys(builtin)) if (/^[a-z]/.test(name) && typeof builtin[name] === "function") builtin[name] = stub;
    }
    Object.assign(globalThis, { queueMicrotask: stub, setTimeout: stub, setInterval: stub, setImmediate: stub, Promise: stub });
    Math.random = () => Number.NaN;
    syncBuiltinESMExports();`,
};

const fakesOfEach = Object.entries(fakes).flatMap(([fake, text]) =>
  Object.entries(load).map(([modules, loading]) => ({ fake, text, modules, loading })),
);

test.each(fakesOfEach)(
  "$fake after the package was loaded with $modules: every promise settles and the heart beats [client/F10]",
  async ({ text, loading }) => {
    await using recording = await new RecordingMonitor().start();
    const outcomes = await run(`${head(recording.socketPath, loading)}${text}${useAll}undo(); ${say}`);
    expect(outcomes).toEqual(allWell);
    expect(recording.ofType("heartbeat").length).toBeGreaterThan(2);
    expect(recording.ofType("custom_metric")).toHaveLength(1);
  },
);

test.each(["() => 1", "() => undefined", "(run) => { run(); }"])(
  "timers that were %s when the package was loaded: no call throws, and lines go out [client/F10]",
  async (stub) => {
    await using recording = await new RecordingMonitor().start();
    const replace = `timers.setTimeout = timers.setInterval = ${stub};`;
    const outcomes = await run(
      `${head(recording.socketPath, `${replace}${load.CommonJS}`)}
      const client = new MonitorClient("bot", process.pid, { socketPath });
      const absent = new MonitorClient("bot", process.pid, { socketPath: socketPath + ".absent", timeoutMs: 1 });
      void absent.register(); void absent.flush({ timeoutMs: 1 });
      void client.register(); client.startHeartbeat();
      await delay(100);
      const outcomes = [await client.logMetric("n", 1)];
      void client.stopHeartbeat(); absent[Symbol.dispose]();
      ${say}`,
    );
    expect(outcomes).toEqual([true]);
  },
);

const sockets = {
  "nothing, as of an automock": "() => undefined",
  "a bare emitter": "() => new (require('node:events').EventEmitter)()",
  "an emitter that fails later": `() => {
    const emitter = new (require('node:events').EventEmitter)();
    setImmediate(() => emitter.emit("error", { get code() { throw new Error("hostile"); } }));
    setImmediate(() => emitter.emit("close"));
    return Object.assign(emitter, { unref() {}, resume() {} });
  }`,
  "a socket whose methods do nothing": `() => new Proxy({}, { get: () => () => undefined })`,
  "a socket whose methods throw": `() => new Proxy({}, { get: () => () => { throw new Error("mocked"); } })`,
  "an exception": `() => { throw null; }`,
};

test.each(Object.entries(sockets))(
  "a mocked net.connect that gives %s: no call throws, each attempt fails, and the next is made [client/F24]",
  async (_, stub) => {
    const outcomes = await run(
      `${head("/tmp/kissbot-nobody.sock", `let attempts = 0; const stub = ${stub}; net.connect = () => { attempts++; return stub(); }; ${load.CommonJS}`)}
      const client = new MonitorClient("bot", process.pid, { socketPath, timeoutMs: 500 });
      const outcomes = [await client.register(), await client.logMetric("n", 1), await client.flush({ timeoutMs: 5 })];
      client.startHeartbeat({ intervalMs: 10 });
      const deadline = performance.now() + ${stub.includes("undefined })") ? 0 : 10_000};
      while (attempts < 3 && performance.now() < deadline) await delay(5);
      outcomes.push(attempts >= 3, client.stats().connected);
      void client.unregister(); void client.close({ timeoutMs: 5 }); client[Symbol.dispose]();
      const disposed = new MonitorClient("bot", process.pid, { socketPath });
      void disposed.register(); disposed[Symbol.dispose]();
      ${say}`,
    );
    const retries = !stub.includes("undefined })");
    expect(outcomes).toEqual([false, false, false, retries, false]);
  },
);

test("under mock-fs lines go out all the same, and at exit(0) the last ones and the goodbye [client/F33]", async () => {
  await using recording = await new RecordingMonitor().start();
  const outcomes = await run(
    `${head(recording.socketPath, load.CommonJS)}
    const mock = require(${mockFs});
    const client = new MonitorClient("bot", process.pid, { socketPath });
    await client.register();
    fs.writeSync(1, "[");
    mock({});
    const outcomes = [await client.logMetric("while", 1), await client.heartbeat()];
    mock.restore();
    fs.writeSync(1, outcomes.join() + "]");
    mock({});
    void client.logMetric("last", 1);
    process.exit(0);`,
  );
  expect(outcomes).toEqual([true, true]);
  await recording.waitFor((messages) => messages.length === 5);
  expect(recording.messages.map(({ type }) => type)).toEqual([
    "register",
    "custom_metric",
    "heartbeat",
    "custom_metric",
    "unregister",
  ]);
  expect(recording.connections).toBe(1);
});

test.each([
  ["returns nothing", "() => undefined"],
  ["returns 0", "() => 0"],
  ["throws a string", `() => { throw "odd"; }`],
])("a mocked writeSync that %s: lines go out, or wait and never get lost [client/F33]", async (_, stub) => {
  await using recording = await new RecordingMonitor().start();
  const outcomes = await run(
    `${head(recording.socketPath, `const real = fs.writeSync; let broken = true; fs.writeSync = (...all) => broken ? (${stub})() : real(...all); ${load.CommonJS}`)}
    const client = new MonitorClient("bot", process.pid, { socketPath });
    void client.register();
    for (let i = 0; i < 5; i++) { await client.logMetric("n", i); await delay(1); }
    broken = false;
    const outcomes = [await client.flush({ timeoutMs: 5_000 }), client.stats().sent];
    ${say}`,
  );
  expect(outcomes).toEqual([true, 6]);
  await recording.waitFor((messages) => messages.length === 7);
  expect(recording.ofType("custom_metric").map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
  expect(recording.rejections).toEqual([]);
});
