import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Answer } from "../../src/alerts/receiver-door.js";
import { loadSettings } from "../../src/config/load-settings.js";
import { CommandReceiver } from "../../src/notices/command.js";
import { createReceivers } from "../../src/notices/create-receivers.js";
import { item, notice } from "./sample.js";

vi.mock("node:child_process", { spy: true });

const never = new AbortController().signal;

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("command");
});
afterEach(() => place[Symbol.dispose]());

function sent(command: readonly string[], deadlineMs?: number, signal = never): Promise<Answer> {
  const door = new CommandReceiver(
    "ops",
    { command, env: [] },
    deadlineMs === undefined ? {} : { deadlineMs },
  );
  return door.send(door.render(notice([item({ subject: "$(reboot); '\"" })])), signal);
}

const shell = (script: string, ...args: readonly string[]) => ["/bin/sh", "-c", script, "sh", ...args];

test("a program gets the notice on its standard input and its id in its environment, and no shell reads a word [alerts/A26]", async () => {
  const file = place.file("got");
  process.env["KISSBOT_MONITOR_HTTP_TOKEN"] = "pLanted";
  try {
    const script =
      'cat >"$1"; printf "\\n%s %s %s" "$KISSBOT_NOTICE_ID" "$2" "$KISSBOT_MONITOR_HTTP_TOKEN" >>"$1"';
    const answer = await sent(shell(script, file, "$HOME; *"));
    expect(answer).toEqual({ kind: "delivered", remoteId: null, status: "exit code 0" });
  } finally {
    delete process.env["KISSBOT_MONITOR_HTTP_TOKEN"];
  }
  const [json = "", rest] = readFileSync(file, "utf8").split("\n");
  expect(JSON.parse(json)).toMatchObject({ type: "kissbot.notice", items: [{ subject: "$(reboot); '\"" }] });
  // The monitor's own secrets are not passed on.
  expect(rest).toBe("n-1 $HOME; * ");
});

test("a program gets nothing that may be secret of the monitor's environment, but what the config gives it [alerts/A27]", async () => {
  const file = place.file("environment");
  const yaml = [
    "monitoring:",
    "  alerts:",
    "    deadman: { url_env: PING_URL }",
    "    receivers:",
    "      hook: { webhook: { url_env: HOOK_URL, secret_env: HOOK_SECRET } }",
    "      mail: { smtp: { host: h.example, user: u, password_env: SMTP_PASSWORD, from: a@b.example, to: [a@b.example] } }",
    "      chat: { telegram: { token_env: CHAT_TOKEN, chat_id: -100 } }",
    `      program: { exec: { command: [/bin/sh, -c, 'cat >/dev/null; env >"$1"', sh, ${file}], env: [SMTP_PASSWORD, KISSBOT_MONITOR_SOCKET, TEAM_ROOM] } }`,
  ];
  const config = place.file("monitor.yaml");
  writeFileSync(config, `${yaml.join("\n")}\n`);
  const secrets = {
    PING_URL: "https://hc.example/pLanted",
    HOOK_URL: "https://h.example/pLanted",
    HOOK_SECRET: "whsec_pLanted",
    SMTP_PASSWORD: "given",
    CHAT_TOKEN: "1:pLanted",
  };
  const planted = {
    ...secrets,
    KISSBOT_MONITOR_HTTP_WRITE_TOKEN: "pLanted",
    KISSBOT_MONITOR_SOCKET: "/given",
    NOTIFY_SOCKET: "/pLanted",
    WATCHDOG_USEC: "1",
    WATCHDOG_PID: "1",
    LISTEN_FDS: "1",
    LISTEN_PID: "1",
    LISTEN_FDNAMES: "pLanted",
    PGPASSWORD: "pLanted",
    AWS_SECRET_ACCESS_KEY: "pLanted",
    DATABASE_URL: "postgres://u:pLanted@h/d",
    TEAM_ROOM: "given",
    LC_TIME: "C",
    HOME: "/home/given",
  };
  const { settings } = await loadSettings({ config }, secrets, { serving: true });
  const door = (await createReceivers(settings.alerts)).find(({ name }) => name === "program");
  for (const [name, value] of Object.entries(planted)) vi.stubEnv(name, value);
  try {
    expect(await door?.send(door.render(notice([item()])), never)).toMatchObject({ kind: "delivered" });
  } finally {
    vi.unstubAllEnvs();
  }
  const got = readFileSync(file, "utf8");
  expect(got).not.toContain("pLanted");
  expect(got).not.toMatch(/^(?:WATCHDOG|LISTEN|NOTIFY)_/m);
  const lines = got.split("\n");
  for (const line of [
    "SMTP_PASSWORD=given",
    "KISSBOT_MONITOR_SOCKET=/given",
    "TEAM_ROOM=given",
    "LC_TIME=C",
    "HOME=/home/given",
    "KISSBOT_NOTICE_ID=n-1",
  ])
    expect(lines).toContain(line);
  expect(got).toMatch(/^PATH=/m);
});

