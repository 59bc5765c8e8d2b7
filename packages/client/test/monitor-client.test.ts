import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as nextMacrotask } from "node:timers/promises";
import { lasting } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import { MonitorClient, type MonitorClientStats } from "../src/index.js";
import { absent, frozen, recording } from "./each-monitor.js";
import { until } from "./until.js";

const clients: MonitorClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});

function clientOf(
  { socketPath }: { socketPath: string },
  options: ConstructorParameters<typeof MonitorClient>[2] = {},
): MonitorClient {
  const client = new MonitorClient("bot", process.pid, { socketPath, ...options });
  clients.push(client);
  return client;
}

function accountOf({ sent, superseded, waiting, dropped }: MonitorClientStats): number {
  return sent + superseded + waiting + Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

const usage = { model: "m", feature: "chat", tokensIn: 10, tokensOut: 2 };

/** Fills the kernel's buffer for a frozen peer; returns how many calls it took. */
async function stall(client: MonitorClient): Promise<number> {
  let calls = 0;
  while (client.stats().waiting < 100) {
    for (let i = 0; i < 100; i++, calls++) void client.logMetric("fill", i);
    await nextMacrotask();
  }
  return calls;
}

test("every method's line arrives, with what protocol 1 knows about it", async () => {
  const client = clientOf(recording, { version: "1.2.3" });
  const outcomes = [
    await client.register({ chat: true, voice: false }),
    await client.heartbeat({ rssMb: 12.5, cpuPct: 3 }),
    await client.logLlmUsage({
      ...usage,
      latencyMs: 5.5,
      provider: "p",
      tokensCached: 4,
      tokensCacheWrite: 3,
      costUsd: 0.01,
      error: "timeout",
    }),
    await client.logMetric("queue", -1.5),
    await client.unregister(),
  ];
  expect(outcomes).toEqual([true, true, true, true, true]);
  await recording.waitFor((messages) => messages.length === 5);
  const { pid } = process;
  const ts = expect.any(Number);
  const started_at = expect.any(Number);
  expect(recording.messages).toEqual([
    {
      type: "register",
      channel: "bot",
      pid,
      features: { chat: true, voice: false },
      version: "1.2.3",
      started_at,
      ts,
    },
    { type: "heartbeat", channel: "bot", pid, rss_mb: 12.5, cpu_pct: 3, dropped: 0, started_at, ts },
    {
      type: "llm_usage",
      channel: "bot",
      model: "m",
      feature: "chat",
      tokens_in: 10,
      tokens_out: 2,
      latency_ms: 5.5,
      provider: "p",
      tokens_cached: 4,
      tokens_cache_write: 3,
      cost_usd: 0.01,
      error: "timeout",
      ts,
    },
    { type: "custom_metric", channel: "bot", metric_name: "queue", value: -1.5, ts },
    { type: "unregister", channel: "bot", pid, ts },
  ]);
  expect(client.stats()).toEqual({
    connected: true,
    waiting: 0,
    sent: 5,
    dropped: { buffer_full: 0, connection_lost: 0, invalid: 0, closed: 0 },
    superseded: 0,
    reconnects: 0,
  });
});

test("a heartbeat measures this process, but says nothing about another one", async () => {
  await clientOf(recording).heartbeat();
  const other = new MonitorClient("other", process.ppid, { socketPath: recording.socketPath });
  clients.push(other);
  await other.heartbeat();
  await recording.waitFor((messages) => messages.length === 2);
  const [own, foreign] = recording.ofType("heartbeat");
  expect(own?.rss_mb).toBeGreaterThan(10);
  expect(own).not.toHaveProperty("cpu_pct", 0);
  expect(Math.abs((own?.started_at ?? 0) - (Date.now() - process.uptime() * 1_000))).toBeLessThan(2_000);
  expect(Object.keys(foreign ?? {}).sort()).toEqual(["channel", "dropped", "pid", "ts", "type"]);
});

test("the lines of one tick leave in one write, in the order of the calls", async () => {
  const client = clientOf(recording);
  await client.register();
  const outcomes = await Promise.all(Array.from({ length: 500 }, (_, i) => client.logMetric("n", i)));
  expect(outcomes.every(Boolean)).toBe(true);
  await recording.waitFor((messages) => messages.length === 501);
  expect(recording.ofType("custom_metric").map(({ value }) => value)).toEqual(
    Array.from({ length: 500 }, (_, i) => i),
  );
});

test("a tick with more lines than the buffer holds loses none, as long as the kernel has room", async () => {
  const client = clientOf(recording, { maxBufferedLines: 10 });
  await client.register();
  for (let i = 0; i < 200; i++) void client.logMetric("n", i);
  await recording.waitFor((messages) => messages.length === 201);
  expect(client.stats().dropped.buffer_full).toBe(0);
});

test("promises are kept before the next macrotask, once the first attempt is over", async () => {
  const calls: ((client: MonitorClient) => Promise<boolean>)[] = [
    (client) => client.register(),
    (client) => client.heartbeat(),
    (client) => client.logLlmUsage(usage),
    (client) => client.logMetric("n", 1),
    (client) => client.unregister(),
  ];
  for (const [monitor, outcome] of [
    [recording, true],
    [absent, false],
    [frozen, false],
  ] as const) {
    const client = clientOf(monitor);
    await client.register();
    if (monitor === frozen) await stall(client);
    for (const call of calls) {
      let kept: boolean | undefined;
      void call(client).then((value) => {
        kept = value;
      });
      await nextMacrotask();
      expect(kept).toBe(outcome);
    }
  }
});

test("while the first attempt is under way, a promise waits for its outcome", async () => {
  const [live, gone] = [clientOf(recording), clientOf(absent)];
  expect(await Promise.all([live.register(), live.logMetric("n", 1), gone.register()])).toEqual([
    true,
    true,
    false,
  ]);
});

test("false means that it waits: it is sent when the monitor comes, the registration first", async () => {
  await recording.stop();
  const client = clientOf(recording);
  expect(await client.logMetric("early", 1)).toBe(false);
  expect(await client.register({ chat: true })).toBe(false);
  expect(client.stats()).toMatchObject({ waiting: 2, sent: 0, connected: false });
  await recording.start();
  await recording.waitFor((messages) => messages.length === 2);
  expect(recording.messages.map(({ type }) => type)).toEqual(["register", "custom_metric"]);
});

test("every new connection begins with the registration, until the bot has said goodbye", async () => {
  const client = clientOf(recording, { version: "7" });
  await client.register({ chat: true });
  await recording.waitFor((messages) => messages.length === 1);
  const first = { ...recording.messages[0] } as Record<string, unknown>;
  delete first["ts"];
  for (let round = 1; round <= 3; round++) {
    recording.disconnect();
    await until(() => client.stats().reconnects === round);
    await recording.waitFor((messages) => messages.length === 1 + round);
    // Said anew, so without the time of the first.
    expect(recording.messages[round]).toEqual(first);
  }
  expect(client.stats().sent).toBe(1);
  await client.unregister();
  // What the peer has not read when it closes is lost with the connection.
  await recording.waitFor((messages) => messages.length === 5);
  recording.disconnect();
  await until(() => client.stats().reconnects === 4);
  await client.logMetric("n", 1);
  await recording.waitFor((messages) => messages.length === 6);
  expect(recording.messages.slice(4).map(({ type }) => type)).toEqual(["unregister", "custom_metric"]);
});

test("before a frozen monitor: false, bounded, counted exactly, the newest kept", async () => {
  const client = clientOf(frozen);
  await client.register();
  let calls = 1 + (await stall(client));
  for (let i = 0; i < 3_000; i++, calls++) {
    expect(accountOf(client.stats())).toBe(calls);
    void client.logLlmUsage(usage);
  }
  const stats = client.stats();
  expect(accountOf(stats)).toBe(calls);
  // One line may be cut in the middle; it is not among the 1 024.
  expect(stats.waiting).toBeLessThanOrEqual(1_025);
  expect(stats.dropped.buffer_full).toBeGreaterThan(1_900);
  expect(await client.logMetric("n", 1)).toBe(false);
  expect(client.stats().connected).toBe(true);
});

test("what was lost travels in the next heartbeat, and nothing that made no line [conformance/R15]", async () => {
  const client = clientOf(recording, { maxBufferedLines: 5 });
  await recording.stop();
  await client.register();
  for (let i = 0; i < 12; i++) void client.logMetric("n", i);
  void client.logMetric("n", Number.NaN);
  void client.register({ chat: "yes" } as unknown as Record<string, boolean>);
  void client.heartbeat();
  await recording.start();
  await recording.waitFor((messages) => messages.length === 7);
  // Seven for want of room; what made no line was never taken.
  expect(recording.ofType("heartbeat")[0]?.dropped).toBe(7);
  expect(recording.ofType("custom_metric").map(({ value }) => value)).toEqual([7, 8, 9, 10, 11]);
  expect(client.stats().dropped).toEqual({ buffer_full: 7, connection_lost: 0, invalid: 2, closed: 0 });
});

test("states: the newest wins, and what it replaced is superseded, not lost", async () => {
  const client = clientOf(absent);
  await client.register();
  for (let i = 0; i < 5; i++) void client.register({ round: i % 2 === 0 });
  for (let i = 0; i < 5; i++) void client.heartbeat();
  expect(client.stats()).toMatchObject({ waiting: 2, superseded: 9 });
  expect(Object.values(client.stats().dropped)).toEqual([0, 0, 0, 0]);
});

test("the heartbeat begins at once, tells its interval, starts once and stops", async () => {
  const client = clientOf(recording);
  await client.register();
  client.startHeartbeat({ intervalMs: 20 });
  client.startHeartbeat({ intervalMs: 1 });
  await recording.waitFor(() => recording.ofType("heartbeat").length >= 3);
  expect(recording.ofType("heartbeat")[0]).toMatchObject({ interval_s: 0.02 });
  await client.stopHeartbeat();
  await client.stopHeartbeat();
  const { sent } = client.stats();
  await lasting("five intervals of the heartbeat", 100);
  expect(client.stats().sent).toBe(sent);
});

test("a goodbye stops the heartbeat, which would otherwise bring the bot back", async () => {
  const client = clientOf(recording);
  client.startHeartbeat({ intervalMs: 5 });
  await client.unregister();
  const { sent } = client.stats();
  await lasting("twelve intervals of the heartbeat", 60);
  expect(client.stats().sent).toBe(sent);
});

test("flush and close end in time, whatever the monitor does", async () => {
  for (const monitor of [recording, absent, frozen]) {
    const client = clientOf(monitor);
    await client.register();
    if (monitor === frozen) await stall(client);
    const started = performance.now();
    expect(await client.flush({ timeoutMs: 80 })).toBe(monitor === recording);
    const flushedMs = performance.now() - started;
    await client.close({ timeoutMs: 80 });
    expect(flushedMs).toBeLessThan(80 + 500);
    expect(performance.now() - started).toBeLessThan(160 + 1_000);
    expect(client.stats()).toMatchObject({ waiting: 0, connected: false });
  }
});

test("flush waits for a monitor that comes back in time", async () => {
  await recording.stop();
  const client = clientOf(recording);
  await client.register();
  const flushed = client.flush({ timeoutMs: 20_000 });
  await recording.start();
  expect(await flushed).toBe(true);
  await recording.waitFor((messages) => messages.length === 1);
});

test("close delivers, keeps the bot's status, and then refuses and counts", async () => {
  const client = clientOf(recording);
  void client.register();
  void client.logMetric("n", 1);
  const closed = client.close();
  expect(client.close()).toBe(closed);
  expect(await client.logMetric("late", 1)).toBe(false);
  await closed;
  client.startHeartbeat();
  expect(await client.heartbeat()).toBe(false);
  expect(await client.flush()).toBe(true);
  await recording.waitFor((messages) => messages.length === 2);
  expect(recording.messages.map(({ type }) => type)).toEqual(["register", "custom_metric"]);
  expect(client.stats()).toMatchObject({ sent: 2, dropped: { closed: 2 }, waiting: 0 });
});

test("await using closes; using closes at once, with what the kernel takes", async () => {
  const flushing = new MonitorClient("a", 1, { socketPath: recording.socketPath });
  void flushing.logMetric("a", 1);
  await flushing[Symbol.asyncDispose]();
  const atOnce = new MonitorClient("b", 1, { socketPath: recording.socketPath });
  void atOnce.logMetric("b", 1);
  atOnce[Symbol.dispose]();
  expect(atOnce.stats()).toMatchObject({ sent: 1, waiting: 0, connected: false });
  await recording.waitFor((messages) => messages.length === 2);
});

test("a line that was cut when the connection broke is lost, not repeated", async () => {
  const client = clientOf(frozen);
  await client.register();
  const calls = 1 + (await stall(client));
  await frozen.stop();
  await until(() => !client.stats().connected);
  const { dropped } = client.stats();
  expect(dropped.connection_lost).toBeLessThanOrEqual(1);
  expect(accountOf(client.stats())).toBe(calls);
});

test("diagnostics channels tell each event, the logger each change, once", async () => {
  const events: string[] = [];
  const names = ["connect", "disconnect", "stall", "drop"].map((name) => `kissbot.client.${name}`);
  const onEvent = (message: unknown, name: string | symbol) => {
    const { channel, reason } = message as { channel: string; reason?: string };
    if (channel === "bot") events.push([String(name).split(".")[2], reason].filter(Boolean).join(" "));
  };
  for (const name of names) subscribe(name, onEvent);
  const told: string[] = [];
  try {
    const client = clientOf(frozen, { logger: (line) => told.push(line) });
    await client.register();
    await stall(client);
    await until(() => client.stats().waiting > 0 && events.includes("stall"));
    for (let i = 0; i < 1_100; i++) void client.logMetric("n", i);
    void client.logMetric("n", Number.NaN);
    void client.logMetric("n", Number.NaN);
    await frozen.stop();
    await until(() => told.filter((line) => line.includes("cannot make")).length === 1);
    const failures = () => events.filter((event) => event === "disconnect").length;
    await until(() => failures() >= 4);
  } finally {
    for (const name of names) unsubscribe(name, onEvent);
  }
  expect(new Set(events)).toEqual(
    new Set(["connect", "stall", "drop buffer_full", "drop invalid", "disconnect"]),
  );
  expect(told).toHaveLength(6);
  expect(told[0]).toBe(`kissbot client "bot": connected to ${frozen.socketPath}`);
  expect(told[1]).toContain("is not read: EAGAIN");
  expect(told[2]).toContain("lines are being dropped: buffer_full");
  expect(told[3]).toContain("logMetric was not sent: value: expected a finite number, got NaN");
  expect(told[4]).toMatch(/lost the connection to .*: (END|ECONNRESET|EPIPE)/);
  expect(told[5]).toContain(`cannot make the connection to ${frozen.socketPath}: ENOENT`);
});

test("a logger that throws or rejects is nobody's problem", async () => {
  const fail = () => {
    throw new Error("the disk is full");
  };
  const reject = () => Promise.reject(new Error("the disk is full")) as unknown as undefined;
  for (const logger of [fail, reject, { info: fail, warn: fail }, {}]) {
    const client = clientOf(recording, { logger });
    expect(await client.register()).toBe(true);
    expect(await client.logMetric("", 1)).toBe(false);
  }
});
