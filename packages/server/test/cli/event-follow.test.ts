import { rmSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { type Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import type { EventRow } from "../../src/cli/event-row.js";
import { type Monitor, runCommand, startCommand, startMonitor } from "./command.js";
import { change } from "./event-file.js";
import { freePort } from "./fake-monitor.js";

afterEach(killChildren);

const timeoutMs = 60_000;

async function report(monitor: Monitor, type: string, channel: string, folder: string): Promise<void> {
  // A process that lives as long as the test, so that nobody finds it dead.
  const at = ["--channel", channel, "--pid", `${process.pid}`, "--socket", monitor.socketPath];
  const { code, stderr } = await runCommand(["send", type, ...at], { folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

/** Everything that the database knows, the oldest first. */
async function stored(path: string): Promise<number[]> {
  const store = await openStore(path, { readOnly: true });
  const changes = await store.statusHistory({ limit: 10_000 });
  await store.close();
  return changes.map(({ id }) => id).reverse();
}

const idsOf = (child: Child) => child.events<EventRow>().map(({ id }) => id);

test("--follow tells each event once, over restarts and the death of the monitor, and ends with Ctrl-C [trial/O10]", {
  timeout: 180_000,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const at = ["--http", `${await freePort()}`];
  let monitor = await startMonitor(folder, at);
  await report(monitor, "register", "before", folder);
  const apart = ["events", "--follow", "--json", ...monitor.at];
  await until("the first event is stored", async () => (await stored(monitor.store)).length === 1, {
    timeoutMs,
  });
  await using follower = startCommand(apart, { folder });
  await until("what was there is told", () => idsOf(follower).length === 1, { timeoutMs });
  await report(monitor, "register", "live", folder);
  await until("a live event is told", () => idsOf(follower).length === 2, { timeoutMs });

  for (const [i, signal] of (["SIGTERM", "SIGKILL"] as const).entries()) {
    const waits = () => follower.stderr.split("Waiting; Ctrl-C ends.").length - 1;
    monitor.child.signal(signal);
    await monitor.child.exited;
    await until("it says that it waits", () => waits() === i + 1, { timeoutMs });
    monitor = await startMonitor(folder, at);
    // Some come before it has found the monitor again, some after.
    await report(monitor, "register", `soon ${i}`, folder);
    await report(monitor, "unregister", `soon ${i}`, folder);
    await until("it finds the monitor again", () => follower.stderr.split("answers again").length === i + 2, {
      timeoutMs,
    });
    await report(monitor, "register", `later ${i}`, folder);
    await until(
      "the last one is told",
      () => follower.events<EventRow>().some(({ channel }) => channel === `later ${i}`),
      { timeoutMs },
    );
    expect(waits(), "it says once that it waits").toBe(i + 1);
  }
  const all = await stored(monitor.store);
  expect(all.length).toBeGreaterThanOrEqual(8);
  expect(idsOf(follower)).toEqual(all);
  follower.signal("SIGINT");
  expect(await follower.exited).toMatchObject({ code: 0, signal: null });
});

test("--follow goes on where another database takes the place of the one that it read [trial/O10]", {
  timeout: 180_000,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const at = ["--http", `${await freePort()}`];
  let monitor = await startMonitor(folder, at);
  for (const channel of ["a", "b", "c"]) await report(monitor, "register", channel, folder);
  await using follower = startCommand(["events", "-f", "--json", ...monitor.at], { folder });
  await until("what was there is told", () => idsOf(follower).length === 3, { timeoutMs });
  monitor.child.signal("SIGTERM");
  await monitor.child.exited;
  for (const ending of ["", "-wal", "-shm"]) rmSync(monitor.store + ending, { force: true });
  monitor = await startMonitor(folder, at);
  for (const channel of ["d", "e"]) await report(monitor, "register", channel, folder);
  const channels = () => follower.events<EventRow>().map(({ channel }) => channel);
  await until("the new database's events are told", () => channels().length === 5, { timeoutMs });
  await report(monitor, "register", "f", folder);
  await until("the next one is told", () => channels().length > 5, { timeoutMs });
  expect(channels()).toEqual(["a", "b", "c", "d", "e", "f"]);
  follower.signal("SIGTERM");
  expect(await follower.exited).toMatchObject({ code: 0, signal: null });
});

test("--follow ends without a word where the reader of its output ends [trial/O10]", {
  timeout: 120_000,
}, async () => {
  using place = new TemporaryFolder("cli");
  const [folder, path] = [place.path, place.file("kb.db")];
  const store = await openStore(path);
  const write = (seq: number) =>
    store.write({ producer: "test", epoch: 1, seq, statusChanges: [change("a", 0, { tsMs: Date.now() })] });
  await write(1);
  const shell = '{ "$@"; echo "ended $?" >&2; } | head -n 1';
  await using pipe = startCommand(["events", "--follow", "--json", "--no-http", "--store", path], {
    folder,
    shell,
  });
  await pipe.prints("process 11 is gone", timeoutMs);
  let seq = 1;
  // The reader is gone: the next event that is printed shows it.
  const writes = async () => {
    if (pipe.exit === null) await write(++seq);
    return pipe.exit !== null;
  };
  await until("it ends", writes, { timeoutMs });
  expect((await pipe.exited).stderr).toMatch(/^HTTP is off\..*\nended 0\n$/);
  await store.close();
});
