import { connect } from "node:net";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ask } from "../http/ask.js";
import { type Monitor, runCommand, startMonitor } from "./command.js";
import { place, writeConfig } from "./own-folder.js";

/** What `reload` says to the monitor of this place. */
async function reload({ socketPath }: Monitor, ...more: readonly string[]) {
  return await runCommand(["reload", "--no-config", "--socket", socketPath, ...more], { folder: place.path });
}

async function noteOf({ at: [, address = ""] }: Monitor, channel: string): Promise<unknown> {
  const { body } = await ask(`http://${address}`, `/api/v1/bots/${encodeURIComponent(channel)}`);
  return (body as { note?: unknown }).note;
}

const words = (note: string) => `bots: [{ match: "twitch/*", note: ${note} }]`;

test("reload takes over the operator's words in a running monitor, names what needs a restart, and no connection ends [alerts/A34]", async () => {
  const config = writeConfig(words("before"), "retention_days: 7");
  const monitor = await startMonitor(place.path, ["--config", config]);
  let isClosed = false;
  const bot = connect(monitor.socketPath).once("close", () => {
    isClosed = true;
  });
  const beat = { channel: "twitch/a", pid: process.pid };
  bot.write(`${JSON.stringify({ type: "register", ...beat })}\n`);
  await until("the bot is known", async () => (await noteOf(monitor, "twitch/a")) === "before");
  writeConfig(words("after"), "retention_days: 9", "queue_limit: 5000");
  expect(await reload(monitor)).toMatchObject({
    code: 0,
    stdout: `Read again: ${config}\nApplied: bots\nNeeds a restart: retention_days, queue_limit\n`,
  });
  expect(await noteOf(monitor, "twitch/a")).toBe("after");
  // What waits for a restart goes on waiting for it.
  const again = await reload(monitor, "--json");
  expect(JSON.parse(again.stdout)).toEqual({
    ok: true,
    config_file: config,
    applied: [],
    needs_restart: ["retention_days", "queue_limit"],
    problems: [],
    notices: [],
  });
  writeConfig(words("after"), "retention_days: 7");
  expect((await reload(monitor)).stdout).toBe(`Read again: ${config}\nNothing to apply.\n`);
  expect(isClosed).toBe(false);
  bot.destroy();
});

test("a config that is wrong is told with line and column, ends reload in 2, and changes nothing in the monitor [alerts/A34]", async () => {
  const config = writeConfig(words("before"));
  const monitor = await startMonitor(place.path, ["--config", config]);
  const bot = connect(monitor.socketPath);
  bot.write(`${JSON.stringify({ type: "register", channel: "twitch/a", pid: process.pid })}\n`);
  await until("the bot is known", async () => (await noteOf(monitor, "twitch/a")) === "before");
  writeConfig(
    words("after"),
    "alerts:",
    "  windows: [{ bots: [a], at: noon, for: 30m, why: x }]",
    "stale_timeout: 0",
  );
  const wrong = await reload(monitor);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toMatch(
    /error: .*monitor\.yaml:4:\d+ monitoring\.alerts\.windows.*at: expected a time of day/,
  );
  expect(wrong.stderr).toMatch(/error: .*monitor\.yaml:5:\d+ monitoring\.stale_timeout: expected/);
  expect(wrong.stderr).toContain("error: nothing was changed\n");
  const json = JSON.parse((await reload(monitor, "--json")).stdout);
  expect(json).toMatchObject({ ok: false, applied: [], problems: [expect.any(String), expect.any(String)] });
  expect(await noteOf(monitor, "twitch/a")).toBe("before");
  writeConfig(words("after"));
  expect((await reload(monitor)).code).toBe(0);
  expect(await noteOf(monitor, "twitch/a")).toBe("after");
  bot.destroy();
});
