import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MonitorClient } from "../src/index.js";
import { RecordingMonitor } from "../src/testing.js";

let monitor: RecordingMonitor;
let client: MonitorClient;

beforeEach(async () => {
  monitor = await new RecordingMonitor().start();
  client = new MonitorClient("bot", process.pid, { socketPath: monitor.socketPath });
  await client.register();
});

afterEach(async () => {
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
});

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;
const thrower = {
  get model(): string {
    throw new Error("no model today");
  },
};
const evil = {
  get model(): string {
    throw new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error("not even this");
        },
      },
    );
  },
};
const good = { model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };

const badCalls: [string, (bot: MonitorClient) => Promise<boolean>][] = [
  ["NaN tokens", (bot) => bot.logLlmUsage({ ...good, tokensIn: Number.NaN })],
  ["negative tokens", (bot) => bot.logLlmUsage({ ...good, tokensOut: -1 })],
  ["BigInt tokens", (bot) => bot.logLlmUsage({ ...good, tokensIn: 1n as unknown as number })],
  ["a fraction of a token", (bot) => bot.logLlmUsage({ ...good, tokensIn: 0.5 })],
  ["infinite cost", (bot) => bot.logLlmUsage({ ...good, costUsd: Number.POSITIVE_INFINITY })],
  [
    "a getter that throws",
    (bot) =>
      bot.logLlmUsage({
        ...good,
        get model() {
          return thrower.model;
        },
      }),
  ],
  ["a getter that throws what throws", (bot) => bot.logLlmUsage(evil as unknown as typeof good)],
  [
    "a latency that cannot be read",
    (bot) =>
      bot.logLlmUsage({
        ...good,
        get latencyMs(): number {
          throw new Error("no clock");
        },
      }),
  ],
  [
    "a latency that is a symbol",
    (bot) => bot.logLlmUsage({ ...good, latencyMs: Symbol("ms") as unknown as number }),
  ],
  ["a latency that is a BigInt", (bot) => bot.logLlmUsage({ ...good, latencyMs: 5n as unknown as number })],
  ["a cyclic object", (bot) => bot.logLlmUsage(cyclic as unknown as typeof good)],
  ["a cyclic name", (bot) => bot.logMetric(cyclic as unknown as string, 1)],
  ["nothing", (bot) => bot.logLlmUsage(undefined as unknown as typeof good)],
  ["null", (bot) => bot.logLlmUsage(null as unknown as typeof good)],
  ["an over-long model", (bot) => bot.logLlmUsage({ ...good, model: "m".repeat(257) })],
  ["an over-long name", (bot) => bot.logMetric("n".repeat(257), 1)],
  ["a name with a newline", (bot) => bot.logMetric("a\nb", 1)],
  ["half a surrogate", (bot) => bot.logMetric("\ud800", 1)],
  ["a symbol", (bot) => bot.logMetric(Symbol("n") as unknown as string, 1)],
  ["a value of text", (bot) => bot.logMetric("n", "1" as unknown as number)],
  ["infinity", (bot) => bot.logMetric("n", Number.POSITIVE_INFINITY)],
  ["features that are not boolean", (bot) => bot.register({ a: 1 } as unknown as Record<string, boolean>)],
  ["features that are a list", (bot) => bot.register([true] as unknown as Record<string, boolean>)],
  [
    "257 features",
    (bot) => bot.register(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, true]))),
  ],
  [
    "features too long for a line",
    (bot) =>
      bot.register(
        Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`${i}${"\u{1f600}".repeat(120)}`, true])),
      ),
  ],
];

test.each(badCalls)("%s: false, counted, and no line", async (_, call) => {
  expect(await call(client)).toBe(false);
  expect(client.stats().dropped).toEqual({ buffer_full: 0, connection_lost: 0, invalid: 1, closed: 0 });
  await client.logMetric("end", 1);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.messages.map(({ type }) => type)).toEqual(["register", "custom_metric"]);
  expect(monitor.rejections).toEqual([]);
});

test("an invalid registration leaves the one before it in force", async () => {
  await client.register({ good: true });
  await client.register(["chat"] as unknown as Record<string, boolean>);
  await monitor.waitFor((messages) => messages.length === 2);
  monitor.disconnect();
  await monitor.waitFor((messages) => messages.length === 3);
  expect(monitor.ofType("register")[2]?.features).toEqual({ good: true });
});

const accessor = new (class {
  get chat() {
    return true;
  }
})();

