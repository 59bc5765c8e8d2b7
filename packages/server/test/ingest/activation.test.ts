import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { takeInheritedDescriptor } from "../../src/ingest/activation.js";
import { SocketError } from "../../src/ingest/socket-error.js";
import { CompiledSources } from "../compiled-sources.js";
import { ChildMonitor } from "./child-monitor.js";
import { beat, openConnection } from "./test-monitor.js";

const sources = new CompiledSources("ingest", "queue");
afterAll(() => sources[Symbol.dispose]());

const hasActivate = spawnSync("systemd-socket-activate", ["--version"]).status === 0;
if (!hasActivate)
  console.warn("systemd-socket-activate is missing: SOCKET ACTIVATION IS NOT TESTED against systemd");

test("takes the one descriptor that is for this very process, and cleans the environment", () => {
  const environment: Record<string, string | undefined> = {
    LISTEN_PID: "42",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "kissbot",
    PATH: "/bin",
  };
  expect(takeInheritedDescriptor(environment, 41)).toBeNull();
  expect(takeInheritedDescriptor(environment, 42)).toBe(3);
  expect(environment).toEqual({ PATH: "/bin" });
  expect(takeInheritedDescriptor(environment, 42)).toBeNull();
  expect(takeInheritedDescriptor({ LISTEN_PID: "42", LISTEN_FDS: "0" }, 42)).toBeNull();
  for (const count of ["2", "x", ""]) {
    expect(() => takeInheritedDescriptor({ LISTEN_PID: "42", LISTEN_FDS: count }, 42)).toThrow(SocketError);
  }
});

test.skipIf(!hasActivate)(
  "listens on the socket of systemd, leaves it where it is, and tells a second monitor",
  async () => {
    using place = new TemporaryFolder("ingest");
    using monitor = new ChildMonitor(sources.folder, place.socketPath, [
      "systemd-socket-activate",
      "--listen",
      place.socketPath,
    ]);
    await until("the socket", () => existsSync(place.socketPath));
    const { ino } = statSync(place.socketPath);
    // It is started by the first bot, which loses nothing. The file stands a moment before anybody
    // listens on it.
    await until("the first bot's connection", async () => {
      (await openConnection(place.socketPath)).end(beat(1));
      return true;
    });
    await monitor.ready();
    const started = await monitor.start();
    expect(started.started).toBe(true);
    expect(started.who).toMatch(/^(owner|every)/);
    (await openConnection(place.socketPath)).end(beat(2));
    await until("two messages", async () => (await monitor.report()).lines === 2);
    expect((await monitor.report()).environment).toEqual([]);

    using second = await ChildMonitor.ready(sources.folder, place.socketPath);
    const refused = await second.start();
    expect([refused.started, refused.code, refused.otherPid]).toEqual([false, "in_use", started.pid]);

    await monitor.stop();
    expect(statSync(place.socketPath).ino).toBe(ino);
    // It asks again only for what it was given: the descriptor is closed now.
    expect((await monitor.start()).started).toBe(false);
  },
);

test.skipIf(!hasActivate)("refuses a TCP socket, which everybody could reach", async () => {
  using place = new TemporaryFolder("ingest");
  const port = await freePort();
  using monitor = new ChildMonitor(sources.folder, place.socketPath, [
    "systemd-socket-activate",
    "--listen",
    `127.0.0.1:${port}`,
  ]);
  await until("the socket of systemd", async () => {
    const { connect } = await import("node:net");
    return new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
  });
  await monitor.ready();
  const refused = await monitor.start();
  expect([refused.started, refused.code]).toEqual([false, "cannot_bind"]);
  expect(refused.message).toContain("ListenStream=");
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
