import { afterAll, beforeEach, expect, test } from "vitest";
import { AbsentMonitor, FrozenMonitor, type RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

afterAll(killChildren);

/*
 * Each program reports under names that were cut out of texts of 1 MB, of which nothing else is
 * kept. A string that was cut out keeps the whole text alive, so a line that waits must not hold on
 * to it.
 */
const head = (socketPath: string) => `
import { createRequire } from "node:module";
import net from "node:net";
const require = createRequire(import.meta.url);
const load = () => require("@kissbot/client").MonitorClient;
const socketPath = ${JSON.stringify(socketPath)};
const tick = () => new Promise((resolve) => setImmediate(resolve));
const collect = async () => { for (let i = 0; i < 6; i++) { await tick(); globalThis.gc(); } };
let made = 0;
/** A flat text of 1 MB with a name at its end. */
const answer = () => Buffer.from("x".repeat(1_000_000) + '"model":"claude-sonnet-4-5-' + ++made + '"').toString();
const cut = () => /"model":"([^"]+)"/.exec(answer())[1];
const parts = () => { const text = answer(); return text.slice(text.lastIndexOf("claude"), -1); };
const usage = (name) => ({ model: name(), feature: name(), provider: name(), tokensIn: 1, tokensOut: 2 });
const memoryMb = () => { const { heapUsed, external } = process.memoryUsage(); return (heapUsed + external) / 1_048_576; };
async function grownMb(work) {
  await collect();
  const before = memoryMb();
  const kept = await work();
  await collect();
  const grown = memoryMb() - before;
  process.stdout.write(JSON.stringify({ grown, made, waiting: kept.stats().waiting }));
  process.exit(1);
}
`;

let absent: AbsentMonitor;

beforeEach(() => {
  absent = new AbsentMonitor();
});

async function measured(monitor: { socketPath: string } | RecordingMonitor, text: string) {
  const { stdout, stderr } = await runProgram(`${head(monitor.socketPath)}${text}`, {}, ["--expose-gc"])
    .exited;
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { grown: number; made: number; waiting: number };
}

test.each(["cut", "parts"])(
  "rows that wait for an absent monitor hold their own bytes only (names by %s) [client/F7]",
  async (name) => {
    const { grown, made, waiting } = await measured(
      absent,
      `await grownMb(async () => {
        const client = new (load())("bot", 1, { socketPath });
        await client.register();
        for (let i = 0; i < 20; i++) { void client.logLlmUsage(usage(${name})); void client.logMetric(${name}(), i); await tick(); }
        return client;
      });`,
    );
    expect(waiting).toBe(41);
    expect(made).toBe(80);
    expect(grown).toBeLessThan(10);
  },
);

test("rows of one tick, too, hold their own bytes only once the tick is over [client/F7]", async () => {
  const { grown, waiting } = await measured(
    absent,
    `await grownMb(async () => {
      const client = new (load())("bot", 1, { socketPath });
      await client.register();
      for (let i = 0; i < 40; i++) void client.logMetric(cut(), i);
      return client;
    });`,
  );
  expect(waiting).toBe(41);
  expect(grown).toBeLessThan(10);
});

test("rows and states that wait for the first connection hold their own bytes only [client/F7]", async () => {
  const { grown, waiting } = await measured(
    absent,
    `net.connect = () => new net.Socket();
    const MonitorClient = load();
    await grownMb(async () => {
      const client = new MonitorClient("bot", 1, { socketPath, timeoutMs: 600_000 });
      void client.register(Object.fromEntries(Array.from({ length: 20 }, () => [cut(), true])));
      for (let i = 0; i < 20; i++) void client.logMetric(cut(), i);
      return client;
    });`,
  );
  expect(waiting).toBe(21);
  expect(grown).toBeLessThan(10);
});

test("a line that a frozen monitor took in part, and those behind it, hold their own bytes only [client/F7]", async () => {
  await using frozen = await new FrozenMonitor().start();
  const { grown, waiting } = await measured(
    frozen,
    `await grownMb(async () => {
      const client = new (load())("bot", 1, { socketPath });
      await client.register();
      while (client.stats().waiting < 100) {
        for (let i = 0; i < 100; i++) void client.logMetric("fill", i);
        await tick();
      }
      for (let i = 0; i < 40; i++) { void client.logMetric(cut(), i); if (i % 7 === 0) await tick(); }
      return client;
    });`,
  );
  expect(waiting).toBeGreaterThan(100);
  expect(grown).toBeLessThan(10);
});

test("channel, version, path and the names of features are kept without the texts that they were cut out of [client/F7]", async () => {
  const { grown, made } = await measured(
    absent,
    `await grownMb(async () => {
      const clients = [];
      for (let i = 0; i < 5; i++) {
        const path = (answer() + socketPath).slice(-socketPath.length);
        const client = new (load())(cut(), 1, { socketPath: path, version: parts() });
        await client.register({ [cut()]: true, [cut()]: false });
        await client.heartbeat();
        clients.push(client);
      }
      globalThis.clients = clients;
      return clients[0];
    });`,
  );
  expect(made).toBe(25);
  expect(grown).toBeLessThan(8);
});
