import { existsSync, lstatSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { beat, closedByPeer, openConnection, TestMonitor } from "./test-monitor.js";

test("takes lines of a connection that stays and of a connection per line, and ends what the peer half-closed", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const staying = await openConnection(monitor.path);
  staying.write(beat(1));
  // As the old clients: one line, half-close, and wait for the other end.
  const old = await openConnection(monitor.path);
  old.end(beat(2));
  await closedByPeer(old);
  // As Python's socket.close(): no wait, no newline at the end.
  (await openConnection(monitor.path)).end(beat(3).trimEnd());
  await until("three messages", () => monitor.messages.length === 3);
  staying.write(beat(4));
  await until("four messages", () => monitor.messages.length === 4);
  expect(monitor.listener.connections).toBe(1);
  expect(monitor.listener.connectionsTotal).toBe(3);
  monitor.assertSum();
  staying.destroy();
  await until("no connection", () => monitor.listener.connections === 0);
});

test("can be started and stopped again and again, also at once", async () => {
  using place = new TemporaryFolder("ingest");
  const monitor = new TestMonitor(place.socketPath);
  await monitor.listener.stop();
  for (let round = 1; round <= 3; round++) {
    await Promise.all([monitor.listener.start(), monitor.listener.start()]);
    (await openConnection(monitor.path)).end(beat(round));
    await until("its message", () => monitor.messages.length === round);
    await Promise.all([monitor.listener.stop(), monitor.listener.stop()]);
    expect(existsSync(monitor.path)).toBe(false);
  }
  const stopped = monitor.listener.start().then(() => monitor.listener.stop());
  await Promise.all([stopped, monitor.listener.start()]);
  await monitor.listener.stop();
  await monitor.listener.start();
  expect(statSync(monitor.path).isSocket()).toBe(true);
  await monitor.listener.stop();
});

test("stop reads what was written and what was not yet accepted, then closes", async () => {
  using place = new TemporaryFolder("ingest");
  const monitor = await TestMonitor.start(place.socketPath);
  const open = await openConnection(monitor.path);
  const lines = Array.from({ length: 1_000 }, (_, i) => beat(i + 1)).join("");
  open.write(`${lines}{"type": "heart`);
  // In the kernel's queue: this thread has not come to accept them.
  const waiting = Array.from({ length: 20 }, () => openConnection(monitor.path));
  const writing = Promise.all(waiting.map(async (one, i) => (await one).write(beat(5_000 + i))));
  await writing;
  await monitor.listener.stop();
  await closedByPeer(open);
  expect(monitor.messages).toHaveLength(1_020);
  expect(monitor.listener.lines.rejected.truncated).toBe(1);
  monitor.assertSum();
  expect(existsSync(monitor.path)).toBe(false);
  await expect(openConnection(monitor.path)).rejects.toThrow("ENOENT");
});

test("stop does not wait for a peer that never stops writing", async () => {
  using place = new TemporaryFolder("ingest");
  const monitor = await TestMonitor.start(place.socketPath);
  const flooding = await openConnection(monitor.path);
  const chunk = beat(1).repeat(1_000);
  const write = (): void => {
    while (!flooding.destroyed && flooding.write(chunk)) {}
  };
  flooding.on("drain", write);
  write();
  await until("a flood", () => monitor.messages.length > 1_000);
  const startMs = performance.now();
  await monitor.listener.stop();
  expect(performance.now() - startMs).toBeLessThan(5_000);
  flooding.destroy();
  monitor.assertSum();
});

