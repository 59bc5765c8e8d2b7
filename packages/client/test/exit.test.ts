import { afterAll, describe, expect, test, vi } from "vitest";
import { type Exit, killChildren, runProgram, startMonitor } from "./child.js";
import { absent, frozen, recording } from "./each-monitor.js";
import { until } from "./until.js";

// Some of them start many processes, which take long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

afterAll(killChildren);

const head = `
import { MonitorClient } from "@kissbot/client";
import { writeSync } from "node:fs";
const client = new MonitorClient("bot");
const last = () => writeSync(1, "last " + Date.now() + "\\n");
const fill = async () => {
  while (client.stats().waiting < 500) {
    for (let i = 0; i < 100; i++) void client.logMetric("fill", i);
    await new Promise(setImmediate);
  }
};
`;

function run(text: string, { socketPath }: { socketPath: string }): ReturnType<typeof runProgram> {
  return runProgram(head + text, { KISSBOT_MONITOR_SOCKET: socketPath });
}

/** How long after its last line the process was gone. */
function lingeredMs({ stdout, atMs }: Exit): number {
  return atMs - Number(/^last (\d+)$/m.exec(stdout)?.[1]);
}

const bare = `
import { writeSync } from "node:fs";
writeSync(1, "last " + Date.now() + "\\n");
`;

/**
 * How long the process was there after its last line: the quickest of up to twenty runs, as one
 * that something holds is slow in each, and a busy machine only in some. Where the machine is so
 * busy that every process takes long to go, what a process without a client took right afterwards
 * is subtracted.
 */
async function quickestMs(start: () => ReturnType<typeof runProgram>): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20 && quickest >= 100; i++) {
    const exit = await start().exited;
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    const ms = lingeredMs(exit);
    quickest = Math.min(quickest, ms < 100 ? ms : ms - lingeredMs(await runProgram(bare).exited));
  }
  return quickest;
}

const types = () => recording.messages.map(({ type }) => type);

test("a script that only registers ends by itself in less than 100 ms, whatever the monitor does", async () => {
  for (const monitor of [recording, frozen, absent]) {
    expect(await quickestMs(() => run("void client.register(); last();", monitor))).toBeLessThan(100);
    expect(await quickestMs(() => run("await client.register(); last();", monitor))).toBeLessThan(100);
  }
});

test("a natural end with the buffer full before a frozen monitor ends at once", async () => {
  const text = "await client.register(); client.startHeartbeat({ intervalMs: 10 }); await fill(); last();";
  expect(await quickestMs(() => run(text, frozen))).toBeLessThan(100);
});

test("a natural end delivers what waits, then the goodbye", async () => {
  const { code } = await run(
    "void client.register(); for (let i = 0; i < 50; i++) void client.logMetric('n', i);",
    recording,
  ).exited;
  expect(code).toBe(0);
  await recording.waitFor((messages) => messages.at(-1)?.type === "unregister");
  expect(recording.messages).toHaveLength(52);
});

test("process.exit() in the tick of the calls delivers them, with the goodbye where the code is 0", async () => {
  await run("void client.register(); void client.logMetric('n', 1); process.exit(0);", recording).exited;
  await recording.waitFor((messages) => messages.length === 3);
  expect(types()).toEqual(["register", "custom_metric", "unregister"]);
  const { code } = await run(
    "await client.register(); void client.logMetric('n', 2); process.exit(3);",
    recording,
  ).exited;
  expect(code).toBe(3);
  await recording.waitFor((messages) => messages.length === 6);
  await until(() => recording.connections === 2);
  expect(types().slice(3)).toEqual(["register", "custom_metric", "heartbeat"]);
});

test("an uncaught exception delivers what waits and the last words, without a goodbye: the bot has crashed", async () => {
  const { code, stderr } = await run(
    "await client.register(); void client.logMetric('n', 1); throw new Error('boom');",
    recording,
  ).exited;
  expect(code).toBe(1);
  expect(stderr).toContain("boom");
  await recording.waitFor((messages) => messages.length === 3);
  expect(types()).toEqual(["register", "custom_metric", "heartbeat"]);
});

