import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Message } from "@kissbot/protocol";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MonitorClient } from "../src/index.js";
import { AbsentMonitor, FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import { killChildren, packageFolder, runProgram } from "./child.js";
import { until } from "./until.js";

afterAll(killChildren);

/** A folder for temporary files, of this test alone, so that what is left in it can be counted. */
let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(realpathSync(tmpdir()), "kb-"));
  vi.stubEnv("TMPDIR", temporary);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  rmSync(temporary, { recursive: true, force: true });
});

test("a recording monitor can be stopped and started, and keeps what it has", async () => {
  const monitor = await new RecordingMonitor().start();
  await monitor.start();
  const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
  await client.logMetric("n", 1);
  await monitor.waitFor((messages) => messages.length === 1);
  await monitor.stop();
  await monitor.stop();
  await until(() => !client.stats().connected);
  await monitor.start();
  void client.logMetric("n", 2);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(monitor.connections).toBe(2);
  expect(monitor.rejections).toEqual([]);
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
  expect(existsSync(dirname(monitor.socketPath))).toBe(false);
});

test("a path that is taken is refused", async () => {
  const first = await new RecordingMonitor().start();
  await expect(new FrozenMonitor({ socketPath: first.socketPath }).start()).rejects.toThrow("EADDRINUSE");
  await first[Symbol.asyncDispose]();
});

test("a frozen monitor takes connections and nothing else; an absent one is not there", async () => {
  const frozen = await new FrozenMonitor().start();
  const absent = await new AbsentMonitor().start();
  const before = new MonitorClient("bot", 1, { socketPath: frozen.socketPath });
  const nobody = new MonitorClient("bot", 1, { socketPath: absent.socketPath });
  expect(await before.register()).toBe(true);
  expect(await nobody.register()).toBe(false);
  await until(() => frozen.connections === 1);
  for (const client of [before, nobody]) client[Symbol.dispose]();
  await absent.stop();
  await frozen[Symbol.asyncDispose]();
  await absent[Symbol.asyncDispose]();
});

