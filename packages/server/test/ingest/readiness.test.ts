import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Child, RecordingLogger, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Readiness } from "../../src/ingest/readiness.js";

const hasNotify =
  spawnSync("systemd-notify", ["--version"]).status === 0 && spawnSync("python3", ["--version"]).status === 0;
if (!hasNotify) console.warn("systemd-notify or python3 is missing: READINESS IS NOT TESTED against systemd");

/** Prints what comes, as Node cannot receive datagrams of a Unix socket. */
const receiver = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
while True:
    data, ancillary, flags, address = receiver.recvmsg(4096, socket.CMSG_SPACE(64))
    # A barrier comes with a descriptor, whose closing is the answer.
    import array, os
    for level, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            for descriptor in array.array("i", content): os.close(descriptor)
    print(data.decode(), flush=True)
`;

test.skipIf(!hasNotify)("tells systemd that it is ready, and that it stops", async () => {
  using place = new TemporaryFolder("ingest");
  const path = join(place.path, "notify");
  await using python = new Child("python3", ["-c", receiver, path]);
  await until("the receiver", () => existsSync(path));
  const logger = new RecordingLogger();
  const readiness = new Readiness({ environment: { ...process.env, NOTIFY_SOCKET: path }, logger });
  expect(await readiness.notifyReady()).toBe(true);
  await until("READY", () => python.stdout.includes("READY=1"));
  expect(await readiness.notifyStopping()).toBe(true);
  await until("STOPPING", () => python.stdout.includes("STOPPING=1"));
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
