import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, expect, test } from "vitest";
import { MonitorClient, type MonitorClientStats } from "../src/index.js";
import { absent, frozen, recording } from "./each-monitor.js";
import { until } from "./until.js";

let stopListening: () => void = () => {};

afterEach(() => stopListening());

/** Hears the event for as long as the test runs. */
function listen(event: string, onEvent: () => void): void {
  const name = `kissbot.client.${event}`;
  subscribe(name, onEvent);
  stopListening = () => unsubscribe(name, onEvent);
}

function accountOf({ sent, superseded, waiting, dropped }: MonitorClientStats): number {
  return sent + superseded + waiting + Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

test("a listener that reports each loss through the client that had it ends, and every call is counted", async () => {
  const client = new MonitorClient("bot", 1, { socketPath: absent.socketPath, maxBufferedLines: 10 });
  await client.register();
  let calls = 1;
  let heard = 0;
  let wrongSums = 0;
  listen("drop", () => {
    heard++;
    if (accountOf(client.stats()) !== calls) wrongSums++;
    calls++;
    void client.logMetric("drops", heard);
  });
  for (let i = 0; i < 50; i++) {
    calls++;
    void client.logMetric("n", i);
  }
  calls++;
  void client.logMetric("", 1);
  await client.close({ timeoutMs: 1 });
  calls++;
  void client.logMetric("late", 1);
  expect(heard).toBeGreaterThan(40);
  expect(wrongSums).toBe(0);
  expect(accountOf(client.stats())).toBe(calls);
});

test("a loss is told when the sum is right again", async () => {
  const client = new MonitorClient("bot", 1, { socketPath: frozen.socketPath });
  await client.register();
  let calls = 1;
  const sums: boolean[] = [];
  listen("drop", () => sums.push(accountOf(client.stats()) === calls));
  await until(() => {
    for (let i = 0; i < 100; i++) {
      calls++;
      void client.logMetric("fill", i);
    }
    return client.stats().dropped.buffer_full > 100;
  });
  await frozen.stop();
  await until(() => !client.stats().connected);
  client[Symbol.dispose]();
  expect(sums.length).toBeGreaterThan(1_000);
  expect(sums.every(Boolean)).toBe(true);
});

test("a listener that reports as soon as it is connected does not come before the registration", async () => {
  await recording.stop();
  const client = new MonitorClient("bot", 1, { socketPath: recording.socketPath, maxBufferedLines: 2 });
  await client.register({ chat: true });
  await recording.start();
  listen("connect", () => {
    for (let i = 0; i < 5; i++) void client.logMetric("connected", i);
  });
  await recording.waitFor((messages) => messages.length === 6);
  expect(recording.messages[0]?.type).toBe("register");
  client[Symbol.dispose]();
});

test.each(["connect", "disconnect", "stall", "drop"])(
  "a listener may dispose of the client at %s",
  async (event) => {
    const client = new MonitorClient("bot", 1, { socketPath: frozen.socketPath, maxBufferedLines: 8 });
    listen(event, () => client[Symbol.dispose]());
    await client.register();
    let calls = 1;
    await until(() => {
      for (let i = 0; i < 100; i++, calls++) void client.logMetric("fill", i);
      if (event === "disconnect") void frozen.stop();
      return client.stats().dropped.closed > 0;
    });
    expect(client.stats()).toMatchObject({ waiting: 0, connected: false });
    expect(accountOf(client.stats())).toBe(calls);
  },
);
