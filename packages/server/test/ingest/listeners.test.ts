import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { silentLogger, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import type { ListenerTerms } from "../../src/ingest/listener-terms.js";
import { SocketError } from "../../src/ingest/socket-error.js";
import { Principals } from "../../src/principals/principals.js";
import { policyOf } from "../principals/policy-of.js";
import { beat, closedByPeer, openConnection, TestMonitor } from "./test-monitor.js";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("not root: SOCKETS ARE GIVEN TO NO OTHER USER in this run");

/** A folder with paths for listeners. */
class Place extends TemporaryFolder {
  constructor() {
    super("listeners");
  }

  socket(name: string): string {
    return this.file(`${name}.sock`);
  }

  terms(name: string, change: Partial<ListenerTerms> = {}): ListenerTerms {
    return {
      principal: name,
      socketPath: this.socket(name),
      socketMode: 0o660,
      socketGroup: null,
      socketOwner: null,
      ...change,
    };
  }

  get content(): string[] {
    return readdirSync(this.path).sort();
  }
}

async function errorOf(promise: Promise<unknown>): Promise<SocketError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(SocketError);
    return error as SocketError;
  }
  throw new Error("it worked");
}

test("listens on every path, and leaves none of them at the end", async () => {
  using place = new Place();
  const others = [place.terms("a", { socketMode: 0o600 }), place.terms("b")];
  await using monitor = await TestMonitor.start(place.socketPath, { others });
  const sockets = await Promise.all(
    [monitor.path, place.socket("a"), place.socket("b")].map((path) => openConnection(path)),
  );
  for (const [index, socket] of sockets.entries()) socket.write(beat(index + 1));
  await until("three messages", () => monitor.messages.length === 3);
  await until("three connections", () => monitor.listener.connections === 3);
  expect([...monitor.listener].map(({ terms, connections }) => [terms.principal, connections])).toEqual([
    ["local", 1],
    ["a", 1],
    ["b", 1],
  ]);
  expect(statSync(place.socket("a")).mode & 0o777).toBe(0o600);
  monitor.assertSum();
  const ended = sockets.map((socket) => closedByPeer(socket));
  await monitor.listener.stop();
  await Promise.all(ended);
  expect(place.content.filter((name) => !name.endsWith(".lock"))).toEqual([]);
});

test("takes all paths or none, and names the listener whose path it cannot take", async () => {
  using place = new Place();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(place.socket("b"), resolve));
  const before = place.content;
  const others = [place.terms("a"), place.terms("b"), place.terms("c")];
  const monitor = new TestMonitor(place.socketPath, { others });
  for (const step of [() => monitor.listener.claim(), () => monitor.listener.start()]) {
    const error = await errorOf(step());
    expect(error.code).toBe("in_use");
    expect(error.message).toContain("give this one a path of its own with socket: of the listener b");
    expect(place.content.filter((name) => !name.endsWith(".lock"))).toEqual(before);
  }
  for (const [change, code, text] of [
    [{ socketPath: place.file("none/x.sock") }, "invalid_path", "socket: of the listener b"],
    [{ socketPath: place.socket("d"), socketGroup: "no such" }, "unknown_group", "group: of the listener b"],
    [{ socketPath: place.socket("d"), socketOwner: "no such" }, "unknown_user", "owner: of the listener b"],
  ] as const) {
    const wrong = new TestMonitor(place.socketPath, { others: [place.terms("a"), place.terms("b", change)] });
    const error = await errorOf(wrong.listener.start());
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  }
  // What it had taken is free again.
  await new Promise((resolve) => server.close(resolve));
  await monitor.listener.start();
  (await openConnection(place.socket("b"))).end(beat(1));
  await until("its message", () => monitor.messages.length === 1);
  await monitor.listener.stop();
});

test("finds each path that was removed or taken, names it, and listens there again", async () => {
  using place = new Place();
  const others = [place.terms("a"), place.terms("b")];
  await using monitor = await TestMonitor.start(place.socketPath, { others });
  const { ino } = statSync(place.socket("a"));
  rmSync(place.socket("a"));
  await until("a new socket", () => existsSync(place.socket("a")) && statSync(place.socket("a")).ino !== ino);
  await until("a folder in its place", () => {
    // A look in between makes the socket again.
    rmSync(place.socket("b"), { force: true, recursive: true });
    mkdirSync(place.socket("b"));
    return true;
  });
  const lost = `the listener of b on ${place.socket("b")}: something that is no socket`;
  const problems = () => monitor.listener.problems().map(({ code, detail }) => `${code}: ${detail}`);
  await until(
    "the problem of b alone",
    () => problems().length === 1 && problems()[0]?.startsWith(`socket_lost: ${lost}`) === true,
    { describe: problems },
  );
  // The listener of the bots that have no principal of their own is well.
  expect(monitor.listener.problem()).toBeNull();
  const deaf = ["local", "a", "b", undefined].map((principal) => monitor.listener.isDeafTo(principal));
  expect(deaf).toEqual([false, false, true, true]);
  rmSync(place.socket("b"), { recursive: true });
  await until("no problem", () => monitor.listener.problems().length === 0);
  for (const name of ["a", "b"]) (await openConnection(place.socket(name))).end(beat(1));
  await until("two messages", () => monitor.messages.length === 2);
});

