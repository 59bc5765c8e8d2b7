import { spawnSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { takeInheritedSockets } from "../../src/ingest/activation.js";
import { SocketError } from "../../src/ingest/socket-error.js";
import { CompiledSources } from "../compiled-sources.js";
import { ChildMonitor } from "./child-monitor.js";
import { beat, openConnection } from "./test-monitor.js";

const sources = new CompiledSources("ingest", "principals", "queue");
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
  expect(takeInheritedSockets(environment, 41, []).size).toBe(0);
  expect([...takeInheritedSockets(environment, 42, [])]).toEqual([["local", 3]]);
  expect(environment).toEqual({ PATH: "/bin" });
  expect(takeInheritedSockets(environment, 42, []).size).toBe(0);
  expect(takeInheritedSockets({ LISTEN_PID: "42", LISTEN_FDS: "0" }, 42, []).size).toBe(0);
  for (const count of ["2", "x", ""]) {
    expect(() => takeInheritedSockets({ LISTEN_PID: "42", LISTEN_FDS: count }, 42, [])).toThrow(SocketError);
  }
});

test("takes each socket for the listener that it is named after [users/U8]", () => {
  const taken = (LISTEN_FDS: string, LISTEN_FDNAMES?: string) => {
    const environment: Record<string, string | undefined> = { LISTEN_PID: "42", LISTEN_FDS };
    if (LISTEN_FDNAMES !== undefined) environment["LISTEN_FDNAMES"] = LISTEN_FDNAMES;
    const sockets = takeInheritedSockets(environment, 42, [
      { principal: "team_a" },
      { principal: "b.socket" },
    ]);
    expect(environment).toEqual({});
    return Object.fromEntries(sockets);
  };
  expect(taken("3", "team_a:local:b.socket")).toEqual({ team_a: 3, local: 4, "b.socket": 5 });
  // A unit without FileDescriptorName= gives its own name; what is no unit gives none.
  expect(taken("2", "kissbot-monitor.socket:team_a")).toEqual({ local: 3, team_a: 4 });
  for (const name of ["unknown", "", undefined]) expect(taken("1", name)).toEqual({ local: 3 });
  expect(taken("1", "team_a")).toEqual({ team_a: 3 });
  expect(() => taken("2", "team_a:team_c")).toThrow('no listener is called "team_c"');
  expect(() => taken("2", "team_a:team_a")).toThrow("two sockets for team_a");
  expect(() => taken("2", "x.socket:local")).toThrow("two sockets for local");
  expect(() => taken("2")).toThrow("two sockets for local");
  for (const [count, names] of [
    ["3", "team_a:local"],
    ["1", "team_a:local"],
    ["x", "team_a"],
    ["", ""],
    ["-1", "team_a"],
    ["99999", "team_a"],
  ] as const)
    expect(() => taken(count, names), count).toThrow("expected a name for each socket");
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

test.skipIf(!hasActivate)(
  "listens on three sockets of systemd by their names, and does not start with an unknown name [users/U8]",
  async () => {
    using place = new TemporaryFolder("ingest");
    const path = (name: string) => place.file(`${name}.sock`);
    const activate = (names: string) => [
      "systemd-socket-activate",
      ...["a", "b", "local"].flatMap((name) => ["--listen", path(name)]),
      `--fdname=${names}`,
    ];
    const others = [`team_a=${place.file("elsewhere.sock")}`, `team_b=${path("b")}`];
    const wake = () =>
      until("the first connection", async () => {
        (await openConnection(path("a"))).end();
        return true;
      });
    using refused = new ChildMonitor(sources.folder, path("x"), activate("team_a:team_c:local"), [], others);
    await wake();
    await refused.ready();
    expect(await refused.start()).toMatchObject({ started: false, code: "cannot_bind" });
    expect(existsSync(path("x"))).toBe(false);
    await refused.kill();

    for (const name of ["a", "b", "local"]) rmSync(path(name));
    using monitor = new ChildMonitor(sources.folder, path("x"), activate("team_a:team_b:local"), [], others);
    await until("the sockets", () => existsSync(path("local")));
    await wake();
    await monitor.ready();
    expect((await monitor.start()).started).toBe(true);
    const sockets = await Promise.all(["a", "b", "local"].map((name) => openConnection(path(name))));
    for (const [index, socket] of sockets.entries()) socket.write(beat(index + 1));
    await until("three messages", async () => (await monitor.report()).lines === 3);
    const { paths, environment } = await monitor.report();
    expect(paths).toEqual([
      ["local", path("local"), 1],
      ["team_a", path("a"), 1],
      ["team_b", path("b"), 1],
    ]);
    expect(environment).toEqual([]);
    for (const socket of sockets) socket.destroy();
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
