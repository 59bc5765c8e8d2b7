import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import type { Finding } from "../../src/cli/doctor/finding.js";
import { checkListeners } from "../../src/cli/doctor/listener-check.js";
import type { ListenerSettings } from "../../src/config/listener-settings.js";
import { listenerOf } from "../config/listener-of.js";
import { nowMs } from "./bot.js";
import { folder, place, writeConfig } from "./own-folder.js";
import { run } from "./program-run.js";

const { uid: me } = userInfo();
const isRoot = me === 0;
if (!isRoot) console.warn("listener-check.test.ts: SKIPPED other users' rights (needs root)");

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A socket in a folder of these rights, which strangers reach, and who answers there. */
async function listening(
  name: string,
  rights: { folder: number; socket: number },
): Promise<ListenerSettings> {
  const listener = closedListener(name, rights.folder);
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(listener.socketPath, resolve));
  chmodSync(listener.socketPath, rights.socket);
  return listener;
}

function closedListener(name: string, mode: number): ListenerSettings {
  chmodSync(folder, 0o755);
  mkdirSync(place.file(name));
  chmodSync(place.file(name), mode);
  return listenerOf(name, place.file(name, "monitor.sock"));
}

const check = (...listeners: readonly ListenerSettings[]) => checkListeners({ listeners, stateOwner: me });
const plain = (findings: readonly Finding[]) =>
  findings.map(({ check: name, level, found }) => [name, level, found]);

test("nothing is told where there are no listeners", async () => {
  expect(await check()).toEqual([]);
});