test.skipIf(!isRoot)("gives a socket to a user and a group, again after it was lost", async () => {
  using place = new Place();
  const others = [
    place.terms("a", { socketOwner: "54321", socketGroup: "54322", socketMode: 0o620 }),
    place.terms("b", { socketOwner: "daemon" }),
  ];
  await using monitor = await TestMonitor.start(place.socketPath, { others });
  const rights = (name: string) => {
    const { uid, gid, mode } = statSync(place.socket(name));
    return [uid, gid, mode & 0o777];
  };
  expect(rights("a")).toEqual([54_321, 54_322, 0o620]);
  expect(rights("b")[0]).toBe(1);
  expect([...monitor.listener][1]?.whoMayConnect).toBe("owner 54321 and group 54322 (mode 0620)");
  rmSync(place.socket("a"));
  await until("a new socket", () => existsSync(place.socket("a")));
  expect(rights("a")).toEqual([54_321, 54_322, 0o620]);
});

test("closes a connection past max_connections at once, whichever path it came over, and says so once", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath, {
    others: [place.terms("a"), place.terms("b")],
    principals: new Principals({
      policies: [policyOf("a", { channels: ["*"], maxConnections: 2 }), policyOf("b")],
      clock: systemClock,
      logger: silentLogger,
    }),
  });
  const a = monitor.principals.get("a");
  const open = await Promise.all([1, 2].map(() => openConnection(place.socket("a"))));
  await until("two connections", () => a?.connections === 2);
  for (let i = 0; i < 3; i++) await closedByPeer(await openConnection(place.socket("a")));
  expect(a?.refusedConnections).toBe(3);
  // Others have theirs.
  const other = await openConnection(place.socket("b"));
  await until("its connection", () => monitor.principals.get("b")?.connections === 1);
  // Its own connections count wherever they came in.
  await (await monitor.listener.prepare([place.terms("a", { socketPath: place.socket("c") })])).apply();
  await closedByPeer(await openConnection(place.socket("c")));
  open[0]?.destroy();
  await until("room", () => a?.connections === 1);
  const later = await openConnection(place.socket("c"));
  later.write(beat(7));
  await until("its message", () => monitor.messages.length === 1);
  expect([a?.connections, a?.refusedConnections, monitor.listener.problems()]).toEqual([2, 4, []]);
  for (const socket of [...open, other, later]) socket.destroy();
});

test("connections from before the first listener are those of local from then on", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath);
  const before = await openConnection(monitor.path);
  before.write(beat(1));
  await until("its message", () => monitor.messages.length === 1);
  const { principals } = monitor;
  // Nobody counts while there is but one.
  expect([principals.local.connections, principals.local.counters.received]).toEqual([0, 0]);
  const change = await monitor.listener.prepare([place.terms("a")]);
  principals.replacePolicies([policyOf("a")]);
  await change.apply();
  before.write(beat(2));
  const sockets = [await openConnection(monitor.path), await openConnection(place.socket("a"))];
  await until("three connections", () => monitor.listener.connections === 3);
  await until("the second message", () => principals.local.counters.received === 1);
  expect([principals.local.connections, principals.get("a")?.connections]).toEqual([2, 1]);
  for (const socket of [before, ...sockets]) socket.destroy();
  await until("no connection", () => monitor.listener.connections === 0);
  expect([principals.local.connections, principals.get("a")?.connections]).toEqual([0, 0]);
});

test("adds, changes and removes listeners, and ends no connection [users/U9]", async () => {
  using place = new Place();
  const others = [place.terms("a"), place.terms("b"), place.terms("c")];
  await using monitor = await TestMonitor.start(place.socketPath, { others });
  const names = ["a", "b", "c"];
  const sockets = await Promise.all(names.map((name) => openConnection(place.socket(name))));
  const inode = (name: string) => statSync(place.socket(name)).ino;
  const [a, b] = [inode("a"), inode("b")];
  await until("three connections", () => monitor.listener.connections === 3);
  const change = await monitor.listener.prepare([
    place.terms("a", { principal: "renamed" }),
    place.terms("b", { socketMode: 0o666 }),
    place.terms("d"),
  ]);
  // Nothing has changed yet.
  expect(existsSync(place.socket("d"))).toBe(false);
  expect([inode("a"), inode("b")]).toEqual([a, b]);
  // In the kernel's queue of a path that goes.
  const late = await openConnection(place.socket("c"));
  late.write(beat(1));
  await change.apply();
  expect(inode("a")).toBe(a);
  expect(inode("b")).not.toBe(b);
  expect(statSync(place.socket("b")).mode & 0o777).toBe(0o666);
  await expect(openConnection(place.socket("c"))).rejects.toThrow("ENOENT");
  expect([...monitor.listener].map(({ terms }) => terms.principal)).toEqual(["local", "renamed", "b", "d"]);
  (await openConnection(place.socket("d"))).end(beat(2));
  (await openConnection(place.socket("b"))).end(beat(3));
  for (const socket of sockets) socket.write(beat(4));
  await until("six messages", () => monitor.messages.length === 6);
  await until("those that stay alone", () => monitor.listener.connections === 4);
  // The path that went is free for others.
  await using other = await TestMonitor.start(place.socket("c"));
  expect(other.listener.problem()).toBeNull();
  const ended = [...sockets, late].map((socket) => closedByPeer(socket));
  await monitor.listener.stop();
  await Promise.all(ended);
  monitor.assertSum();
});

