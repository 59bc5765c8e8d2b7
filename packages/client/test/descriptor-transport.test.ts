import { closeSync, fstatSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DescriptorTransport } from "../src/descriptor-transport.js";
import { FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import type { TransportEvents } from "../src/transport.js";
import { until } from "./until.js";

const told: string[] = [];
const events: TransportEvents = {
  opened: () => told.push("opened"),
  writable: () => told.push("writable"),
  taken: () => told.push("taken"),
  closed: ({ code, byPeer }) => told.push(`${code} ${byPeer ? "by peer" : "by us"}`),
};
const transports: DescriptorTransport[] = [];
let frozen: FrozenMonitor;
let recording: RecordingMonitor;

beforeEach(async () => {
  told.length = 0;
  frozen = await new FrozenMonitor().start();
  recording = await new RecordingMonitor().start();
});

afterEach(async () => {
  for (const transport of transports.splice(0)) transport.close();
  await frozen[Symbol.asyncDispose]();
  await recording[Symbol.asyncDispose]();
});

function transportOf(socket: Socket, own: TransportEvents = events): DescriptorTransport {
  const transport = new DescriptorTransport(socket, own, 2_000);
  transports.push(transport);
  return transport;
}

function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

test("a write takes what there is room for, then nothing, and never waits", async () => {
  const transport = transportOf(connect(frozen.socketPath));
  await until(() => told.includes("opened"));
  const chunk = `${"x".repeat(65_535)}\n`;
  let taken = 0;
  const started = performance.now();
  for (let written = transport.write(chunk); Number(written) > 0; written = transport.write(chunk)) {
    taken += Number(written);
  }
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(taken).toBeGreaterThan(65_536);
  expect(transport.writable).toBe(false);
  await until(() => told.includes("writable"));
  transport.close();
  expect(told.filter((event) => event !== "writable")).toEqual(["opened"]);
});

test("the pauses of a stall grow, and it is the peer's end that ends it", async () => {
  const transport = transportOf(connect(frozen.socketPath), {
    ...events,
    writable: () => {
      told.push("writable");
      transport.write("x".repeat(1_000_000));
    },
  });
  await until(() => told.includes("opened"));
  while (Number(transport.write("x".repeat(65_536))) > 0);
  // 5 + 10 + 20 + 40 + 80 + 160 + 160 ms: hundreds of retries would show as more.
  const started = performance.now();
  await until(() => told.filter((event) => event === "writable").length >= 7);
  expect(performance.now() - started).toBeGreaterThan(400);
  await frozen.stop();
  await until(() => told.some((event) => event.endsWith("by peer")));
  expect(transport.write("x")).toBe(0);
});

test("a descriptor number that was given out again is never written to", async () => {
  const socket = connect(recording.socketPath);
  const transport = transportOf(socket);
  await until(() => told.includes("opened"));
  const fd = fdOf(socket);
  expect(transport.write('{"type":"unregister","channel":"a","pid":1}\n')).toBeGreaterThan(0);
  socket.destroy();
  await until(() => !isOpen(fd));
  const path = join(tmpdir(), `kissbot-reused-${process.pid}`);
  const opened: number[] = [];
  try {
    while (!opened.includes(fd) && opened.length < 1_000) opened.push(openSync(path, "w"));
    expect(opened).toContain(fd);
    expect(transport.write("these bytes belong to nobody\n")).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("");
  } finally {
    for (const file of opened) closeSync(file);
    rmSync(path, { force: true });
  }
});

test("an attempt that fails, and a peer that goes, are told once", async () => {
  transportOf(connect("/tmp/kissbot-nobody-here.sock"));
  await until(() => told.length > 0);
  expect(told).toEqual(["ENOENT by us"]);
  told.length = 0;
  transportOf(connect(recording.socketPath));
  await until(() => told.includes("opened") && recording.connections > 0);
  recording.disconnect();
  await until(() => told.length > 1);
  expect(told).toEqual(["opened", "END by peer"]);
});

test("writing works before the news of the connection has come", () => {
  const transport = transportOf(connect(recording.socketPath));
  expect(transport.write("x\n")).toBe(2);
  expect(told).toEqual([]);
  transport.close();
});

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    // EBADF: nothing has that number.
    return false;
  }
}