test.each<[string, unknown]>([
  ["a Map", new Map([["chat", true]])],
  ["a Set", new Set(["chat"])],
  ["a promise", Promise.resolve({ chat: true })],
  ["a Date", new Date()],
  ["an instance with accessors", accessor],
  [
    "an instance with fields",
    new (class Flags {
      chat = true;
    })(),
  ],
  ["flags that are inherited", Object.create({ chat: true })],
  [
    "flags inherited from an object without a prototype",
    Object.create(Object.assign(Object.create(null), { chat: true })),
  ],
  ["a list of names", ["chat"]],
  ["a text", "chat"],
  ["true", true],
  ["a number", 5],
  ["a function", () => true],
  ["a regular expression", /chat/],
  ["a buffer", Buffer.from("chat")],
])("features that are %s are refused: false, counted, and no line [client/F21]", async (_, features) => {
  expect(await client.register(features as Record<string, boolean>)).toBe(false);
  expect(client.stats().dropped.invalid).toBe(1);
  await client.logMetric("end", 1);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.ofType("register").map((message) => message.features)).toEqual([{}]);
});

interface Features {
  chat: boolean;
}
const declared: Features = { chat: true };

test.each<[string, unknown]>([
  ["a literal", { chat: true }],
  ["a value of an interface", declared],
  ["an object without a prototype", Object.assign(Object.create(null), { chat: true })],
  ["an object of another realm", runInNewContext("({ chat: true })")],
  ["a proxy of an object", new Proxy({ chat: true }, {})],
  ["a frozen object", Object.freeze({ chat: true })],
  [
    "an object with a getter",
    {
      get chat() {
        return true;
      },
    },
  ],
  ["a flag that is undefined", { chat: true, voice: undefined }],
])("features that are %s are sent [client/F21]", async (_, features) => {
  expect(await client.register(features as Record<string, boolean>)).toBe(true);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.ofType("register")[1]?.features).toEqual({ chat: true });
  expect(client.stats().dropped.invalid).toBe(0);
});

const long = (i: number) => `${i}${"\u{1f600}".repeat(120)}`;

test.each<[string, Record<string, unknown>, number]>([
  ["a text", { chat: true, voice: "yes" }, 1],
  ["0 and 1", { chat: true, a: 0, b: 1, c: null }, 1],
  [
    "a getter that throws",
    {
      chat: true,
      get voice() {
        throw new Error("not today");
      },
    },
    1,
  ],
  ["a name that is too long", { chat: true, ["n".repeat(129)]: true, "": true }, 1],
  ["half a surrogate", { chat: true, "\ud800": true }, 1],
  [
    "257 names",
    Object.fromEntries([["chat", true], ...Array.from({ length: 256 }, (_, i) => [`f${i}`, true])]),
    256,
  ],
  [
    "more than a line holds",
    Object.fromEntries([["chat", true], ...Array.from({ length: 255 }, (_, i) => [long(i), true])]),
    134,
  ],
])(
  "start() with %s registers without what cannot be sent, register() refuses it [client/F21]",
  async (_, features, left) => {
    const registrations = () => monitor.ofType("register");
    expect(await client.register(features as Record<string, boolean>)).toBe(false);
    expect(client.stats().dropped.invalid).toBe(1);
    client.start(features as Record<string, boolean>);
    await monitor.waitFor(() => registrations().length === 2);
    const sent = registrations()[1]?.features ?? {};
    expect(sent["chat"]).toBe(true);
    expect(Object.keys(sent)).toHaveLength(left);
    expect(client.stats().dropped.invalid).toBe(1);
    monitor.disconnect();
    await monitor.waitFor(() => registrations().length === 3);
    expect(registrations()[2]?.features).toEqual(sent);
  },
);

test("features that are undefined are left out in silence [client/F21]", async () => {
  const features = { chat: true, voice: undefined } as unknown as Record<string, boolean>;
  expect(await client.register(features)).toBe(true);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.ofType("register")[1]?.features).toEqual({ chat: true });
});

test("`__proto__` is a feature like any other, beside one that is left out [client/F21]", async () => {
  const features = JSON.parse('{"__proto__":true,"voice":1}') as Record<string, boolean>;
  client.start(features);
  await monitor.waitFor(() => monitor.ofType("register").length === 2);
  expect(Object.keys(monitor.ofType("register")[1]?.features ?? {})).toEqual(["__proto__"]);
});

