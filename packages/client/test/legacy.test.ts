import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as legacy from "../src/legacy.js";
import { AbsentMonitor, RecordingMonitor } from "../src/testing.js";
import { until } from "./until.js";

let recording: RecordingMonitor;
let absent: AbsentMonitor;
let path: string;

beforeEach(async () => {
  recording = await new RecordingMonitor().start();
  absent = new AbsentMonitor();
  path = recording.socketPath;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await recording[Symbol.asyncDispose]();
  await absent[Symbol.asyncDispose]();
});

test("every old name is there, and the snake_case ones are the same functions", () => {
  expect(Object.keys(legacy).sort()).toEqual([
    "HeartbeatTask",
    "featuresToDict",
    "features_to_dict",
    "registerWithMonitor",
    "registerWithMonitorAsync",
    "register_with_monitor",
    "register_with_monitor_async",
    "sendHeartbeat",
    "sendHeartbeatAsync",
    "send_heartbeat",
    "send_heartbeat_async",
    "unregisterFromMonitor",
    "unregisterFromMonitorAsync",
    "unregister_from_monitor",
    "unregister_from_monitor_async",
  ]);
  expect(legacy.register_with_monitor).toBe(legacy.registerWithMonitor);
  expect(legacy.register_with_monitor_async).toBe(legacy.registerWithMonitorAsync);
  expect(legacy.send_heartbeat).toBe(legacy.sendHeartbeat);
  expect(legacy.send_heartbeat_async).toBe(legacy.sendHeartbeatAsync);
  expect(legacy.unregister_from_monitor).toBe(legacy.unregisterFromMonitor);
  expect(legacy.unregister_from_monitor_async).toBe(legacy.unregisterFromMonitorAsync);
  expect(legacy.features_to_dict).toBe(legacy.featuresToDict);
});

test("true at once: the outbox took it, and it is sent, over one connection", async () => {
  expect(legacy.registerWithMonitor("a", 11, { chat: true }, path)).toBe(true);
  expect(legacy.sendHeartbeat("a", 11, path)).toBe(true);
  expect(legacy.unregisterFromMonitor("a", 11, path)).toBe(true);
  await recording.waitFor((messages) => messages.length === 3);
  expect(recording.messages.map(({ type }) => type)).toEqual(["register", "heartbeat", "unregister"]);
  expect(recording.messages[0]).toMatchObject({ channel: "a", pid: 11, features: { chat: true } });
  expect(recording.connections).toBe(1);
});

test("the twins give the client's promise", async () => {
  expect(await legacy.registerWithMonitorAsync("b", 12, {}, path)).toBe(true);
  expect(await legacy.sendHeartbeatAsync("b", 12, path)).toBe(true);
  expect(await legacy.unregisterFromMonitorAsync("b", 12, path)).toBe(true);
  expect(await legacy.registerWithMonitorAsync("b", 12, {}, absent.socketPath)).toBe(false);
  expect(legacy.sendHeartbeat("b", 12, absent.socketPath)).toBe(true);
});

test("bots that differ in channel or pid are told apart, over one connection", async () => {
  legacy.sendHeartbeat("c", 1, path);
  legacy.sendHeartbeat("c", 2, path);
  legacy.sendHeartbeat("d", 1, path);
  legacy.sendHeartbeat("d", 1, path);
  await recording.waitFor(({ length }) => length === 3);
  const bots = recording.ofType("heartbeat").map(({ channel, pid }) => `${channel} ${pid}`);
  expect(bots).toEqual(["c 1", "c 2", "d 1"]);
  expect(recording.connections).toBe(1);
});

test("bots that come and go leave no connections behind, and one that comes back is reported", async () => {
  let open = 0;
  let lines = "";
  const server = createServer((socket) => {
    open++;
    socket.on("data", (chunk) => {
      lines += chunk;
    });
    socket.on("close", () => open--);
  });
  const busy = `${absent.socketPath}2`;
  await new Promise<void>((resolve) => server.listen(busy, resolve));
  for (let pid = 1; pid <= 20; pid++) {
    expect(await legacy.registerWithMonitorAsync("gone", pid, {}, busy)).toBe(true);
    const task = new legacy.HeartbeatTask("gone", pid, 30, busy);
    task.start();
    await task.stop();
    expect(await legacy.unregisterFromMonitorAsync("gone", pid, busy)).toBe(true);
  }
  await until(() => open === 1, { describe: () => `${open} connections` });
  const count = (type: string) => lines.split(`"type":"${type}"`).length - 1;
  await until(() => count("unregister") === 20);
  expect([count("register"), count("heartbeat")]).toEqual([20, 20]);
  expect(await legacy.registerWithMonitorAsync("gone", 1, {}, busy)).toBe(true);
  await until(() => count("register") === 21);
  // A goodbye waits for its monitor like any other line.
  expect(legacy.unregisterFromMonitor("gone", 3, absent.socketPath)).toBe(true);
  expect(legacy.sendHeartbeat("gone", 4, absent.socketPath)).toBe(true);
  const monitor = await new RecordingMonitor({ socketPath: absent.socketPath }).start();
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.ofType("unregister")).toHaveLength(1);
  await monitor.stop();
  server.close();
});

