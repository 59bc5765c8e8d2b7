import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { SocketError } from "../../src/ingest/socket-error.js";
import { beat, openConnection, TestMonitor, type TestOptions } from "./test-monitor.js";

async function errorOf(path: string, options: TestOptions = {}): Promise<SocketError> {
  const monitor = new TestMonitor(path, options);
  try {
    await monitor.listener.start();
  } catch (error) {
    expect(error).toBeInstanceOf(SocketError);
    return error as SocketError;
  }
  await monitor.listener.stop();
  throw new Error("it started");
}

function listenOn(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.resume()).listen(path, () => resolve(server));
  });
}

test("replaces the socket of a monitor that was killed", async () => {
  using place = new TemporaryFolder("ingest");
  await Child.node([
    "--eval",
    `require("node:net").createServer().listen(${JSON.stringify(place.socketPath)}, () => process.kill(process.pid, "SIGKILL"))`,
  ]).exited;
  expect(statSync(place.socketPath).isSocket()).toBe(true);
  await using monitor = await TestMonitor.start(place.socketPath);
  (await openConnection(monitor.path)).end(beat(1));
  await until("its message", () => monitor.messages.length === 1);
  expect(readdirSync(place.path)).toEqual(["monitor.sock", "monitor.sock.lock"]);
});

test("refuses a path that answers, names who listens there and the flag, and leaves it", async () => {
  using place = new TemporaryFolder("ingest");
  const other = await listenOn(place.socketPath);
  const error = await errorOf(place.socketPath);
  expect(error.code).toBe("in_use");
  if (process.platform === "linux") expect(error.pid).toBe(process.pid);
  expect(error.message).toContain("--socket");
  (await openConnection(place.socketPath)).destroy();
  await new Promise((resolve) => other.close(resolve));
  // What failed has given the lock back.
  await (await TestMonitor.start(place.socketPath)).listener.stop();
});

test("refuses a second monitor of this process by the lock, though the first one's path is gone", async () => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath, { checkIntervalMs: 60_000 });
  rmSync(monitor.path);
  const error = await errorOf(place.socketPath);
  expect([error.code, error.pid]).toEqual(["in_use", process.pid]);
  expect(error.message).toContain(`pid ${process.pid}`);
  // Another way to write the same path.
  symlinkSync(place.path, `${place.path}-link`);
  try {
    expect((await errorOf(join(`${place.path}-link`, "monitor.sock"))).code).toBe("in_use");
  } finally {
    unlinkSync(`${place.path}-link`);
  }
});

test("refuses what is no socket, and leaves it as it is", async () => {
  using place = new TemporaryFolder("ingest");
  writeFileSync(place.socketPath, "somebody's notes");
  expect((await errorOf(place.socketPath)).code).toBe("invalid_path");
  expect(readFileSync(place.socketPath, "utf8")).toBe("somebody's notes");
  for (const [name, make] of [
    ["directory", (path: string) => mkdirSync(path)],
    ["link", (path: string) => symlinkSync(place.socketPath, path)],
    ["dangling", (path: string) => symlinkSync(join(place.path, "nowhere"), path)],
  ] as const) {
    const path = join(place.path, name);
    make(path);
    const error = await errorOf(path);
    expect(error.code).toBe("invalid_path");
    expect(error.message).toContain("--socket");
  }
  expect(readdirSync(place.path).sort()).toEqual(["dangling", "directory", "link", "monitor.sock"]);
});

test("names the directory that is missing", async () => {
  using place = new TemporaryFolder("ingest");
  const error = await errorOf(join(place.path, "run", "monitor.sock"));
  expect(error.code).toBe("invalid_path");
  expect(error.message).toContain(join(place.path, "run"));
  writeFileSync(join(place.path, "file"), "");
  expect((await errorOf(join(place.path, "file", "monitor.sock"))).code).toBe("invalid_path");
});

test.skipIf(process.platform !== "linux")(
  "takes a path of 107 bytes, whatever its last name, and none of 108",
  async () => {
    using place = new TemporaryFolder("ingest");
    for (const name of ["m", "monitor"]) {
      const padding = "d".repeat(107 - place.path.length - name.length - 2);
      const directory = join(place.path, padding);
      mkdirSync(directory);
      const path = join(directory, name);
      expect(Buffer.byteLength(path)).toBe(107);
      {
        await using monitor = await TestMonitor.start(path);
        (await openConnection(path)).end(beat(1));
        await until("its message", () => monitor.messages.length === 1);
      }
      expect(readdirSync(directory)).toEqual([]);
      const error = await errorOf(`${path}x`);
      expect(error.code).toBe("invalid_path");
      expect(error.message).toContain("107");
    }
    expect((await errorOf("")).code).toBe("invalid_path");
    expect((await errorOf("/tmp/a\0b")).code).toBe("invalid_path");
  },
);

test("gives the socket to a group by number or name, and refuses one that does not exist", async () => {
  using place = new TemporaryFolder("ingest");
  const { gid } = userInfo();
  const name = /^([^:\n]+):[^:\n]*:(\d+):/gm;
  const names = [...readFileSync("/etc/group", "utf8").matchAll(name)];
  const own = names.find(([, , id]) => Number(id) === gid)?.[1];
  for (const group of [String(gid), ...(own === undefined ? [] : [own])]) {
    await using monitor = await TestMonitor.start(place.socketPath, { socketGroup: group });
    expect(statSync(monitor.path).gid).toBe(gid);
    expect(monitor.listener.whoMayConnect()).toBe(
      `owner ${userInfo().username} and group ${own ?? gid} (mode 0660)`,
    );
  }
  if (process.getuid?.() === 0) {
    await using monitor = await TestMonitor.start(place.socketPath, { socketGroup: "54321" });
    expect(statSync(monitor.path).gid).toBe(54_321);
    expect(statSync(monitor.path).mode & 0o777).toBe(0o660);
  }
  for (const group of ["no such group", "99999999999", ""]) {
    const error = await errorOf(place.socketPath, { socketGroup: group });
    expect(error.code).toBe("unknown_group");
    expect(error.message).toContain("--socket-group");
  }
  expect(readdirSync(place.path)).toEqual([]);
});

test.each([
  [0o777, "every user of this machine (mode 0777)"],
  [0o600, `owner ${userInfo().username} (mode 0600)`],
])("says who may connect with mode %o", async (socketMode, who) => {
  using place = new TemporaryFolder("ingest");
  await using monitor = await TestMonitor.start(place.socketPath, { socketMode });
  expect(statSync(monitor.path).mode & 0o777).toBe(socketMode);
  expect(monitor.listener.whoMayConnect()).toBe(who);
});

test("an error's message holds no control character of a path", async () => {
  using place = new TemporaryFolder("ingest");
  const error = await errorOf(join(place.path, "\x1b[31m\n", "monitor.sock"));
  expect(error.message).toContain("\\x1b[31m\\x0a");
});
