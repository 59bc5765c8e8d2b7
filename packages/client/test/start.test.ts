import { afterAll, afterEach, expect, test, vi } from "vitest";
import { MonitorClient } from "../src/index.js";
import { killChildren, runProgram } from "./child.js";
import { recording } from "./each-monitor.js";
import { clientOf, clients, types } from "./reporting-clients.js";
import { until } from "./until.js";

vi.setConfig({ testTimeout: 60_000 });

afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(killChildren);

/** Everything that was said before has arrived. */
async function settle(client: MonitorClient): Promise<void> {
  const { length } = recording.ofType("custom_metric");
  await client.logMetric("end", length);
  await recording.waitFor(() => recording.ofType("custom_metric").length > length);
}

test("start registers with the interval, beats at once and goes on beating [trial/O3]", async () => {
  const client = clientOf({ version: "1.2.3" });
  expect(client.start({ chat: true }, { intervalMs: 20 })).toBe(undefined);
  await recording.waitFor(() => recording.ofType("heartbeat").length >= 3);
  expect(types().slice(0, 3)).toEqual(["register", "heartbeat", "heartbeat"]);
  expect(recording.messages[0]).toMatchObject({
    pid: process.pid,
    features: { chat: true },
    version: "1.2.3",
    interval_s: 0.02,
  });
  expect(recording.ofType("heartbeat")[0]).toMatchObject({ interval_s: 0.02 });
});

test("without arguments it beats every 30 s, and a second call changes nothing [trial/O3]", async () => {
  const client = clientOf();
  client.start();
  client.start();
  client.start(undefined, {});
  await settle(client);
  client.start();
  await settle(client);
  expect(types()).toEqual(["register", "heartbeat", "custom_metric", "custom_metric"]);
  expect(recording.messages[0]).toMatchObject({ features: {}, interval_s: 30 });
});

test("a call without features keeps those of the one before; one with features registers again [trial/O3]", async () => {
  const client = clientOf();
  client.start({ chat: true });
  client.start();
  client.start({ chat: false });
  await settle(client);
  expect(types()).toEqual(["register", "heartbeat", "custom_metric"]);
  client.start({ voice: true });
  await settle(client);
  expect(recording.ofType("register").map(({ features }) => features)).toEqual([
    { chat: false },
    { voice: true },
  ]);
  expect(recording.ofType("heartbeat")).toHaveLength(1);
});

test("a call with another interval beats at that from then on [trial/O3]", async () => {
  const client = clientOf();
  client.start({}, { intervalMs: 3_600_000 });
  await settle(client);
  client.start(undefined, { intervalMs: 20 });
  client.start();
  await recording.waitFor(() => recording.ofType("heartbeat").length >= 4);
  expect(recording.ofType("register")).toHaveLength(1);
  expect(recording.ofType("heartbeat")[3]).toMatchObject({ interval_s: 0.02 });
});

test("after a goodbye it registers again, with the features that were registered last [trial/O3]", async () => {
  const client = clientOf();
  client.start({ chat: true });
  await client.unregister();
  client.start();
  await settle(client);
  expect(types()).toEqual(["register", "heartbeat", "unregister", "register", "heartbeat", "custom_metric"]);
  expect(recording.ofType("register")[1]?.features).toEqual({ chat: true });
});

test.each<[string, unknown, object]>([
  ["a value that is no boolean", { chat: "yes", voice: true }, { voice: true }],
  ["an empty name", { "": true, voice: true }, { voice: true }],
  ["a list", [true], {}],
  ["a number", 5, {}],
  [
    "a proxy whose keys cannot be read",
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no keys");
        },
      },
    ),
    {},
  ],
  ["a proxy that has been revoked", revoked(), {}],
])(
  "features that are %s do not keep the bot from being registered, and are told [trial/O3] [client/F1]",
  async (_, features, sound) => {
    const told: string[] = [];
    const client = clientOf({ logger: { warn: (line) => told.push(line) } });
    client.start(features as Record<string, boolean>);
    await settle(client);
    expect(types()).toEqual(["register", "heartbeat", "custom_metric"]);
    expect(recording.ofType("register")[0]?.features).toEqual(sound);
    expect(told.join()).toMatch(/start(?: was not sent)?: (features: |no keys|Cannot perform)/);
  },
);

test("more features than anybody has do not hold the bot up [trial/O3] [client/F21]", async () => {
  const client = clientOf();
  const names = Array.from({ length: 100_000 }, (_, i) => [`f${i}`, true]);
  const beganAt = process.cpuUsage();
  client.start(Object.fromEntries(names));
  const { user } = process.cpuUsage(beganAt);
  expect(user / 1_000).toBeLessThan(2_000);
  await settle(client);
  expect(Object.keys(recording.ofType("register")[0]?.features ?? {})).toHaveLength(256);
});

