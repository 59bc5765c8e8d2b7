import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { MonitorClient } from "../src/index.js";
import { AbsentMonitor, FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import { until } from "./until.js";

test("a recording monitor can be stopped and started, and keeps what it has", async () => {
  const monitor = await new RecordingMonitor().start();
  await monitor.start();
  const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
  await client.logMetric("n", 1);
  await monitor.waitFor((messages) => messages.length === 1);
  await monitor.stop();
  await monitor.stop();
  await until(() => !client.stats().connected);
  await monitor.start();
  void client.logMetric("n", 2);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.connections).toBe(2);
  expect(monitor.rejections).toEqual([]);
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
  expect(existsSync(dirname(monitor.socketPath))).toBe(false);
});

test("what does not arrive is told, with what did", async () => {
  const monitor = await new RecordingMonitor().start();
  const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
  await client.logMetric("only", 1);
  await monitor.waitFor((messages) => messages.length === 1);
  await expect(monitor.waitFor((messages) => messages.length === 2, { timeoutMs: 20 })).rejects.toThrow(
    /not within 20 ms; 1 messages arrived:\n.*"metric_name":"only"/,
  );
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
});

test("a path that is taken is refused", async () => {
  const first = await new RecordingMonitor().start();
  await expect(new FrozenMonitor({ socketPath: first.socketPath }).start()).rejects.toThrow("EADDRINUSE");
  await first[Symbol.asyncDispose]();
});

test("a frozen monitor takes connections and nothing else; an absent one is not there", async () => {
  const frozen = await new FrozenMonitor().start();
  const absent = await new AbsentMonitor().start();
  const before = new MonitorClient("bot", 1, { socketPath: frozen.socketPath });
  const nobody = new MonitorClient("bot", 1, { socketPath: absent.socketPath });
  expect(await before.register()).toBe(true);
  expect(await nobody.register()).toBe(false);
  await until(() => frozen.connections === 1);
  for (const client of [before, nobody]) client[Symbol.dispose]();
  await absent.stop();
  await frozen[Symbol.asyncDispose]();
  await absent[Symbol.asyncDispose]();
});