test("the code that counts for the goodbye is the one that the process ends with", async () => {
  const change = "process.on('exit', () => { process.exitCode = 4; });";
  const early = `${change} const { MonitorClient } = await import("@kissbot/client"); await new MonitorClient("bot").register();`;
  const { code } = await runProgram(early, { KISSBOT_MONITOR_SOCKET: recording.socketPath }).exited;
  expect(code).toBe(4);
  await recording.waitFor((messages) => messages.length === 2);
  await run("await client.register(); process.exit('0');", recording).exited;
  await recording.waitFor((messages) => messages.length === 4);
  expect(types()).toEqual(["register", "heartbeat", "register", "unregister"]);
});

test("what an exit listener of the bot reports goes out too", async () => {
  await run("await client.register(); process.on('exit', () => client.logMetric('late', 1));", recording)
    .exited;
  await recording.waitFor((messages) => messages.length === 3);
  expect(types().sort()).toEqual(["custom_metric", "register", "unregister"]);
});

test("an end between two connections still says goodbye", async () => {
  const listener = "setInterval(() => {}, 60_000); process.on('SIGUSR2', () => process.exit(0));";
  const bot = run(`${listener} await client.register();`, recording);
  await recording.waitFor((messages) => messages.length === 1);
  await recording.stop();
  await recording.start();
  bot.signal("SIGUSR2");
  expect((await bot.exited).code).toBe(0);
  await recording.waitFor((messages) => messages.at(-1)?.type === "unregister");
});

test("after close there is no goodbye", async () => {
  await run("await client.register(); await client.close();", recording).exited;
  expect(types()).toEqual(["register"]);
});

describe("signals", () => {
  const wait = "setInterval(() => {}, 60_000); await client.register();";

  test("without unregisterOnSignals, SIGTERM does what it always does, and nothing is said", async () => {
    const bot = run(wait, recording);
    await recording.waitFor((messages) => messages.length === 1);
    bot.signal("SIGTERM");
    expect(await bot.exited).toMatchObject({ code: null, signal: "SIGTERM", stderr: "" });
    expect(types()).toEqual(["register"]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "with it, %s says goodbye and ends the process as a signal does",
    async (signal) => {
      const bot = run(`client.unregisterOnSignals(); client.unregisterOnSignals(); ${wait}`, recording);
      await recording.waitFor((messages) => messages.length === 1);
      bot.signal(signal);
      expect(await bot.exited).toMatchObject({ code: null, signal, stderr: "" });
      await recording.waitFor((messages) => messages.length === 2);
      expect(types()).toEqual(["register", "unregister"]);
    },
  );

  test.each([
    ["on", "client.unregisterOnSignals(); OWN"],
    ["once", "client.unregisterOnSignals(); OWN"],
    // It is gone from the list of listeners when it is called.
    ["once", "OWN client.unregisterOnSignals();"],
  ])("a listener of the bot's own, by %s, decides whether it ends: %s", async (method, order) => {
    const own = `process.${method}('SIGTERM', () => setTimeout(() => { writeSync(1, 'done'); process.exit(7); }, 200));`;
    const bot = run(`${order.replace("OWN", own)} ${wait}`, recording);
    await recording.waitFor((messages) => messages.length === 1);
    bot.signal("SIGTERM");
    expect(await bot.exited).toMatchObject({ code: 7, signal: null, stdout: "done" });
    await recording.waitFor((messages) => messages.length === 2);
    expect(types()).toEqual(["register", "unregister"]);
  });

  test("a closed client listens no longer", async () => {
    const bot = run(`client.unregisterOnSignals(); ${wait} await client.close(); last();`, recording);
    await until(() => bot.stdout.includes("last"));
    bot.signal("SIGTERM");
    expect(await bot.exited).toMatchObject({ code: null, signal: "SIGTERM" });
    expect(types()).toEqual(["register"]);
  });
});

test("top-level await of each method, under each fault, comes back in time; never exit code 13", async () => {
  const text = `
const deadline = { timeoutMs: 150 };
const methods = {
  register: () => client.register(),
  heartbeat: () => client.heartbeat(),
  logLlmUsage: () => client.logLlmUsage({ model: "m", feature: "f", tokensIn: 1, tokensOut: 1 }),
  logMetric: () => client.logMetric("n", 1),
  flush: () => client.flush(deadline),
  stopHeartbeat: () => client.stopHeartbeat(),
  unregister: () => client.unregister(),
  close: () => client.close(deadline),
  dispose: () => client[Symbol.asyncDispose](),
};
if (process.env.FULL) { await client.register(); await fill(); }
client.startHeartbeat();
const slow = {};
for (const [name, method] of Object.entries(methods)) {
  const started = performance.now();
  await method();
  const ms = performance.now() - started;
  const most = name === "flush" || name === "close" ? 150 + 500 : 500;
  if (ms > most) slow[name] = ms;
}
writeSync(1, JSON.stringify(slow) + "\\n");
last();`;
  const stopped = `${recording.socketPath}.stopped`;
  const monitor = await startMonitor("record", stopped);
  monitor.signal("SIGSTOP");
  for (const socketPath of [recording.socketPath, frozen.socketPath, absent.socketPath, stopped]) {
    for (const full of socketPath === frozen.socketPath || socketPath === stopped ? ["", "1"] : [""]) {
      const env = { KISSBOT_MONITOR_SOCKET: socketPath, FULL: full };
      const { code, stdout, stderr } = await runProgram(head + text, env).exited;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.split("\n")[0]).toBe("{}");
    }
  }
  monitor.signal("SIGKILL");
});

test("100 clients, of an ESM and a CommonJS copy, make one exit hook, no warning, and 100 goodbyes", async () => {
  const text = `
import { createRequire } from "node:module";
const copy = createRequire(process.cwd() + "/x.js")("@kissbot/client");
if (copy.MonitorClient === MonitorClient) throw new Error("one copy");
const clients = Array.from({ length: 99 }, (_, i) => new (i % 2 ? copy.MonitorClient : MonitorClient)("bot" + i));
// Node itself listens as long as a module awaits something.
const own = (event) => process.listeners(event).filter(({ name }) => name !== "handleProcessExit").length;
for (const one of [client, ...clients]) { void one.register(); one.unregisterOnSignals(); }
writeSync(1, [own("exit"), process.listenerCount("SIGTERM"), process.listenerCount("SIGINT")].join());`;
  const { code, stdout, stderr } = await run(text, recording).exited;
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "1,1,1", stderr: "" });
  await recording.waitFor(() => recording.ofType("unregister").length === 100);
  expect(recording.ofType("register")).toHaveLength(100);
});