test("a bot that is registered stays so when it starts again with no features object [trial/O3]", async () => {
  const client = clientOf();
  client.start({ chat: true });
  client.start([true] as unknown as Record<string, boolean>);
  await settle(client);
  expect(recording.ofType("register").map((message) => message.features)).toEqual([{ chat: true }]);
  expect(client.stats().dropped.invalid).toBe(1);
});

test("a monitor that is absent is no reason to throw, wait or stay: the bot is registered when it comes [trial/O3]", async () => {
  await recording.stop();
  const client = clientOf();
  client.start({ chat: true });
  await recording.start();
  await recording.waitFor((messages) => messages.length === 2);
  expect(types()).toEqual(["register", "heartbeat"]);
});

test("a disabled and a closed client do nothing [trial/O3]", async () => {
  const listeners = process.listenerCount("SIGTERM");
  const closed = clientOf();
  await closed.close();
  closed.start({ chat: true });
  vi.stubEnv("KISSBOT_MONITOR_DISABLED", "1");
  const disabled = clientOf();
  disabled.start({ chat: true });
  expect(recording.connections).toBe(0);
  expect(disabled.stats().sent).toBe(0);
  expect(process.listenerCount("SIGTERM")).toBe(listeners);
});

test.each([
  ["by itself", "", { code: 0 }],
  ["by SIGTERM", "SIGTERM", { code: null, signal: "SIGTERM" }],
  ["by SIGINT", "SIGINT", { code: null, signal: "SIGINT" }],
] as const)(
  "a bot that did nothing but start says goodbye where it ends %s [trial/O3]",
  async (_, signal, exit) => {
    const bot = runProgram(
      `import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("my_bot");
client.start();
client.start({ chat: true });
${signal === "" ? "" : "setInterval(() => {}, 60_000);"}`,
      { KISSBOT_MONITOR_SOCKET: recording.socketPath },
    );
    await until(() => recording.ofType("register").length > 0);
    if (signal !== "") bot.signal(signal);
    expect(await bot.exited).toMatchObject({ ...exit, stdout: "", stderr: "" });
    await recording.waitFor((messages) => messages.at(-1)?.type === "unregister");
    expect(recording.ofType("unregister")).toHaveLength(1);
  },
);

test("the second argument may be the pid or the options [trial/O3]", async () => {
  const options = { socketPath: recording.socketPath };
  vi.stubEnv("KISSBOT_MONITOR_SOCKET", recording.socketPath);
  clients.push(
    new MonitorClient("a"),
    new MonitorClient("b", options),
    new MonitorClient("c", 7),
    new MonitorClient("d", 8, options),
    new MonitorClient("e", undefined, options),
    new MonitorClient("f", undefined),
    new MonitorClient("g", {}),
    new MonitorClient("h", revoked()),
  );
  for (const client of clients) expect(await client.register()).toBe(true);
  await recording.waitFor((messages) => messages.length === 8);
  const own = process.pid;
  const pids = new Map(recording.ofType("register").map(({ channel, pid }) => [channel, pid]));
  expect([..."abcdefgh"].map((channel) => pids.get(channel))).toEqual([own, own, 7, 8, own, own, own, own]);
});

test.each([
  // @ts-expect-error: no pid
  ["null", () => new MonitorClient("a", null)],
  // @ts-expect-error: no pid
  ["a text", () => new MonitorClient("a", "7")],
  // @ts-expect-error: no pid
  ["a socket path", () => new MonitorClient("a", "/tmp/recording.sock")],
  // @ts-expect-error: no pid
  ["true", () => new MonitorClient("a", true)],
  // @ts-expect-error: no pid
  ["a BigInt", () => new MonitorClient("a", 7n)],
  // @ts-expect-error: no options
  ["a function", () => new MonitorClient("a", () => {})],
  // @ts-expect-error: the options come last
  ["options, with more options", () => new MonitorClient("a", {}, {})],
  ["a list", () => new MonitorClient("a", [] as object)],
  ["NaN", () => new MonitorClient("a", Number.NaN)],
  ["a fraction", () => new MonitorClient("a", 1.5)],
  ["0", () => new MonitorClient("a", 0)],
])("a second argument that is %s is refused by name [trial/O3]", (_, construct) => {
  expect(construct).toThrow(/^pid: expected .*, got /);
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