test.each([
  ["exit 75", "exit code 75 (again later)"],
  ["echo first >&2; echo 'no such team' >&2; exit 3", "exit code 3: no such team"],
  ["kill -9 $$", "killed by SIGKILL"],
])("%s is a refusal that says so", async (script, detail) => {
  expect(await sent(shell(script))).toEqual({ kind: "refused", retryAfterMs: null, detail });
});

test("what it says of a failure is told without the values that the config gave it", async () => {
  vi.stubEnv("CHAT_TOKEN", "1234:pLanted");
  vi.stubEnv("CHAT_ROOM", "ops");
  try {
    const script = 'echo "ops: cannot reach /bot$CHAT_TOKEN/send" >&2; exit 1';
    const door = new CommandReceiver("program", {
      command: ["/bin/sh", "-c", script],
      env: ["CHAT_TOKEN", "CHAT_ROOM"],
    });
    expect(await door.send(door.render(notice([item()])), never)).toEqual({
      kind: "refused",
      retryAfterMs: null,
      detail: "exit code 1: ops: cannot reach /bot***/send",
    });
  } finally {
    vi.unstubAllEnvs();
  }
});

test("a program that is not there, or may not be run, is a wrong address", async () => {
  expect(await sent(["/nowhere/notify"])).toEqual({
    kind: "broken",
    detail: "it cannot be started (ENOENT)",
  });
  const path = place.file("plain");
  writeFileSync(path, "x", { mode: 0o600 });
  expect(await sent([path])).toEqual({ kind: "broken", detail: "it cannot be started (EACCES)" });
});

test("a program that reads nothing, or leaves another one behind, is waited for no longer than itself", async () => {
  expect((await sent(shell("exec <&-; exit 0"))).kind).toBe("delivered");
  const startedMs = performance.now();
  expect((await sent(shell("sleep 5 & exit 0"))).kind).toBe("delivered");
  expect(performance.now() - startedMs).toBeLessThan(4_000);
});

test("a program that does not end is killed with all that it has started, and the notice is in doubt", async () => {
  const file = place.file("pid");
  const answer = await sent(shell('sleep 600 & echo $! >"$1"; wait', file), 300);
  expect(answer).toEqual({ kind: "in_doubt", detail: "no end within 0.3 s: killed" });
  const pid = Number(readFileSync(file, "utf8"));
  await until("its child is gone", () => {
    try {
      // A process that nobody has waited for yet is dead as well.
      return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return true;
    }
  });
});

test("a stop kills it at once", async () => {
  const startedMs = performance.now();
  expect((await sent(shell("sleep 600"), 30_000, AbortSignal.timeout(100))).kind).toBe("in_doubt");
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("a program that the machine has no files left for is tried later [alerts/A4]", async () => {
  // As node gives it then: without streams, and with its fault in the next turn.
  vi.mocked(spawn).mockImplementationOnce(() => {
    const child = new EventEmitter();
    process.nextTick(() => child.emit("error", Object.assign(new Error("spawn EMFILE"), { code: "EMFILE" })));
    return child as ChildProcess;
  });
  expect(await sent(["/bin/true"])).toEqual({
    kind: "refused",
    retryAfterMs: null,
    detail: "it cannot be started (EMFILE)",
  });
});