describe.skipIf(process.platform === "win32")("of a listener", () => {
  test("who may connect is told, and that strangers are kept out", async () => {
    const team = await listening("team", { folder: 0o750, socket: 0o660 });
    expect(plain(await check(team))).toEqual([
      [
        "listener",
        "ok",
        expect.stringMatching(
          /^team: \/.*\/team\/monitor\.sock answers; may connect: user \S+, group \S+ \(owner \S+:\S+, mode 0660\)$/,
        ),
      ],
      ["listener folder", "ok", `team: ${place.file("team")} is closed to strangers`],
    ]);
  });

  test("a folder that strangers may enter is a finding [users/U7]", async () => {
    const team = await listening("team", { folder: 0o755, socket: 0o660 });
    expect((await check(team))[1]).toEqual({
      check: "listener folder",
      level: "warn",
      found: `team: every user of this machine may enter ${place.file("team")}: the socket's own rights alone keep them out`,
      advice: `chmod o-rwx ${place.file("team")}`,
    });
    chmodSync(team.socketPath, 0o666);
    expect((await check(team))[1]).toMatchObject({
      level: "warn",
      found: "team: every user of this machine may connect and report for team",
    });
    // Nobody comes so far.
    chmodSync(folder, 0o700);
    expect((await check(team))[1]).toMatchObject({ level: "ok" });
  });

  test.each([
    [0o773, "every user of this machine", "o-w"],
    [0o770, "group", "g-w"],
  ])("a folder of mode %o in which others may rename is a finding [users/U7]", async (mode, who, change) => {
    const team = await listening("team", { folder: 0o700, socket: 0o660 });
    const path = place.file("team");
    if (isRoot) chownSync(path, 0, 1);
    chmodSync(path, mode);
    const found = (await check(team)).find(({ found: text }) => text.includes("rename"));
    expect(found).toEqual({
      check: "listener folder",
      level: "warn",
      found: expect.stringMatching(
        new RegExp(
          `^team: in ${path} ${who}.* may rename what leads to the socket, and take the monitor's place$`,
        ),
      ),
      advice: `chmod ${change} ${path}`,
    });
    chmodSync(path, mode | 0o1000);
    expect((await check(team)).some(({ found: text }) => text.includes("rename"))).toBe(false);
  });

  test("a folder above it counts as well, and so does one behind a link [users/U7]", async () => {
    mkdirSync(place.file("open"));
    const team = await listening("open/team", { folder: 0o700, socket: 0o600 });
    chmodSync(place.file("open"), 0o777);
    symlinkSync(place.file("open", "team"), place.file("name"));
    for (const socketPath of [team.socketPath, place.file("name", "monitor.sock")]) {
      const found = await check({ ...team, principal: "team", socketPath });
      expect(plain(found)).toContainEqual([
        "listener folder",
        "warn",
        `team: in ${place.file("open")} every user of this machine may rename what leads to the socket, and take the monitor's place`,
      ]);
    }
  });

  test.runIf(isRoot)("a folder of a user who is not the monitor's is a finding [users/U7]", async () => {
    const team = await listening("team", { folder: 0o700, socket: 0o660 });
    chownSync(place.file("team"), 2, 0);
    const found = `team: in ${place.file("team")} user bin may rename what leads to the socket, and take the monitor's place`;
    expect(plain(await check(team))).toContainEqual(["listener folder", "warn", found]);
    const ofMonitor = await checkListeners({ listeners: [team], stateOwner: 2 });
    expect(ofMonitor.some(({ found: text }) => text.includes("rename"))).toBe(false);
  });

  test.runIf(isRoot)(
    "members who cannot come in, and a uid that cannot connect, are findings [users/U7]",
    async () => {
      // daemon (1) is in group daemon alone.
      const team = await listening("team", { folder: 0o750, socket: 0o660 });
      chownSync(team.socketPath, 0, 1);
      const own = { ...team, socketGroup: "daemon", processes: "own", uid: 1 } as const;
      expect(plain(await check(own)).slice(2)).toEqual([
        ["listener group", "warn", `team: members of group daemon cannot enter ${place.file("team")}`],
        ["listener user", "warn", `team: user daemon (uid) cannot enter ${place.file("team")}`],
      ]);
      chownSync(place.file("team"), 0, 1);
      expect((await check(own)).map(({ level }) => level)).toEqual(["ok", "ok"]);
      const sentence = `team: user bin (uid) cannot enter ${place.file("team")}`;
      expect(plain(await check({ ...own, uid: 2 }))).toContainEqual(["listener user", "warn", sentence]);
      chmodSync(place.file("team"), 0o755);
      expect((await check({ ...own, uid: 2 })).at(-1)?.found).toMatch(
        /^team: user bin \(uid\) cannot connect to .*: user root, group daemon \(owner root:daemon, mode 0660\)$/,
      );
    },
  );

  test.runIf(isRoot)("before the first start its rights are those of the settings", async () => {
    const team = closedListener("team", 0o750);
    const [first, , ...rest] = await check({ ...team, socketGroup: "daemon", processes: "own", uid: 1 });
    expect(first).toMatchObject({ level: "warn", found: `team: nobody listens on ${team.socketPath}` });
    expect(rest.map(({ check: name }) => name)).toEqual(["listener group", "listener user"]);
  });

  test("what is there instead of it, and a folder that is not there, are wrong", async () => {
    const team = closedListener("team", 0o750);
    writeFileSync(team.socketPath, "");
    expect(plain(await check(team))).toEqual([
      ["listener", "fail", `team: ${team.socketPath} exists and is not a socket`],
    ]);
    const lost = { ...team, socketPath: place.file("no", "monitor.sock") };
    expect(plain(await check(lost))).toEqual([
      ["listener folder", "fail", `team: ${place.file("no")} cannot be seen: it does not exist`],
    ]);
  });
});

test("listeners that may report the same channel are told, at most five pairs by name", async () => {
  const listeners = ["a", "b", "c", "d"].map((name) => ({
    ...closedListener(name, 0o700),
    channels: ["x", `shared_${name}*`, "shared_*"],
  }));
  const found = (await check(...listeners)).filter(({ check: name }) => name === "channels");
  expect(found).toHaveLength(6);
  expect(found[0]).toMatchObject({
    level: "warn",
    found: "a (x) and b (x) may report the same channel: who registers last has it",
  });
  expect(found.at(-1)?.found).toMatch(/^1 more pairs of listeners may/);
});

test("doctor tells them, in lines that fit [users/U7]", async () => {
  const team = await listening("team", { folder: 0o755, socket: 0o660 });
  const config = writeConfig(
    `socket_path: ${place.file("kb.sock")}`,
    `store: ${place.file("kb.db")}`,
    "http: off",
    `listeners: { principal: team, socket: ${team.socketPath}, channels: "team_*" }`,
  );
  const { stdout, code } = await run(["doctor", "--config", config], {
    nowMs,
    columns: 80,
    environment: { NO_COLOR: "1" },
  });
  expect(code).toBe(0);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^ok {4}listener {9}team: /m);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`may enter ${place.file("team")}`);
});
