import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import {
  Child,
  FrozenMonitor,
  killChildren,
  lasting,
  ManualClock,
  RecordingLogger,
  TemporaryFolder,
  until,
} from "../src/index.js";

test("a wait in vain says what was awaited, what there is, and why the question failed", async () => {
  const cause = new Error("not yet");
  const waiting = until("the moon is full", () => Promise.reject(cause), {
    timeoutMs: 20,
    describe: () => ({ moon: "new" }),
  });
  await expect(waiting).rejects.toThrow('not within 20 ms: the moon is full; there is {"moon":"new"}');
  await expect(waiting).rejects.toMatchObject({ cause });
});

test("a wait is over with the first yes, whatever was thrown before", async () => {
  let asked = 0;
  await until("the third answer", () => {
    asked++;
    if (asked < 3) throw new Error("not yet");
    return true;
  });
  expect(asked).toBe(3);
});

test("a clock moves by hand, and the one on the wall can be set", () => {
  const clock = new ManualClock();
  const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()];
  clock.pass(1_000);
  clock.step(-5_000);
  clock.passesPerReadMs = 2;
  expect([clock.wallMs() - wallMs, clock.monotonicMs() - monotonicMs]).toEqual([-4_000, 1_002]);
  expect(clock.reads).toBe(2);
});

test("a log is kept by level, with its fields or without", () => {
  const logger = new RecordingLogger();
  logger.info("a sentence");
  logger.error({ err: 1 }, "another");
  expect(logger.at("info")).toEqual([{ level: "info", fields: {}, sentence: "a sentence" }]);
  expect(logger.errors).toEqual([{ level: "error", fields: { err: 1 }, sentence: "another" }]);
});

test("a folder is gone with all that is in it", () => {
  let path = "";
  {
    using folder = new TemporaryFolder("testkit");
    path = folder.path;
    expect(existsSync(path)).toBe(true);
    expect(Buffer.byteLength(folder.socketPath)).toBeLessThan(100);
  }
  expect(existsSync(path)).toBe(false);
});

test("a process says what it printed and how it ended, and gets nothing of the tests' environment", async () => {
  process.env["KISSBOT_MONITOR_SOCKET"] = "/of/a/person";
  try {
    const program = "console.log(JSON.stringify(process.env)); console.error('bad'); process.exit(3)";
    const { code, signal, stdout, stderr, late } = await Child.node(["-e", program], { env: { OWN: "1" } })
      .exited;
    expect({ code, signal, stderr, late }).toEqual({ code: 3, signal: null, stderr: "bad\n", late: false });
    expect(JSON.parse(stdout)).toMatchObject({ OWN: "1" });
    expect(stdout).not.toContain("/of/a/person");
  } finally {
    delete process.env["KISSBOT_MONITOR_SOCKET"];
  }
});

test("a process that does not end in its time is killed, which is told", async () => {
  const exit = await Child.node(["-e", "setInterval(() => {}, 1000)"], { limitMs: 50 }).exited;
  expect(exit).toMatchObject({ code: null, signal: "SIGKILL", late: true });
});

test("a command that does not exist has ended with -1, and says why", async () => {
  const exit = await Child.run("/no/such/command", []);
  expect(exit.code).toBe(-1);
  expect(exit.stderr).toContain("ENOENT");
});

test("waiting for a text rejects when the process ends without it", async () => {
  await using child = Child.node(["-e", "console.error('no such luck')"]);
  await expect(child.prints("luck")).rejects.toThrow("no such luck");
});

test("a group is killed as a whole, with what its leader started", async () => {
  const child = new Child("sh", ["-c", "sleep 1000 & echo $!; wait"], { group: true });
  await child.prints("\n");
  const sleeper = Number(child.stdout);
  expect(() => process.kill(sleeper, 0)).not.toThrow();
  await killChildren();
  expect(child.exit).toMatchObject({ signal: "SIGKILL" });
  await until("the sleeper is gone", () => {
    try {
      process.kill(sleeper, 0);
      return false;
    } catch {
      return true;
    }
  });
});

test("a frozen monitor takes a connection, and holds it until it is killed", async () => {
  using folder = new TemporaryFolder("testkit");
  await using monitor = await FrozenMonitor.open(folder.socketPath);
  const socket = connect(monitor.path).on("error", () => undefined);
  await once(socket, "connect");
  socket.resume();
  await monitor.close();
  await until("the connection is over", () => socket.closed);
});

test("a scenario that lasts has a name and a duration", async () => {
  const startedMs = performance.now();
  await lasting("a frozen monitor", 20);
  expect(performance.now() - startedMs).toBeGreaterThan(15);
  await expect(lasting("", 20)).rejects.toThrow(RangeError);
  await expect(lasting("too short", Number.NaN)).rejects.toThrow(RangeError);
});
