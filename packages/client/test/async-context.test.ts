import { afterAll, expect, test } from "vitest";
import { AbsentMonitor, RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

afterAll(killChildren);

const head = (socketPath: string) => `
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { MonitorClient } from "@kissbot/client";
const socketPath = ${JSON.stringify(socketPath)};
const als = new AsyncLocalStorage();
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clients = [];
const open = (options) => {
  const client = new MonitorClient("bot", 1, { socketPath, ...options });
  clients.push(client);
  return client;
};
/** Makes the call within a request; tells whether the request's store can be collected afterwards. */
async function isFree(work) {
  let ref;
  await new Promise((done) => setTimeout(() => {
    const store = { bytes: new Uint8Array(1_000_000) };
    ref = new WeakRef(store);
    als.run(store, () => setTimeout(async () => { await work(); als.exit(() => setTimeout(done, 1)); }, 1));
  }, 1));
  // A look at a WeakRef keeps its target for the rest of the turn: another turn collects.
  let rounds = 100;
  do { await delay(2); globalThis.gc(); } while (ref.deref() !== undefined && --rounds > 0);
  return rounds > 0;
}
const free = {};
`;

async function run(monitor: { socketPath: string }, text: string): Promise<unknown> {
  const program = `${head(monitor.socketPath)}${text}`;
  const { stdout, stderr } = await runProgram(program, {}, [
    "--disable-warning=KISSBOT_INVALID_ARGUMENT",
    "--expose-gc",
  ]).exited;
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const calls = `
free["an await alone"] = await isFree(() => delay(2));
const first = open();
free["the first call"] = await isFree(() => first.logMetric("n", 1));
free["a later call"] = await isFree(() => first.logMetric("n", 2));
free["a flush"] = await isFree(() => first.flush({ timeoutMs: 1 }));
const beating = open();
free["startHeartbeat"] = await isFree(async () => beating.startHeartbeat({ intervalMs: 100_000 }));
const registered = open();
free["register"] = await isFree(() => registered.register({ chat: true }));
const closed = open();
free["close"] = await isFree(() => closed.close({ timeoutMs: 1 }));
const disposed = open();
free["dispose"] = await isFree(async () => { void disposed.heartbeat(); disposed[Symbol.dispose](); });
free["the constructor"] = await isFree(async () => open());
`;

test("no call keeps the AsyncLocalStorage store of its request, whether the monitor is there or not [client/F15]", async () => {
  await using recording = await new RecordingMonitor().start();
  for (const monitor of [recording, new AbsentMonitor()]) {
    const free = await run(monitor, `${calls} console.log(JSON.stringify(free)); process.exit(0);`);
    expect(free).toEqual({
      "an await alone": true,
      "the first call": true,
      "a later call": true,
      "a flush": true,
      startHeartbeat: true,
      register: true,
      close: true,
      dispose: true,
      "the constructor": true,
    });
  }
});

test("logger and diagnostics listeners run outside of every request, and awaits keep their own [client/F15]", async () => {
  await using recording = await new RecordingMonitor().start();
  const seen = await run(
    recording,
    `const seen = [];
    const note = (what) => seen.push([what, als.getStore()?.id ?? "none"]);
    for (const event of ["connect", "disconnect", "drop"]) subscribe("kissbot.client." + event, () => note(event));
    const client = open({ logger: () => note("logger") });
    const absent = open({ socketPath: socketPath + ".absent", logger: () => note("logger"), maxBufferedLines: 1 });
    const behind = await Promise.all(["a", "b"].map((id) => als.run({ id }, async () => {
      await client.logMetric("n", 1);
      await client.logMetric("n", Number.NaN);
      await absent.logMetric("n", 1);
      await absent.logMetric("n", 2);
      await client.flush();
      return als.getStore().id;
    })));
    await als.run({ id: "c" }, () => client.close());
    console.log(JSON.stringify({ behind, seen }));
    process.exit(0);`,
  );
  const { behind, seen: told } = seen as { behind: string[]; seen: [string, string][] };
  expect(behind).toEqual(["a", "b"]);
  expect(new Set(told.map(([what]) => what))).toEqual(new Set(["connect", "disconnect", "drop", "logger"]));
  expect(new Set(told.map(([, store]) => store))).toEqual(new Set(["none"]));
});

test("retries and the heartbeat's later beats run outside of the request that began them [client/F15]", async () => {
  const absent = new AbsentMonitor();
  const contexts = await run(
    absent,
    `const contexts = [];
    subscribe("kissbot.client.disconnect", () => contexts.push(als.getStore() ?? "none"));
    const client = open();
    als.run("request", () => client.startHeartbeat({ intervalMs: 5 }));
    while (contexts.length < 4) await delay(5);
    console.log(JSON.stringify(contexts));
    process.exit(0);`,
  );
  expect(new Set(contexts as string[])).toEqual(new Set(["none"]));
});