test("bad arguments give false, and never throw", async () => {
  const wrong = undefined as unknown as string;
  expect(legacy.registerWithMonitor("", 1, {}, path)).toBe(false);
  expect(legacy.registerWithMonitor("e", 1, ["a"] as unknown as Record<string, boolean>, path)).toBe(false);
  expect(legacy.sendHeartbeat("e", Number.NaN, path)).toBe(false);
  expect(legacy.sendHeartbeat(wrong, 1, path)).toBe(false);
  expect(legacy.unregisterFromMonitor("e", 1, "x".repeat(200))).toBe(false);
  expect(legacy.sendHeartbeat("e", 1, 7 as unknown as string)).toBe(false);
  expect(legacy.sendHeartbeat("e", 1n as unknown as number, path)).toBe(false);
  expect(await legacy.registerWithMonitorAsync("", 1, {}, path)).toBe(false);
  expect(await legacy.sendHeartbeatAsync("", 1, path)).toBe(false);
  expect(await legacy.unregisterFromMonitorAsync("", 1, path)).toBe(false);
  const task = new legacy.HeartbeatTask("", -1);
  task.start();
  await task.stop();
});

test("a disabled client takes nothing", async () => {
  vi.stubEnv("KISSBOT_MONITOR_DISABLED", "1");
  expect(legacy.registerWithMonitor("f", 1, {}, path)).toBe(false);
  expect(await legacy.sendHeartbeatAsync("f", 1, path)).toBe(false);
});

test("HeartbeatTask beats at once and every so many seconds, until it is stopped", async () => {
  const task = new legacy.HeartbeatTask("g", 13, 0.02, path);
  task.start();
  task.start();
  await recording.waitFor(() => recording.ofType("heartbeat").length >= 3);
  expect(recording.ofType("heartbeat")[0]).toMatchObject({ channel: "g", pid: 13, interval_s: 0.02 });
  await task.stop();
  await task.stop();
});

test("a goodbye is said once for each registration, and no heartbeat follows it", async () => {
  expect(legacy.registerWithMonitor("h", 14, {}, path)).toBe(true);
  expect(legacy.unregisterFromMonitor("h", 14, path)).toBe(true);
  expect(legacy.unregisterFromMonitor("h", 14, path)).toBe(true);
  expect(await legacy.unregisterFromMonitorAsync("h", 14, path)).toBe(false);
  expect(legacy.sendHeartbeat("h", 14, path)).toBe(false);
  expect(await legacy.sendHeartbeatAsync("h", 14, path)).toBe(false);
  await recording.waitFor(({ length }) => length === 2);
  expect(await legacy.unregisterFromMonitorAsync("h", 14, path)).toBe(true);
  expect(await legacy.registerWithMonitorAsync("h", 14, {}, path)).toBe(true);
  expect(await legacy.sendHeartbeatAsync("h", 14, path)).toBe(true);
  expect(await legacy.unregisterFromMonitorAsync("h", 14, path)).toBe(true);
  await recording.waitFor(({ length }) => length === 5);
  expect(recording.messages.map(({ type }) => type)).toEqual([
    "register",
    "unregister",
    "register",
    "heartbeat",
    "unregister",
  ]);
});

test("featuresToDict asks the manager, in either spelling, and leaves out what nobody knows", () => {
  const features = [{ config_key: "chat" }, { config_key: "voice" }, { config_key: "__proto__" }];
  const isEnabled = ({ config_key }: { config_key: string }) => config_key !== "voice";
  const expected = JSON.parse('{"chat":true,"voice":false,"__proto__":true}');
  expect(legacy.featuresToDict({ isEnabled }, features)).toEqual(expected);
  expect(legacy.features_to_dict({ is_enabled: isEnabled }, new Set(features))).toEqual(expected);
  const picky = {
    isEnabled: (feature: { config_key: string }) => {
      if (feature.config_key === "voice") throw new Error("unknown feature");
      return 1;
    },
  };
  expect(legacy.featuresToDict(picky, features.slice(0, 2))).toEqual({ chat: true });
  expect(legacy.featuresToDict({}, features)).toEqual({});
  expect(legacy.featuresToDict({ isEnabled }, null as unknown as typeof features)).toEqual({});
  expect(legacy.featuresToDict({ isEnabled }, [null, {}] as unknown as typeof features)).toEqual({});
});

test("a registration that fills its line is repeated on a new connection, without the interval it has no room for", async () => {
  // A line has 65,536 bytes at most, with its end; an interval takes 32 more.
  const name = (i: number, length: number): string => `${i}`.padStart(3, "0").padEnd(length, "é");
  const line = (features: object): number =>
    Buffer.byteLength(JSON.stringify({ type: "register", channel: "x", pid: 7, features }));
  const features: Record<string, boolean> = {};
  for (let i = 0; line(features) < 65_200; i++) features[name(i, 126)] = true;
  features[name(999, (65_510 - line(features) - 8) >> 1)] = true;
  const task = new legacy.HeartbeatTask("x", 7, 100 / 3, path);
  expect(legacy.registerWithMonitor("x", 7, features, path)).toBe(true);
  task.start();
  await recording.waitFor((messages) => messages.length === 2);
  recording.disconnect();
  await recording.waitFor(() => recording.ofType("register").length === 2);
  expect(recording.ofType("register")[1]).toMatchObject({ channel: "x", pid: 7, features });
  expect(recording.rejections).toEqual([]);
  await task.stop();
});