test("a socket that is given other rights resets nobody who had connected [users/U9]", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath, { others: [place.terms("a")] });
  const change = await monitor.listener.prepare([place.terms("a", { socketMode: 0o666 })]);
  const errors: Error[] = [];
  // All stand in the kernel's queue of the old socket, of which Node accepts one a turn.
  const sockets = Array.from({ length: 50 }, (_, index) =>
    connect(place.socket("a"))
      .on("error", (error) => errors.push(error))
      .end(beat(index + 1)),
  );
  await change.apply();
  await until("all are closed", () => sockets.every(({ closed }) => closed));
  expect(errors).toEqual([]);
  await until("all their messages", () => monitor.messages.length === sockets.length);
  monitor.assertSum();
});

test("the last listener that goes accepts what has connected for its own principal, never as local [users/U9]", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath, { others: [place.terms("a")] });
  const { principals } = monitor;
  const a = principals.get("a");
  const change = await monitor.listener.prepare([]);
  principals.replacePolicies([]);
  // It stands in the queue of a path that nobody is to use any more.
  const late = await openConnection(place.socket("a"));
  late.write(beat(7));
  await change.apply();
  await until("its message", () => monitor.messages.length === 1);
  expect(a?.counters.received).toBe(1);
  expect(principals.local.counters.received).toBe(0);
  late.destroy();
});

test("changes nothing where one of the listeners cannot be had, nor where a change is given up [users/U9]", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath, { others: [place.terms("a")] });
  const bot = await openConnection(place.socket("a"));
  writeFileSync(place.socket("file"), "");
  const before = place.content;
  const { ino } = statSync(place.socket("a"));
  const wrong = [place.terms("a", { socketMode: 0o600 }), place.terms("d"), place.terms("file")];
  const error = await errorOf(monitor.listener.prepare(wrong));
  expect(error.code).toBe("invalid_path");
  expect(error.message).toContain("socket: of the listener file");
  const change = await monitor.listener.prepare(wrong.slice(0, 2));
  await change.discard();
  expect(place.content.filter((name) => !/^(?:d|file)\.sock\.lock$/.test(name))).toEqual(before);
  expect(statSync(place.socket("a")).ino).toBe(ino);
  bot.write(beat(1));
  (await openConnection(place.socket("a"))).end(beat(2));
  await until("two messages", () => monitor.messages.length === 2);
  // A path of ours stays watched.
  rmSync(place.socket("a"));
  await until("a new socket", () => existsSync(place.socket("a")));
  bot.destroy();
});

test("a socket that was handed down is not taken again by a change", async () => {
  using place = new Place();
  // As if the listener b had had it since the start, and had been removed.
  await using monitor = await TestMonitor.start(place.socketPath, {
    others: [place.terms("a")],
    inherited: new Map([["b", 3]]),
  });
  const error = await errorOf(monitor.listener.prepare([place.terms("a"), place.terms("b")]));
  expect(error.code).toBe("cannot_bind");
  expect(error.message).toBe(
    "the listener b has a socket of a socket unit, which is handed down at the start alone: restart the monitor",
  );
  const change = await monitor.listener.prepare([place.terms("a"), place.terms("c")]);
  await change.apply();
  expect([...monitor.listener].map(({ principal }) => principal)).toEqual(["local", "a", "c"]);
});

test("a path that the system refuses after all is a problem that ends by itself", async () => {
  using place = new Place();
  await using monitor = await TestMonitor.start(place.socketPath, { others: [] });
  mkdirSync(place.file("folder"));
  const socketPath = place.file("folder/a.sock");
  const change = await monitor.listener.prepare([place.terms("a", { socketPath })]);
  rmSync(place.file("folder"), { recursive: true });
  await change.apply();
  expect(monitor.listener.problems()).toHaveLength(1);
  mkdirSync(place.file("folder"));
  await until("its path", () => existsSync(socketPath));
  await until("no problem", () => monitor.listener.problems().length === 0);
  (await openConnection(socketPath)).end(beat(1));
  await until("its message", () => monitor.messages.length === 1);
});
