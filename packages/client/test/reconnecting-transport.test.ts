import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReconnectingTransport } from "../src/reconnecting-transport.js";
import type { Transport, TransportEvents } from "../src/transport.js";

let attempts: TransportEvents[];
let told: string[];
let transport: ReconnectingTransport;
/** The ends of which it can be seen that the next attempt would have the same. */
let hopeless: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  attempts = [];
  told = [];
  hopeless = [];
  const connection: Transport = {
    writable: true,
    write: (chunk) => chunk.length,
    close: () => told.push("close"),
  };
  transport = new ReconnectingTransport(
    Object.assign(
      (events: TransportEvents) => {
        attempts.push(events);
        return connection;
      },
      { wouldFail: (code: string) => hopeless.includes(code) },
    ),
    {
      opened: () => told.push("opened"),
      writable: () => told.push("writable"),
      taken: () => told.push("taken"),
      closed: ({ code }) => told.push(code),
    },
    {
      random: () => 0.999_999,
      nowMs: () => performance.now(),
      later: (run, delayMs) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
});

const newest = () => attempts.at(-1) as TransportEvents;
const refuse = () => newest().closed({ code: "ECONNREFUSED", byPeer: false });

test("it connects at the first line, not before, and once", () => {
  vi.advanceTimersByTime(60_000);
  expect(attempts).toHaveLength(0);
  transport.wake();
  transport.wake();
  expect(attempts).toHaveLength(1);
  expect(transport.writable).toBe(false);
  newest().opened();
  expect(transport.writable).toBe(true);
  expect(transport.connected).toBe(true);
});

test("it tries again for ever, with pauses up to 30 s, and a line does not shorten them", () => {
  transport.wake();
  const pauses: number[] = [];
  for (let i = 0; i < 12; i++) {
    refuse();
    const before = attempts.length;
    let pause = 0;
    for (; attempts.length === before; pause++) {
      transport.wake();
      vi.advanceTimersByTime(1);
    }
    pauses.push(pause);
  }
  expect(pauses).toEqual([
    249, 499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999, 29_999, 29_999,
  ]);
});

test("a connection that lived 10 s and was closed by its peer is reopened at the next line at once", () => {
  transport.wake();
  newest().opened();
  vi.advanceTimersByTime(10_000);
  newest().closed({ code: "END", byPeer: true });
  vi.advanceTimersByTime(5_000);
  expect(attempts).toHaveLength(1);
  transport.wake();
  expect(attempts).toHaveLength(2);
  expect(told).toEqual(["opened", "END"]);
});

test("one that lived less, or that we gave up, waits its turn", () => {
  transport.wake();
  newest().opened();
  vi.advanceTimersByTime(9_999);
  newest().closed({ code: "END", byPeer: true });
  transport.wake();
  expect(attempts).toHaveLength(1);
  vi.advanceTimersByTime(249);
  expect(attempts).toHaveLength(2);
  newest().opened();
  vi.advanceTimersByTime(20_000);
  newest().closed({ code: "STALLED", byPeer: false });
  transport.wake();
  expect(attempts).toHaveLength(2);
});

test("a client that rests is back within 30 s even if it has nothing to say", () => {
  transport.wake();
  newest().opened();
  vi.advanceTimersByTime(10_000);
  newest().closed({ code: "END", byPeer: true });
  vi.advanceTimersByTime(30_000);
  expect(attempts).toHaveLength(2);
});

test("an attempt that fails only after close brings nothing back", () => {
  transport.wake();
  transport.close();
  refuse();
  vi.advanceTimersByTime(60_000);
  expect(attempts).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(told).toEqual(["close"]);
});

test("reopen makes and tells no attempt that would surely fail: the pause begins anew", () => {
  transport.wake();
  newest().closed({ code: "ENOENT", byPeer: false });
  hopeless = ["ENOENT"];
  transport.reopen();
  expect(told).toEqual(["ENOENT"]);
  expect(transport.retryAtMs - performance.now()).toBeGreaterThan(250);
  vi.advanceTimersByTime(498);
  expect(attempts).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(attempts).toHaveLength(2);
  hopeless = [];
  refuse();
  transport.reopen();
  expect(attempts).toHaveLength(3);
});

test("reopen does not wait for the pause, and closed is the end", () => {
  transport.wake();
  refuse();
  transport.reopen();
  expect(attempts).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(attempts).toHaveLength(2);
  refuse();
  transport.close();
  transport.wake();
  transport.reopen();
  vi.advanceTimersByTime(60_000);
  expect(attempts).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});
