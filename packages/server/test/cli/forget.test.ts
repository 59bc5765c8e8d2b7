import { existsSync } from "node:fs";
import { killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import { type Monitor, runCommand, startMonitor } from "./command.js";
import { run } from "./program-run.js";

afterEach(killChildren);

const timeout = 120_000;

async function bots({ at }: Monitor): Promise<Record<string, string>> {
  const answer = await fetch(`http://${at[1]}/api/v1/bots`);
  const { bots } = (await answer.json()) as { bots: { channel: string; status: string }[] };
  return Object.fromEntries(bots.map(({ channel, status }) => [channel, status]).sort());
}

async function report(monitor: Monitor, folder: string, type: string, channel: string): Promise<void> {
  const at = ["--channel", channel, "--pid", `${process.pid}`, "--socket", monitor.socketPath];
  expect((await runCommand(["send", type, ...at], { folder })).code).toBe(0);
}

/** `a` and `b` said goodbye, `online` is online. */
async function fleet(monitor: Monitor, folder: string): Promise<void> {
  for (const channel of ["a", "b", "online"]) await report(monitor, folder, "register", channel);
  for (const channel of ["a", "b"]) await report(monitor, folder, "unregister", channel);
  const wanted = { a: "offline", b: "offline", online: "online" };
  await until("the fleet", async () => JSON.stringify(await bots(monitor)) === JSON.stringify(wanted));
}

test("what forget removed stays away though the monitor is killed in the same moment [server/F14]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  let monitor = await startMonitor(folder);
  await fleet(monitor, folder);
  const forget = (...args: string[]) =>
    runCommand(["forget", ...args, "--socket", monitor.socketPath], { folder });

  expect(await forget("a", "--by", "ops")).toMatchObject({ code: 0, stdout: "Forgotten: a\n", stderr: "" });
  monitor.child.signal("SIGKILL");
  await monitor.child.exited;
  expect(existsSync(`${monitor.socketPath}.control`)).toBe(true);
  monitor = await startMonitor(folder);
  expect(Object.keys(await bots(monitor))).toEqual(["b", "online"]);

  const online = await forget("online");
  expect(online).toMatchObject({ code: 1, stdout: "" });
  expect(online.stderr).toContain("the bot is online");
  expect(await forget("nobody")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no bot of this channel"),
  });
  // Of several, those that can be are forgotten.
  const several = await forget("online", "b", "--json");
  expect([several.code, JSON.parse(several.stdout)]).toEqual([1, { forgotten: ["b"], stored: true }]);
  expect(several.stderr).toContain("error: online: the bot is online");
  expect(await forget("--ended", "1h")).toMatchObject({ code: 0, stdout: "No bot was forgotten.\n" });

  const { stdout } = await runCommand(["events", "--cause", "forgotten", "--json", ...monitor.at], {
    folder,
  });
  const { events } = JSON.parse(stdout) as { events: { channel: string; cause: string }[] };
  expect(events.map(({ channel, cause }) => [channel, cause])).toEqual([
    ["a", "forgotten by ops"],
    ["b", expect.stringMatching(/^forgotten by .+/)],
  ]);
  const text = await runCommand(["events", "--cause", "forgotten", ...monitor.at], { folder });
  expect(text.stdout).toMatch(/ a +forgotten +forgotten by ops\n/);
});

test("forget finds the monitor by its state file, and one elsewhere by its address and token [alerts/A29]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const env = { KISSBOT_MONITOR_STATE_FILE: place.file("monitor.json") };
  const monitor = await startMonitor(folder, ["--http-write-token", "wr1te"], [], { env });
  await fleet(monitor, folder);
  const found = await runCommand(["forget", "a"], { folder, env });
  expect(found).toMatchObject({ code: 0, stdout: "Forgotten: a\n" });
  expect(found.stderr).toContain(
    `Control socket ${monitor.socketPath}.control (from the running monitor's state file`,
  );

  const [, address = ""] = monitor.at;
  const over = (...args: string[]) => runCommand(["forget", "b", "--http", address, ...args], { folder });
  expect(await over()).toMatchObject({ code: 1, stderr: expect.stringContaining("--http-write-token") });
  expect(await over("--http-write-token", "wrong")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("does not accept this token"),
  });
  expect(await over("--http-write-token", "wr1te")).toMatchObject({ code: 0, stdout: "Forgotten: b\n" });
  const byVariable = { KISSBOT_MONITOR_HTTP: address, KISSBOT_MONITOR_HTTP_WRITE_TOKEN: "wr1te" };
  expect(await runCommand(["forget", "--ended", "0"], { folder, env: byVariable })).toMatchObject({
    code: 0,
    stdout: "No bot was forgotten.\n",
  });
});

test("forget says why it cannot: no monitor, one without a control socket, wrong usage [alerts/A29]", {
  timeout,
}, async () => {
  using place = new TemporaryFolder("cli");
  const folder = place.path;
  const socket = place.file("kb.sock");
  const forget = (...args: string[]) => runCommand(["forget", ...args], { folder });
  expect(await forget("a", "--socket", socket)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`no monitor runs on ${socket}`),
  });
  for (const args of [[], ["a", "--ended", "1d"], ["--ended", "soon"], ["--ended", "-1"]]) {
    expect(await run(["forget", ...args, "--socket", socket]), args.join(" ")).toMatchObject({ code: 2 });
  }
  const { createServer } = await import("node:net");
  const old = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve) => old.listen(socket, resolve));
  expect(await forget("a", "--socket", socket)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has no control socket: it is an earlier version"),
  });
  await new Promise((resolve) => old.close(resolve));
});