describe("what is left behind", () => {
  test("nothing, of monitors that were made, started, stopped or started again: stop is enough [client/F27]", async () => {
    for (const Monitor of [RecordingMonitor, FrozenMonitor]) {
      const unused = new Monitor();
      const monitor = await new Monitor().start();
      const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
      expect(await client.register()).toBe(true);
      await client.close();
      await monitor.stop();
      expect(readdirSync(temporary)).toEqual([]);
      await monitor.start();
      expect(existsSync(monitor.socketPath)).toBe(true);
      await monitor.stop();
      await unused.stop();
      await unused[Symbol.asyncDispose]();
      expect(readdirSync(temporary)).toEqual([]);
    }
  });

  test("nothing of an absent monitor, whether or not it is stopped; another one may come to its path [client/F27] [trial/B10]", async () => {
    const absent = new AbsentMonitor();
    expect(readdirSync(temporary)).toEqual([]);
    const later = await new RecordingMonitor({ socketPath: absent.socketPath }).start();
    const client = new MonitorClient("bot", 1, { socketPath: absent.socketPath });
    expect(await client.register()).toBe(true);
    await client.close();
    await later.stop();
    expect(readdirSync(temporary)).toEqual([]);
    await absent.stop();
    await absent[Symbol.asyncDispose]();
    expect(new AbsentMonitor().socketPath).not.toBe(absent.socketPath);
  });

  test("what somebody else put into the folder outlives stop, and not the disposal [client/F27]", async () => {
    const monitor = await new RecordingMonitor().start();
    const note = join(dirname(monitor.socketPath), "note");
    writeFileSync(note, "");
    await monitor.stop();
    expect(existsSync(note)).toBe(true);
    await monitor.start();
    await monitor[Symbol.asyncDispose]();
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each(["import", "require"])(
    "nothing of a process that ends without a stop, loaded with %s [client/F27]",
    async (load) => {
      const given = join(temporary, "given.sock");
      const program = `
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
const require = createRequire(${JSON.stringify(join(packageFolder, "x.js"))});
const { AbsentMonitor, FrozenMonitor, RecordingMonitor } = ${load === "require" ? "require" : "await import"}("@kissbot/client/testing");
new AbsentMonitor();
for (const Monitor of [FrozenMonitor, RecordingMonitor]) await new Monitor().start();
const monitor = await new RecordingMonitor({ socketPath: ${JSON.stringify(given)} }).start();
connect(monitor.socketPath).on("connect", () => {
  console.log(readdirSync(${JSON.stringify(temporary)}).length);
  process.exit(3);
});`;
      const exit = await runProgram(program, { TMPDIR: temporary }).exited;
      expect(exit).toMatchObject({ code: 3, stdout: "3\n", stderr: "" });
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});

describe("the path", () => {
  test("is short enough for a socket where TMPDIR is not, and the client takes it [client/F27]", async () => {
    const deep = join(temporary, "a-very-long-temporary-folder-of-a-runner".repeat(3));
    mkdirSync(deep);
    vi.stubEnv("TMPDIR", deep);
    for (const Monitor of [RecordingMonitor, FrozenMonitor]) {
      const monitor = await new Monitor().start();
      expect(monitor.socketPath).toMatch(/^\/tmp\/kissbot-/);
      const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
      expect(await client.register()).toBe(true);
      await client.close();
      await monitor.stop();
      expect(existsSync(dirname(monitor.socketPath))).toBe(false);
    }
    expect(new AbsentMonitor().socketPath).toMatch(/^\/tmp\/kissbot-/);
    expect(readdirSync(deep)).toEqual([]);
    expect(readdirSync(temporary)).toEqual(["a-very-long-temporary-folder-of-a-runner".repeat(3)]);
  });

  test("that is given and no socket can have is refused by the constructor, in words that help [client/F27]", () => {
    for (const Monitor of [RecordingMonitor, FrozenMonitor]) {
      for (const socketPath of ["x".repeat(200), "ä".repeat(60), "", "a\0b"])
        expect(() => new Monitor({ socketPath })).toThrow(/^socketPath: .* Give a shorter path, or none/);
      expect(() => new Monitor({ socketPath: 7 as unknown as string })).toThrow(TypeError);
    }
  });

  test("in a folder that is not there rejects start, and says what to set [client/F27]", async () => {
    vi.stubEnv("TMPDIR", join(temporary, "nowhere"));
    const monitor = new RecordingMonitor();
    await expect(monitor.start()).rejects.toThrow(/cannot make the folder .*nowhere.*ENOENT.*TMPDIR/);
    mkdirSync(join(temporary, "nowhere"));
    await monitor.start();
    await monitor.stop();
    expect(readdirSync(join(temporary, "nowhere"))).toEqual([]);
  });

  test("is free again for a start that does not wait for the stop [client/F27]", async () => {
    const monitor = await new RecordingMonitor().start();
    void monitor.stop();
    void monitor.start();
    void monitor.start();
    void monitor.stop();
    await monitor.start();
    const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
    expect(await client.register()).toBe(true);
    await client.close();
    await monitor.stop();
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("waitFor", () => {
  let monitor: RecordingMonitor;
  let client: MonitorClient;

  beforeEach(async () => {
    monitor = await new RecordingMonitor().start();
    client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    await monitor.stop();
  });

  test("tells what arrived when the time is over", async () => {
    await client.logMetric("only", 1);
    await monitor.waitFor((messages) => messages.length === 1);
    await expect(monitor.waitFor((messages) => messages.length === 2, { timeoutMs: 20 })).rejects.toThrow(
      /not within 20 ms; 1 messages arrived:\n.*"metric_name":"only"[^\n]*$/,
    );
  });

  test("takes a predicate that throws for one that is not true yet [client/F27]", async () => {
    const last = monitor.waitFor((messages) => (messages.at(-1) as Message).type === "heartbeat");
    const third = monitor.waitFor((messages) => (messages[2] as { value: number }).value === 2);
    void client.logMetric("n", 1);
    void client.logMetric("n", 1);
    void client.logMetric("n", 2);
    await third;
    void client.heartbeat();
    expect((await last).length).toBe(4);
  });

  test("tells what the predicate threw when the time is over, and nothing reaches the process [client/F27]", async () => {
    const program = `
import { MonitorClient } from "@kissbot/client";
import { RecordingMonitor } from "@kissbot/client/testing";
const monitor = await new RecordingMonitor().start();
const client = new MonitorClient("bot", 1, { socketPath: monitor.socketPath });
const thrown = [];
for (const isDone of [
  (messages) => { if (messages.length > 0) throw new Error("no such bot"); return false; },
  () => { throw Object.create(null); },
  () => { throw undefined; },
  async () => { throw new Error("late"); },
  () => ({ get then() { throw new Error("a getter"); } }),
  undefined,
]) {
  const wait = monitor.waitFor(isDone, { timeoutMs: 100 });
  await client.logMetric("n", 1);
  await wait.catch((error) => thrown.push([error.name, error.message.split("\\n").at(-1), error.cause?.message]));
}
await client.close();
await monitor.stop();
console.log(JSON.stringify(thrown));`;
    const { code, stdout, stderr } = await runProgram(program).exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([
      ["Error", "the predicate threw: no such bot", "no such bot"],
      ["Error", "the predicate threw: UNKNOWN", null],
      ["Error", expect.stringContaining('"custom_metric"'), null],
      ["TypeError", "waitFor: the predicate returned a promise; expected true or false", null],
      ["Error", "the predicate threw: a getter", "a getter"],
      ["TypeError", "waitFor: expected a function", null],
    ]);
  });

  test("does not tell an error that the predicate has got over [client/F27]", async () => {
    const wait = monitor.waitFor((messages) => (messages[0] as Message).type === "heartbeat", {
      timeoutMs: 500,
    });
    await client.logMetric("n", 1);
    await expect(wait).rejects.toThrow(/"custom_metric"[^\n]*$/);
  });

  test("takes any number for its time, without a warning [client/F27]", async () => {
    const wait = monitor.waitFor(() => monitor.messages.length > 0, { timeoutMs: Number.POSITIVE_INFINITY });
    await client.logMetric("n", 1);
    expect((await wait).length).toBe(1);
  });

  test("keeps its deadline under fake timers [client/F27]", async () => {
    vi.useFakeTimers();
    await expect(monitor.waitFor(() => false, { timeoutMs: 20 })).rejects.toThrow("not within 20 ms");
  });

  test.each(["import", "require"])(
    "keeps its deadline under node:test's mock timers, loaded with %s [client/F27]",
    async (load) => {
      const program = `
import { createRequire } from "node:module";
import { mock } from "node:test";
const require = createRequire(${JSON.stringify(join(packageFolder, "x.js"))});
const { RecordingMonitor } = ${load === "require" ? "require" : "await import"}("@kissbot/client/testing");
const monitor = await new RecordingMonitor().start();
mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate"] });
await monitor.waitFor(() => false, { timeoutMs: 20 }).catch((error) => console.log(error.message.split(";")[0]));
await monitor.stop();`;
      const { code, stdout } = await runProgram(program).exited;
      expect({ code, stdout }).toEqual({ code: 0, stdout: "not within 20 ms\n" });
    },
  );
});
