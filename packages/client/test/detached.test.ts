import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MonitorClient } from "../src/index.js";
import { RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

let monitor: RecordingMonitor;
let client: MonitorClient;
const usage = { model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };

beforeEach(async () => {
  monitor = await new RecordingMonitor().start();
  client = new MonitorClient("bot", process.pid, { socketPath: monitor.socketPath });
});

afterEach(async () => {
  await killChildren();
  vi.restoreAllMocks();
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
});

const types = () => monitor.messages.map(({ type }) => type);

test("every method works without its client [client/F11]", async () => {
  const {
    register,
    heartbeat,
    logLlmUsage,
    logMetric,
    startHeartbeat,
    stopHeartbeat,
    unregister,
    unregisterOnSignals,
    flush,
    close,
    stats,
  } = client;
  const dispose = client[Symbol.dispose];
  const asyncDispose = client[Symbol.asyncDispose];
  expect(await register({ chat: true })).toBe(true);
  expect(await heartbeat()).toBe(true);
  expect(await logLlmUsage(usage)).toBe(true);
  expect(await logMetric("n", 1)).toBe(true);
  startHeartbeat();
  await stopHeartbeat();
  unregisterOnSignals();
  expect(await unregister()).toBe(true);
  expect(await flush()).toBe(true);
  expect(stats().sent).toBe(6);
  await close();
  await asyncDispose();
  dispose();
  await monitor.waitFor((messages) => messages.length === 6);
  expect(types()).toEqual(["register", "heartbeat", "llm_usage", "custom_metric", "heartbeat", "unregister"]);
});

test("a method is a callback of timers, promises and emitters, whatever else they give it [client/F11]", async () => {
  const timer = setInterval(
    client.heartbeat as (...beside: unknown[]) => void,
    5,
    "what a timer",
    "gives beside",
  );
  try {
    await monitor.waitFor((messages) => messages.length >= 2);
  } finally {
    clearInterval(timer);
  }
  expect(await Promise.resolve(usage).then(client.logLlmUsage)).toBe(true);
  expect(await Promise.resolve(undefined).then(client.register)).toBe(true);
  expect(await Promise.resolve(new Date() as object).then(client.heartbeat)).toBe(true);
  const bot = new EventEmitter();
  bot.on("usage", client.logLlmUsage);
  bot.on("ready", client.startHeartbeat);
  bot.on("end", client.unregister);
  bot.on("stop", client.close);
  bot.emit("usage", usage, "and more", 7);
  bot.emit("ready", bot);
  await client.stopHeartbeat();
  bot.emit("end", "SIGTERM", 15);
  bot.emit("stop", "SIGTERM", 15);
  await client.close();
  await monitor.waitFor(() => types().at(-1) === "unregister");
  expect(client.stats().dropped.invalid).toBe(0);
});

test.each([
  ["a proxy", (bot: MonitorClient) => new Proxy(bot, {})],
  [
    "a proxy that reflects",
    (bot: MonitorClient) => new Proxy(bot, { get: (target, key, self) => Reflect.get(target, key, self) }),
  ],
  ["an object that inherits from the client", (bot: MonitorClient) => Object.create(bot) as MonitorClient],
  ["a frozen client", (bot: MonitorClient) => Object.freeze(bot)],
])("%s reports as the client does [client/F11]", async (_, wrap) => {
  const wrapped = wrap(client);
  expect(await wrapped.register()).toBe(true);
  expect(await wrapped.logMetric("n", 1)).toBe(true);
  expect(wrapped.stats()).toEqual(client.stats());
  wrapped[Symbol.dispose]();
  expect(await client.logMetric("n", 1)).toBe(false);
  await monitor.waitFor((messages) => messages.length === 2);
});

describe("a subclass", () => {
  class Bot extends MonitorClient {
    readonly tag = "mine";
    beats = 0;
    override heartbeat(): Promise<boolean> {
      this.beats++;
      return super.heartbeat({ rssMb: 7 });
    }
    override register(features?: Record<string, boolean>): Promise<boolean> {
      return super.register({ ...features, [this.tag]: true });
    }
    count(): number {
      return this.stats().sent;
    }
    override readonly stats = () => ({ ...super.stats(), reconnects: -1 });
  }
  let bot: Bot;

  beforeEach(() => {
    bot = new Bot("sub", process.pid, { socketPath: monitor.socketPath });
  });
  afterEach(() => bot[Symbol.dispose]());

  test("overrides methods, also where they are handed over or called by the client itself [client/F11]", async () => {
    const { register, heartbeat } = bot;
    expect(await register({ chat: true })).toBe(true);
    expect(await heartbeat()).toBe(true);
    bot.startHeartbeat();
    await bot.stopHeartbeat();
    expect(bot.beats).toBe(2);
    expect(bot.count()).toBe(3);
    expect(bot.stats().reconnects).toBe(-1);
    await monitor.waitFor((messages) => messages.length === 3);
    expect(monitor.ofType("register")[0]?.features).toEqual({ chat: true, mine: true });
    expect(monitor.ofType("heartbeat").map(({ rss_mb }) => rss_mb)).toEqual([7, 7]);
  });
});

describe("a spy", () => {
  test("on a client sees the calls, its own too, and is taken away again [client/F11]", async () => {
    const spy = vi.spyOn(client, "heartbeat");
    await client.heartbeat();
    client.startHeartbeat();
    await client.stopHeartbeat();
    expect(spy).toHaveBeenCalledTimes(2);
    spy.mockResolvedValue(false);
    expect(await client.heartbeat()).toBe(false);
    spy.mockRestore();
    expect(await client.heartbeat()).toBe(true);
  });

  test("on the class sees the calls of clients that were there before, and is taken away again [client/F11]", async () => {
    const { logMetric } = client;
    const spy = vi.spyOn(MonitorClient.prototype, "logMetric").mockResolvedValue(false);
    const later = new MonitorClient("later", 7, { socketPath: monitor.socketPath });
    expect(await client.logMetric("n", 1)).toBe(false);
    expect(await logMetric("n", 2)).toBe(false);
    expect(await later.logMetric("n", 3)).toBe(false);
    expect(spy.mock.calls).toEqual([
      ["n", 1],
      ["n", 2],
      ["n", 3],
    ]);
    expect(spy.mock.contexts[0]).toBe(client);
    spy.mockRestore();
    expect(await client.logMetric("n", 4)).toBe(true);
    expect(await later.logMetric("n", 5)).toBe(true);
    later[Symbol.dispose]();
  });
});

test("what is bound to a client is not seen when it is printed, spread or compared [client/F11]", () => {
  expect(Object.keys(client)).toEqual([]);
  expect({ ...client }).toEqual({});
  expect(client).toBeInstanceOf(MonitorClient);
  expect(Object.keys(Object.getOwnPropertyDescriptors(MonitorClient.prototype))).toContain("register");
});

test("a client that nobody holds is garbage, though its methods are bound [client/F11]", async () => {
  const text = `
import { MonitorClient } from "@kissbot/client";
const socketPath = ${JSON.stringify(monitor.socketPath)};
const held = await (async () => {
  const client = new MonitorClient("short", 7, { socketPath });
  await client.register();
  const { logMetric } = client;
  await logMetric("n", 1);
  await client.close();
  return new WeakRef(client);
})();
for (let i = 0; i < 100 && held.deref() !== undefined; i++) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  gc();
}
console.log(held.deref());`;
  expect(await runProgram(text, {}, ["--expose-gc"]).exited).toMatchObject({ stdout: "undefined\n" });
});