test("whatever the arguments are: no throw, no invalid line, and the sum holds", async () => {
  let calls = 1;
  await fc.assert(
    fc.asyncProperty(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true }),
      fc.anything(),
      async (a, b) => {
        await Promise.all([
          client.register(a as Record<string, boolean>),
          client.heartbeat(a as object),
          client.logMetric(a as string, b as number),
          client.logLlmUsage({ ...good, model: a as string, tokensIn: b as number }),
          client.logLlmUsage(a as typeof good),
        ]);
        // Beats once, at once.
        client.startHeartbeat(a as object);
        void client.stopHeartbeat();
        calls += 6;
        await client.flush(a as object);
        expect(await client.flush({ timeoutMs: 20_000 })).toBe(true);
        const { sent, superseded, dropped } = client.stats();
        expect(sent + superseded + dropped.invalid).toBe(calls);
      },
    ),
    { numRuns: 200 },
  );
  const { sent } = client.stats();
  await monitor.waitFor((messages) => messages.length === sent);
  expect(monitor.rejections).toEqual([]);
});

test.each([
  ["an empty channel", () => new MonitorClient("")],
  ["a channel of control characters", () => new MonitorClient("a\u0000")],
  ["a channel that is a path segment", () => new MonitorClient("..")],
  ["a channel of 129 code points", () => new MonitorClient("c".repeat(129))],
  ["no channel", () => new MonitorClient(undefined as unknown as string)],
  ["pid 0", () => new MonitorClient("c", 0)],
  ["pid 1.5", () => new MonitorClient("c", 1.5)],
  ["pid null", () => new MonitorClient("c", null as unknown as number)],
  ["a socket path of 108 bytes", () => new MonitorClient("c", 1, { socketPath: `/${"x".repeat(107)}` })],
  ["an empty socket path", () => new MonitorClient("c", 1, { socketPath: "" })],
  [
    "a socket path that is no string",
    () => new MonitorClient("c", 1, { socketPath: 7 as unknown as string }),
  ],
])("the constructor throws for %s", (_, construct) => {
  expect(construct).toThrow(/^(channel|pid|socketPath): expected /);
});

test.each([
  ["null", null],
  ["a number", 5],
  [
    "getters that throw",
    {
      get version() {
        throw new Error("no version");
      },
      get logger() {
        throw new Error("no logger");
      },
      get maxBufferedLines() {
        throw new Error("no bound");
      },
    },
  ],
  ["a proxy that has been revoked", revoked()],
  ["a logger that is none", { logger: 7, version: null }],
])("options that are %s are the defaults", async (_, options) => {
  vi.stubEnv("KISSBOT_MONITOR_SOCKET", monitor.socketPath);
  try {
    const odd = new MonitorClient("odd", 1, options as unknown as object);
    expect(await odd.register()).toBe(true);
    expect(await odd.close(options as unknown as object)).toBe(undefined);
    expect(odd.stats().sent).toBe(1);
  } finally {
    vi.unstubAllEnvs();
  }
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test("other options that make no sense become their defaults, and are told", async () => {
  const told: string[] = [];
  const odd = new MonitorClient("odd", 1, {
    socketPath: monitor.socketPath,
    version: 7 as unknown as string,
    timeoutMs: Number.NaN,
    maxBufferedLines: -1,
    maxBufferedBytes: "lots" as unknown as number,
    logger: { warn: (line) => told.push(line) },
  });
  expect(await odd.register()).toBe(true);
  expect(await odd.close({ timeoutMs: "soon" as unknown as number })).toBe(undefined);
  expect(told.map((line) => line.replace('kissbot client "odd": ', ""))).toEqual([
    "MonitorClient: version: expected 1 to 256 code points, no control characters, well-formed Unicode, got 7",
    "MonitorClient: timeoutMs: expected a number of at least 1; using 2000",
    "MonitorClient: maxBufferedLines: expected a number of at least 1; using 1024",
    "MonitorClient: maxBufferedBytes: expected a number of at least 1; using 262144",
    "close: timeoutMs: expected a number of at least 0; using 500",
  ]);
});

test("an argument whose getter disposes of the client: false, and counted", async () => {
  const disposing = {
    ...good,
    get model() {
      client[Symbol.dispose]();
      return "m";
    },
  };
  expect(await client.logLlmUsage(disposing)).toBe(false);
  expect(client.stats()).toMatchObject({ sent: 1, waiting: 0, dropped: { closed: 1 } });
});
