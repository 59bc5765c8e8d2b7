import { connect, Socket } from "node:net";
import { expect, test } from "vitest";
import { Delivery } from "../src/delivery.js";
import { Diagnostics } from "../src/diagnostics.js";
import { Line } from "../src/line.js";
import { LineCounts } from "../src/line-counts.js";
import { Outbox } from "../src/outbox.js";
import { StreamTransport } from "../src/stream-transport.js";
import { frozen, recording } from "./each-monitor.js";
import { until } from "./until.js";

function deliveryTo(
  socketPath: string,
  stallMs: number,
): { delivery: Delivery; counts: LineCounts; codes: string[] } {
  const counts = new LineCounts();
  const codes: string[] = [];
  const delivery = new Delivery({
    openTransport: (events) =>
      new StreamTransport(
        connect(socketPath),
        {
          ...events,
          closed: (closing) => {
            codes.push(closing.code);
            events.closed(closing);
          },
        },
        stallMs,
      ),
    chance: {
      random: Math.random,
      nowMs: () => performance.now(),
      later: (run, delayMs) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    outbox: new Outbox({ maxLines: 64, maxBytes: 262_144, counts, onDrop: () => {} }),
    diagnostics: new Diagnostics("stream", 1, socketPath, undefined),
    timeoutMs: 2_000,
    greeting: () => undefined,
    onUnread: () => {},
  });
  return { delivery, counts, codes };
}

const row = (value: number) =>
  new Line("custom_metric", `{"type":"custom_metric","channel":"s","metric_name":"n","value":${value}}\n`);

test("lines arrive in order, and each promise says true", async () => {
  const { delivery, counts } = deliveryTo(recording.socketPath, 1_000);
  const outcomes = await Promise.all([1, 2, 3].map((value) => delivery.offerLine(row(value))));
  expect(outcomes).toEqual([true, true, true]);
  await recording.waitFor((messages) => messages.length === 3);
  expect(recording.ofType("custom_metric").map(({ value }) => value)).toEqual([1, 2, 3]);
  expect(counts.sent).toBe(3);
  delivery.end();
});

test("a peer that never reads costs the connection after the deadline; the sum holds at every moment", async () => {
  const { delivery, counts, codes } = deliveryTo(frozen.socketPath, 150);
  let calls = 0;
  const check = () => {
    const { buffer_full, connection_lost } = counts.dropped;
    expect(counts.sent + buffer_full + connection_lost + delivery.waiting).toBe(calls);
  };
  await until(() => {
    for (let i = 0; i < 500; i++) {
      calls++;
      void delivery.offerLine(row(calls));
      check();
    }
    return codes.includes("STALLED");
  });
  check();
  expect(counts.dropped.connection_lost).toBeGreaterThan(0);
  delivery.end();
});

test("a stall that ends within the deadline costs nothing", async () => {
  let resume: () => void = () => {};
  const { createServer } = await import("node:net");
  const path = `${frozen.socketPath}2`;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    resume = () => socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { delivery, counts, codes } = deliveryTo(path, 20_000);
  let calls = 0;
  await until(() => {
    for (let i = 0; i < 200; i++) void delivery.offerLine(row(++calls));
    return counts.dropped.buffer_full > 0 && delivery.waiting > 64;
  });
  resume();
  await until(() => delivery.waiting === 0);
  expect(counts.sent + counts.dropped.buffer_full).toBe(calls);
  expect(codes).toEqual([]);
  delivery.end();
  server.close();
});

function transportTo(socketPath: string, told: string[]): StreamTransport {
  const events = {
    opened: () => told.push("opened"),
    writable: () => told.push("writable"),
    taken: () => told.push("taken"),
    closed: ({ code }: { code: string }) => told.push(code),
  };
  return new StreamTransport(connect(socketPath), events, 2_000);
}

const beat = '{"type":"heartbeat","channel":"s","pid":1}\n';

test("what is written before the connection is there goes out with it [client/F9]", async () => {
  const told: string[] = [];
  const transport = transportTo(recording.socketPath, told);
  expect(transport.write(beat)).toBe("pending");
  expect(transport.write(beat)).toBe(0);
  await until(() => told.includes("writable"));
  expect(told).toEqual(["opened", "taken", "writable"]);
  await recording.waitFor((messages) => messages.length === 1);
  transport.close();
});

test("close before the connection is there lets it out, and tells nothing more [client/F9]", async () => {
  const told: string[] = [];
  const transport = transportTo(recording.socketPath, told);
  expect(transport.write(beat)).toBe("pending");
  transport.close();
  await recording.waitFor((messages) => messages.length === 1);
  expect(told).toEqual([]);
});

test("a client that is disposed of in the tick of its first calls delivers them [client/F9]", async () => {
  const { delivery } = deliveryTo(recording.socketPath, 1_000);
  for (const value of [1, 2, 3]) void delivery.offerLine(row(value));
  delivery.drain();
  delivery.end();
  await recording.waitFor((messages) => messages.length === 3);
  expect(recording.ofType("custom_metric").map(({ value }) => value)).toEqual([1, 2, 3]);
});

test("a write that fails at once is no loss: the lines wait for the next connection [client/F33]", () => {
  const socket = new Socket();
  socket.destroy();
  const events = { opened() {}, writable() {}, taken() {}, closed() {} };
  expect(new StreamTransport(socket, events, 10).write(beat)).toBe(0);
});
