import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";

const port = vi.hoisted(() => ({ sent: [] as { readonly kind: string }[], emit: (_message: object) => {} }));
const shrinks = vi.hoisted(() => ({ count: 0 }));

vi.mock("node:worker_threads", () => {
  const events = new EventEmitter();
  port.emit = (message) => events.emit("message", message);
  const parentPort = Object.assign(events, {
    postMessage: (message: { readonly kind: string }) => port.sent.push(message),
    close: () => undefined,
  });
  return { parentPort, workerData: { path: "kb.db" } };
});
vi.mock("../src/sqlite/read/read-connection.js", () => ({
  ReadConnection: class {
    value = () => 1;
    inOneMoment = () => [];
    close = () => undefined;
    shrink = () => {
      shrinks.count++;
    };
  },
}));

afterEach(() => {
  vi.useRealTimers();
});

test("a reader gives back its pages when nothing was asked for a second, once", async () => {
  vi.useFakeTimers();
  await import("../src/sqlite/thread/reader-thread.js");
  const ask = async () => {
    const before = port.sent.length;
    port.emit({ kind: "ask", name: "fleet", plan: null, generation: 0 });
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(port.sent).toHaveLength(before + 1);
  };
  for (let i = 0; i < 5; i++) {
    await ask();
    vi.advanceTimersByTime(900);
  }
  expect(port.sent.at(-1)).toEqual({ kind: "answer", answer: [] });
  expect(shrinks.count).toBe(0);
  vi.advanceTimersByTime(100);
  expect(shrinks.count).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(shrinks.count).toBe(1);
  await ask();
  vi.advanceTimersByTime(1_000);
  expect(shrinks.count).toBe(2);
});

const hasIo = process.platform === "linux";
if (!hasIo) console.warn("reader-quiet.test.ts: SKIPPED what counts read bytes (it takes Linux)");

test.skipIf(!hasIo)("pages that were given back are read again, and answer the same", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kb.db");
  const db = new (loadDriver())(path);
  db.exec("CREATE TABLE rows (x)");
  const insert = db.prepare("INSERT INTO rows VALUES (zeroblob(3000))");
  for (let i = 0; i < 200; i++) insert.run();
  db.close();
  const { ReadConnection } = await vi.importActual<typeof import("../src/sqlite/read/read-connection.js")>(
    "../src/sqlite/read/read-connection.js",
  );
  const connection = new ReadConnection(path);
  const bytesOfSum = () => {
    const before = bytesRead();
    expect(connection.inOneMoment(() => connection.value("SELECT sum(length(x)) FROM rows"))).toBe(600_000);
    return bytesRead() - before;
  };
  expect(bytesOfSum()).toBeGreaterThan(600_000);
  expect(bytesOfSum()).toBeLessThan(100_000);
  connection.shrink();
  expect(bytesOfSum()).toBeGreaterThan(600_000);
  connection.close();
});

function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/thread-self/io", "utf8"))?.[1]);
}