describe("settings of the environment", () => {
  const text =
    "writeSync(1, JSON.stringify([await client.register(), client.stats(), await client.flush()])); client.startHeartbeat(); await client.close();";

  test("KISSBOT_MONITOR_DISABLED=1 makes it a no-op", async () => {
    const env = { KISSBOT_MONITOR_SOCKET: recording.socketPath, KISSBOT_MONITOR_DISABLED: "1" };
    const { code, stdout, stderr } = await runProgram(head + text, env).exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [sent, stats, flushed] = JSON.parse(stdout);
    expect([sent, stats.sent, stats.waiting, stats.dropped.closed, flushed]).toEqual([false, 0, 0, 0, true]);
    expect(recording.connections).toBe(0);
  });

  test("a bad setting disables it, and is told once", async () => {
    const env = { KISSBOT_MONITOR_SOCKET: `/${"x".repeat(150)}` };
    const { code, stderr } = await runProgram(`${head}${text} new MonitorClient("second");`, env).exited;
    expect(code).toBe(0);
    expect(stderr.match(/KissbotWarning/g)).toHaveLength(1);
    expect(stderr).toContain(
      "the monitor client is disabled: KISSBOT_MONITOR_SOCKET: socketPath: expected 1 to 107 bytes and no NUL, got 151",
    );
  });

  test("KISSBOT_MONITOR_DEBUG=1 tells each change on stderr", async () => {
    const env = { KISSBOT_MONITOR_SOCKET: absent.socketPath, KISSBOT_MONITOR_DEBUG: "1" };
    const { code, stderr } = await runProgram(`${head}await client.register(); await client.flush();`, env)
      .exited;
    expect(code).toBe(0);
    expect(stderr).toBe(`kissbot client "bot": cannot make the connection to ${absent.socketPath}: ENOENT\n`);
  });
});

test("a client in a worker thread delivers, and ends with its worker", async () => {
  const text = `
import { Worker, isMainThread } from "node:worker_threads";
const source = 'import("@kissbot/client").then(({ MonitorClient }) => { const c = new MonitorClient("worker"); void c.register(); void c.logMetric("n", 1); })';
new Worker(source, { eval: true }).on("exit", last);`;
  const { code, stderr } = await run(text, recording).exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  await recording.waitFor((messages) => messages.length === 3);
  expect(types()).toEqual(["register", "custom_metric", "unregister"]);
});
