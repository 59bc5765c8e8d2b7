import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setImmediate as nextMacrotask } from "node:timers/promises";
import { expect, test } from "vitest";
import { Delivery } from "../src/delivery.js";
import { Diagnostics } from "../src/diagnostics.js";
import { MonitorClient } from "../src/index.js";
import { Line } from "../src/line.js";
import { LineCounts } from "../src/line-counts.js";
import { Outbox } from "../src/outbox.js";
import type { TransportEvents } from "../src/transport.js";
import { frozen, recording } from "./each-monitor.js";
import { until } from "./until.js";

const row = () => new Line("custom_metric", '{"type":"custom_metric"}\n');

/**
 * A delivery whose attempts to connect the test decides, with pauses that are as long as they can
 * be.
 */
function staged(): { delivery: Delivery; attempts: TransportEvents[]; refuse: () => Promise<void> } {
  const attempts: TransportEvents[] = [];
  const delivery = new Delivery({
    openTransport: (events) => {
      attempts.push(events);
      return { writable: true, write: (chunk) => chunk.length, close: () => {} };
    },
    // The pauses are drawn, and never end: only what is done at once can be seen.
    chance: {
      random: () => 0.999,
      nowMs: () => 0,
      later: () => () => {},
    },
    outbox: new Outbox({ maxLines: 64, maxBytes: 262_144, counts: new LineCounts(), onDrop: () => {} }),
    diagnostics: new Diagnostics("close", 1, "/nowhere.sock", undefined),
    timeoutMs: 2_000,
    greeting: () => undefined,
    onUnread: () => {},
  });
  const refuse = async () => {
    attempts.at(-1)?.closed({ code: "ECONNREFUSED", byPeer: false });
    await nextMacrotask();
  };
  return { delivery, attempts, refuse };
}

/** Whether the promise has been kept by now. */
async function isKept(promise: Promise<unknown>): Promise<boolean> {
  let kept = false;
  void promise.then(() => {
    kept = true;
  });
  await nextMacrotask();
  return kept;
}

test("closing tries to connect at once, and ends where no other attempt is due before the deadline", async () => {
  const { delivery, attempts, refuse } = staged();
  void delivery.offerLine(row());
  await refuse();
  expect(attempts).toHaveLength(1);
  const flushed = delivery.flushLast(100);
  expect(attempts).toHaveLength(2);
  expect(await isKept(flushed)).toBe(false);
  // The next pause is up to 500 ms, and would have been drawn as 499.
  await refuse();
  expect(await flushed).toBe(false);
  delivery.end();
});

test("closing waits for an attempt that is due before the deadline", async () => {
  const { delivery, attempts, refuse } = staged();
  void delivery.offerLine(row());
  await refuse();
  const flushed = delivery.flushLast(20_000);
  await refuse();
  expect(await isKept(flushed)).toBe(false);
  delivery.drain();
  expect(attempts).toHaveLength(3);
  attempts[2]?.opened();
  expect(await flushed).toBe(true);
  delivery.end();
});

test("a flush that is not the last one waits for its deadline, and asks for no attempt", async () => {
  const { delivery, attempts, refuse } = staged();
  void delivery.offerLine(row());
  await refuse();
  const flushed = delivery.flush(20_000);
  expect(attempts).toHaveLength(1);
  expect(await isKept(flushed)).toBe(false);
  delivery.end();
  expect(await flushed).toBe(false);
});

test("a monitor that has come back by the time of closing gets everything, however long the pause was", async () => {
  await recording.stop();
  const client = new MonitorClient("late", 1, { socketPath: recording.socketPath });
  let failures = 0;
  const counted = new MonitorClient("late", 1, {
    socketPath: recording.socketPath,
    logger: () => failures++,
  });
  await counted.register();
  await client.register();
  expect(failures).toBe(1);
  void client.logMetric("n", 1);
  await recording.start();
  await Promise.all([client.close(), counted.close()]);
  expect(client.stats()).toMatchObject({ sent: 2, waiting: 0 });
  await recording.waitFor((messages) => messages.length === 3);
});

test("before a frozen monitor it is the deadline that ends closing", async () => {
  const client = new MonitorClient("stuck", 1, { socketPath: frozen.socketPath });
  await client.register();
  await until(() => {
    for (let i = 0; i < 200; i++) void client.logMetric("fill", i);
    // Looked at in a tick of its own: what this one made has not been written yet.
    return client.stats().dropped.buffer_full > 0;
  });
  const started = performance.now();
  await client.close({ timeoutMs: 120 });
  const tookMs = performance.now() - started;
  expect(tookMs).toBeGreaterThan(115);
  expect(tookMs).toBeLessThan(120 + 500);
});

test("before a monitor whose socket is not there, a close that need not wait makes no attempt", async () => {
  const path = join(tmpdir(), `kissbot-nobody-${process.pid}.sock`);
  const attempts: unknown[] = [];
  const onAttempt = (message: unknown) => attempts.push(message);
  subscribe("net.client.socket", onAttempt);
  try {
    const client = new MonitorClient("early", { socketPath: path });
    expect(await client.logMetric("viewers", 1)).toBe(false);
    expect(attempts).toHaveLength(1);
    // A deadline that no pause can meet.
    await client.close({ timeoutMs: 0 });
    expect(client.stats()).toMatchObject({ waiting: 0, dropped: { closed: 1 } });
    expect(attempts).toHaveLength(1);
  } finally {
    unsubscribe("net.client.socket", onAttempt);
  }
});

test("a monitor whose socket is there again at the last moment is given what waits", async () => {
  const path = join(tmpdir(), `kissbot-late-${process.pid}.sock`);
  const client = new MonitorClient("late", { socketPath: path });
  expect(await client.logMetric("viewers", 1)).toBe(false);
  let text = "";
  const server = createServer((socket) => socket.setEncoding("utf8").on("data", (more) => (text += more)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await client.close();
  await until(() => text.includes('"viewers"'));
  expect(client.stats()).toMatchObject({ sent: 1, waiting: 0 });
  server.close();
});
