import { join } from "node:path";
import { RecordingLogger, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Readiness } from "../../src/ingest/readiness.js";
import { hasNotify, NotifySocket } from "./notify-socket.js";

test.skipIf(!hasNotify)("tells systemd that it is ready, that it is alive, and that it stops", async () => {
  using place = new TemporaryFolder("ingest");
  await using systemd = await NotifySocket.open(join(place.path, "notify"));
  const logger = new RecordingLogger();
  const readiness = new Readiness({ environment: { ...process.env, NOTIFY_SOCKET: systemd.path }, logger });
  expect(await readiness.notifyReady()).toBe(true);
  expect(await readiness.notifyAlive()).toBe(true);
  expect(await readiness.notifyStopping()).toBe(true);
  await until("all words", () => systemd.words.length === 3);
  expect(systemd.words).toEqual(["READY=1", "WATCHDOG=1", "STOPPING=1"]);
  expect(logger.entries).toEqual([]);
});

test("says nothing where nobody asks", async () => {
  const logger = new RecordingLogger();
  const readiness = new Readiness({ environment: {}, logger, command: "/nonexistent" });
  expect(await readiness.notifyReady()).toBe(false);
  expect(logger.entries).toEqual([]);
});

test.each([
  ["is missing", "/nonexistent/systemd-notify", 5_000],
  ["fails", "false", 5_000],
  ["hangs", "yes", 100],
])("warns and goes on where the command %s", async (_, command, timeoutMs) => {
  const logger = new RecordingLogger();
  const environment = { PATH: process.env["PATH"], NOTIFY_SOCKET: "/nonexistent/notify" };
  const readiness = new Readiness({ environment, logger, command, timeoutMs });
  expect(await readiness.notifyReady()).toBe(false);
  expect(logger.at("warn")).toHaveLength(1);
});
