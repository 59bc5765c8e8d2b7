import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { CompiledSources } from "../compiled-sources.js";
import { ChildMonitor } from "./child-monitor.js";
import { beat, closedByPeer, openConnection, TestMonitor } from "./test-monitor.js";

const sources = new CompiledSources("ingest", "principals", "queue");
afterAll(() => sources[Symbol.dispose]());

test("garbage is counted by reason, and the good lines of its own and of other connections arrive", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const good = await openConnection(monitor.path);
  const bad = await openConnection(monitor.path);
  const garbage: [reason: string, bytes: Buffer][] = [
    ["invalid_json", Buffer.from("nonsense\n")],
    ["invalid_json", Buffer.from(`${"\0".repeat(1_000)}\n`)],
    ["invalid_json", Buffer.from('\ufeff{"type":"heartbeat","channel":"a","pid":1}\n')],
    ["invalid_utf8", Buffer.from([0x7b, 0xff, 0xfe, 0x0a])],
    ["line_too_long", Buffer.from(`${"x".repeat(200_000)}\n`)],
    ["not_an_object", Buffer.from("[1,2]\n")],
    ["too_deep", Buffer.from(`{"a":${"[".repeat(100)}${"]".repeat(100)}}\n`)],
    ["missing_type", Buffer.from("{}\n")],
    ["invalid_field", Buffer.from('{"type":"heartbeat","channel":"\\u001b[31m","pid":1}\n')],
    ["invalid_field", Buffer.from('{"type":"heartbeat","channel":"a","pid":"1 OR 1=1"}\n')],
    ["ignored", Buffer.from('{"type":"of the future"}\n')],
    ["blank", Buffer.from(" \t\r\n\n\n")],
  ];
  for (let round = 0; round < 20; round++) {
    for (const [index, [, bytes]] of garbage.entries()) {
      bad.write(bytes);
      bad.write(beat(1 + index, "bad"));
      good.write(beat(1 + index, "good"));
    }
  }
  bad.end('{"type":"heart');
  good.end();
  await Promise.all([closedByPeer(good), closedByPeer(bad)]);
  await until("both ends", () => monitor.listener.connections === 0);
  const { rejected, ignored } = monitor.listener.lines;
  const expected: Record<string, number> = { truncated: 1 };
  for (const [reason] of garbage) expected[reason] = (expected[reason] ?? 0) + 20;
  for (const [reason, count] of Object.entries(rejected)) expect(count, reason).toBe(expected[reason] ?? 0);
  expect(ignored).toBe(20);
  for (const channel of ["good", "bad"]) {
    expect(monitor.messages.filter((message) => message.channel === channel)).toHaveLength(
      20 * garbage.length,
    );
  }
  monitor.assertSum();
  // 240 bad lines, five of each of eight reasons at most, and one more.
  expect(monitor.logger.at("warn").length).toBeLessThanOrEqual(8 * 5);
  const controls = /[\p{Cc}\p{Cf}]/u;
  expect(monitor.logger.at("warn").filter(({ fields }) => controls.test(JSON.stringify(fields)))).toEqual([]);
});

test("one byte per write, and a close in the midst of every line", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const line = Buffer.from(beat(7));
  const slow = await openConnection(monitor.path);
  slow.setNoDelay();
  for (const byte of line) {
    slow.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  await until("the line", () => monitor.messages.length === 1);
  slow.destroy();
  for (let length = 0; length <= line.length; length++) {
    (await openConnection(monitor.path)).end(line.subarray(0, length));
  }
  await until("all ends", () => monitor.listener.connections === 0);
  // Whole with its newline, and whole without it.
  expect(monitor.messages).toHaveLength(3);
  expect(monitor.listener.lines.rejected.truncated).toBe(line.length - 2);
  monitor.assertSum();
});

test("thousands of connections that say nothing, or half a line, cost little and hide nobody", {
  timeout: 120_000,
}, async () => {
  using place = new TemporaryFolder("ingest");
  using monitor = await ChildMonitor.ready(sources.folder, place.socketPath, [], ["--expose-gc"]);
  await monitor.start();
  const warm = await Promise.all(Array.from({ length: 200 }, () => openConnection(place.socketPath)));
  await until("the warm-up", async () => (await monitor.report()).connections === 200);
  const before = await monitor.report();
  const sockets: Socket[] = [];
  const count = 3_000;
  for (let i = 0; i < count; i++) sockets.push(await openConnection(place.socketPath));
  await until("all of them", async () => (await monitor.report()).connections === 200 + count);
  const idle = await monitor.report();
  const bytesEach = ((idle.rssBytes ?? 0) - (before.rssBytes ?? 0)) / count;
  console.log(`an idle connection takes ${(bytesEach / 1_024).toFixed(1)} kB of memory`);
  expect(bytesEach).toBeLessThan(16_384);
  // Slow loris: half a line each, a byte now and then.
  for (let round = 0; round < 3; round++) {
    for (const socket of sockets) socket.write(round === 0 ? '{"type": "heart' : "b");
  }
  (await openConnection(place.socketPath)).end(beat(1));
  await until("the message of an honest bot", async () => (await monitor.report()).lines === 1);
  for (const socket of [...sockets, ...warm]) socket.destroy();
  await until("all gone", async () => (await monitor.report()).connections === 0);
  const after = await monitor.report();
  expect(after.rejected["truncated"]).toBe(count);
  expect(after.lines).toBe(count + 1);
});

