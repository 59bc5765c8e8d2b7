import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import process from "node:process";
import { promisify } from "node:util";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { MonitorClient } from "../src/index.js";
import { RecordingMonitor } from "../src/testing.js";
import { until } from "./until.js";

/*
 * Rules of chapter 8 of the specification which no other test here names, from the outside: what a
 * monitor sees. Those of what waits are in outbox.test.ts and shared-outbox.test.ts.
 */

/** Attempts to connect are up to a second apart after some failures. */
const patience = { timeoutMs: 20_000 };

const typesOf = (recording: RecordingMonitor) => recording.messages.map(({ type }) => type);

test("C-9: two goodbyes that a bot asks for are one line, and no heartbeat follows until it registers again [conformance/R15]", async () => {
  await using recording = await new RecordingMonitor().start();
  await using client = new MonitorClient("bot", { socketPath: recording.socketPath });
  await client.register();
  client.startHeartbeat({ intervalMs: 20 });
  await recording.waitFor(() => recording.ofType("heartbeat").length >= 2);
  await client.unregister();
  await client.unregister();
  await client.heartbeat();
  await client.logMetric("last", 1);
  await recording.waitFor(() => recording.ofType("custom_metric").length === 1);
  expect(typesOf(recording).filter((type) => type === "unregister")).toHaveLength(1);
  expect(typesOf(recording).slice(-2)).toEqual(["unregister", "custom_metric"]);
  await client.register();
  await client.heartbeat();
  await client.unregister();
  await recording.waitFor(() => recording.ofType("unregister").length === 2);
  expect(typesOf(recording).slice(-3)).toEqual(["register", "heartbeat", "unregister"]);
});

test("C-9: what a bot says while the monitor is away ends with its last word [conformance/R15]", async () => {
  using place = new TemporaryFolder("rules");
  await using recording = await new RecordingMonitor({ socketPath: place.socketPath }).start();
  await using client = new MonitorClient("bot", { socketPath: recording.socketPath });
  await client.register();
  await recording.waitFor((messages) => messages.length === 1);
  await until(() => client.stats().connected);
  await recording.stop();
  await until(() => !client.stats().connected);
  void client.heartbeat();
  void client.unregister();
  void client.register();
  await recording.start();
  await recording.waitFor(() => recording.ofType("heartbeat").length === 1, patience);
  await until(() => client.stats().connected && client.stats().waiting === 0);
  await recording.stop();
  await until(() => !client.stats().connected);
  void client.heartbeat();
  void client.unregister();
  await recording.start();
  await recording.waitFor(() => recording.ofType("unregister").length === 1, patience);
  expect(typesOf(recording)).toEqual(["register", "register", "heartbeat", "heartbeat", "unregister"]);
});

test("C-14: a monitor that ends its side of an idle connection is found again, without a call [conformance/R15]", async () => {
  using place = new TemporaryFolder("rules");
  const lines: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.setEncoding("utf8"));
    socket.on("error", () => {});
    socket.on("data", (text: string) => lines.push(text));
  }).listen(place.socketPath);
  await once(server, "listening");
  const client = new MonitorClient("bot", { socketPath: place.socketPath });
  try {
    await client.register();
    await until(() => lines.length === 1);
    sockets[0]?.end();
    await until(() => lines.length === 2);
    // The registration that is repeated tells of now, so it carries no time [C-17].
    const [first, second] = lines.map((line) => JSON.parse(line));
    expect(first).toMatchObject({ type: "register", ts: expect.any(Number) });
    const { ts: _, ...rest } = first;
    expect(second).toEqual(rest);
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test("C-14: what a monitor writes is thrown away, and lines go out meanwhile [conformance/R15]", async () => {
  using place = new TemporaryFolder("rules");
  const chunk = Buffer.alloc(65_536, 0x78);
  let got = "";
  let written = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const talk = () => {
      while (written < 1_024 && socket.write(chunk)) written++;
      if (written < 1_024) written++;
    };
    socket.on("error", () => {});
    socket.on("drain", talk);
    socket.on("data", (bytes) => {
      got += bytes;
    });
    talk();
  }).listen(place.socketPath);
  await once(server, "listening");
  const client = new MonitorClient("bot", { socketPath: place.socketPath });
  try {
    const before = process.memoryUsage().rss;
    await client.register();
    await until(() => written >= 1_024);
    void client.logMetric("n", 7);
    await until(() => got.includes('"value":7'));
    expect(client.stats()).toMatchObject({ connected: true, waiting: 0 });
    // 64 MiB were written to it.
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1_048_576);
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test.skipIf(!existsSync("/proc/self/fd"))(
  "C-16: no program that the bot starts holds the connection [conformance/R15]",
  async () => {
    await using recording = await new RecordingMonitor().start();
    await using client = new MonitorClient("bot", { socketPath: recording.socketPath });
    await client.register();
    await recording.waitFor((messages) => messages.length === 1);
    const { stdout } = await promisify(execFile)("sh", ["-c", "ls -l /proc/$$/fd"]);
    // The pipes to it may be sockets, too: nothing beyond them is one.
    const inherited = stdout.match(/ ([3-9]|\d{2,}) -> socket:/g) ?? [];
    expect(stdout).toContain(" 0 -> ");
    expect(inherited).toEqual([]);
  },
);