test("the socket never has more rights than it is given, whatever the process's umask is", async () => {
  using place = new TemporaryFolder("ingest");
  // Looks at the directory without pause, from another thread.
  const watcher = new Worker(
    `const { lstatSync, readdirSync } = require("node:fs");
     const { parentPort, workerData } = require("node:worker_threads");
     const seen = new Set();
     let going = true;
     parentPort.on("message", () => { going = false; });
     const look = () => {
       for (let i = 0; i < 200; i++) {
         for (const name of readdirSync(workerData)) {
           try { seen.add((lstatSync(workerData + "/" + name).mode & 0o777).toString(8)); } catch {}
         }
       }
       if (going) setImmediate(look); else parentPort.postMessage([...seen]);
     };
     look();`,
    { eval: true, workerData: place.path },
  );
  const umask = process.umask(0);
  try {
    for (let round = 0; round < 100; round++) {
      const group = round % 2 === 0 ? null : String(process.getgid?.());
      const monitor = await TestMonitor.start(place.socketPath, { socketMode: 0o620, socketGroup: group });
      expect(lstatSync(place.socketPath).mode & 0o777).toBe(0o620);
      await monitor.listener.stop();
    }
    expect(process.umask()).toBe(0);
  } finally {
    process.umask(umask);
  }
  const seen = await new Promise<string[]>((resolve) => {
    watcher.once("message", resolve);
    watcher.postMessage("stop");
  });
  await watcher.terminate();
  expect(seen).toContain("620");
  // 600: for a moment, where a group is to be given.
  expect(seen.filter((mode) => mode !== "620" && mode !== "600")).toEqual([]);
});

test("finds that its path was removed, says so, and listens there again", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const before = await openConnection(monitor.path);
  const { ino } = statSync(monitor.path);
  rmSync(monitor.path);
  await until("a new socket", () => existsSync(monitor.path) && statSync(monitor.path).ino !== ino);
  await until("no problem", () => monitor.listener.problem() === null);
  const after = await openConnection(monitor.path);
  before.write(beat(1));
  after.write(beat(2));
  await until("both messages", () => monitor.messages.length === 2);
  expect(monitor.logger.at("error").map(({ sentence }) => sentence)).toEqual([
    "the socket's file was removed: new connections find nobody",
  ]);
  expect(monitor.logger.at("warn").map(({ sentence }) => sentence)).toEqual(["listening on the path again"]);
  before.destroy();
  after.destroy();
});

test("lets another monitor be that took its path, keeps its bots, and comes back when that one is gone", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const bot = await openConnection(monitor.path);
  // As the Python monitor starts: it unlinks what is there and binds.
  const other = createServer((socket) => socket.resume());
  rmSync(monitor.path);
  await new Promise<void>((resolve) => other.listen(monitor.path, resolve));
  await until("the problem", () => monitor.listener.problem()?.code === "socket_lost");
  expect(monitor.listener.problem()?.detail).toContain("another process listens");
  const { ino } = statSync(monitor.path);
  bot.write(beat(1));
  await until("the message of a bot that stayed", () => monitor.messages.length === 1);
  await lasting("ten rounds of the watch over the path", 200);
  expect(statSync(monitor.path).ino).toBe(ino);
  const [problem] = monitor.logger.at("error");
  expect(monitor.logger.at("error")).toEqual([problem]);
  await new Promise<void>((resolve) => other.close(() => resolve()));
  await until("its path again", () => monitor.listener.problem() === null);
  const later = await openConnection(monitor.path);
  later.end(beat(2));
  await until("a message of a bot that came later", () => monitor.messages.length === 2);
  bot.destroy();
});

test("leaves another monitor's socket where it is when it stops", async () => {
  using place = new TemporaryFolder("ingest");
  const monitor = await TestMonitor.start(place.socketPath, { checkIntervalMs: 60_000 });
  const other = createServer((socket) => socket.resume());
  rmSync(monitor.path);
  await new Promise<void>((resolve) => other.listen(monitor.path, resolve));
  await monitor.listener.stop();
  (await openConnection(monitor.path)).destroy();
  await new Promise<void>((resolve) => other.close(() => resolve()));
});

test("waits for its directory to come back, and tells its trouble once", async () => {
  using place = new TemporaryFolder("ingest");
  const directory = `${place.path}/run`;
  mkdirSync(directory);
  await using monitor = await TestMonitor.start(`${directory}/monitor.sock`);
  rmSync(directory, { recursive: true });
  await until(
    "the problem",
    () => monitor.listener.problem()?.detail.includes("cannot be made again") ?? false,
  );
  await lasting("ten rounds of the watch over the path", 200);
  expect(monitor.logger.at("error").length).toBeLessThanOrEqual(2);
  mkdirSync(directory);
  await until("its path again", () => monitor.listener.problem() === null && existsSync(monitor.path));
});