test("what slow connections hold together is bounded: the slowest go, and others stay", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const honest = await openConnection(monitor.path);
  honest.write(beat(1));
  const held = `{"type":"heartbeat","channel":"a","padding":"${"x".repeat(60_000)}`;
  const slow = await Promise.all(Array.from({ length: 700 }, () => openConnection(monitor.path)));
  for (const socket of slow) socket.write(held);
  // 32 MiB are 558 of them.
  await until("that the others are gone", () => monitor.listener.lines.rejected.truncated === 700 - 558);
  await until("their ends", () => monitor.listener.connections === 1 + 558);
  honest.write(beat(2));
  await until("both messages", () => monitor.messages.length === 2);
  expect(monitor.listener.lines.rejected.truncated).toBe(700 - 558);
  monitor.assertSum();
  for (const socket of slow) socket.destroy();
  honest.destroy();
});

test("a storm of a connection per line: every line counted, none left behind", {
  timeout: 60_000,
}, async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath);
  const count = 5_000;
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const pid = ++next;
      const socket = await openConnection(monitor.path);
      // A third says goodbye, a third breaks off after its line, a third says nothing at all.
      if (pid % 3 === 0) socket.end(beat(pid));
      else if (pid % 3 === 1) socket.write(beat(pid), () => socket.destroy());
      else socket.destroy();
      await closedByPeer(socket);
    }
  };
  await Promise.all(Array.from({ length: 100 }, one));
  await until(
    "all of them",
    () => monitor.listener.connectionsTotal === count && monitor.listener.connections === 0,
  );
  expect(monitor.messages).toHaveLength(Math.floor(count / 3) + Math.ceil(count / 3));
  monitor.assertSum();
});

test("a connection that floods delays no other beyond a bound", { timeout: 60_000 }, async () => {
  using place = new TemporaryFolder("ingest");
  using monitor = await ChildMonitor.ready(sources.folder, place.socketPath);
  await monitor.start();
  const flooder = `
    const line = JSON.stringify({ type: "llm_usage", channel: "flood", model: "m", feature: "f", tokens_in: 1, tokens_out: 2 }) + "\\n";
    const chunk = Buffer.from(line.repeat(1_000));
    const socket = require("node:net").connect(process.argv[1]);
    const write = () => { while (socket.write(chunk)); };
    socket.on("drain", write).on("error", () => {});
    write();
  `;
  const flood = spawn(process.execPath, ["--eval", flooder, place.socketPath], { stdio: "ignore" });
  try {
    await until("the flood", async () => ((await monitor.report()).received["llm_usage"] ?? 0) > 50_000);
    const staying = await openConnection(place.socketPath);
    const worstMs = { staying: 0, fresh: 0 };
    let beats = 0;
    const beatArrives = async (kind: keyof typeof worstMs, send: () => Promise<unknown>): Promise<void> => {
      const startMs = performance.now();
      await send();
      beats++;
      while ((await monitor.report()).received["heartbeat"] !== beats) {}
      worstMs[kind] = Math.max(worstMs[kind], performance.now() - startMs);
    };
    for (let i = 1; i <= 20; i++) {
      await beatArrives("staying", async () => staying.write(beat(i)));
      await beatArrives("fresh", async () => (await openConnection(place.socketPath)).end(beat(100 + i)));
    }
    console.log(
      `beside a flood: ${worstMs.staying.toFixed(0)} ms at worst, ${worstMs.fresh.toFixed(0)} ms on a new connection`,
    );
    expect(Math.max(worstMs.staying, worstMs.fresh)).toBeLessThan(2_000);
    const { lines, received, rejected } = await monitor.report();
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, one) => total + one, 0);
    expect(lines).toBe(sum(received) + sum(rejected));
    staying.destroy();
  } finally {
    flood.kill("SIGKILL");
  }
});
