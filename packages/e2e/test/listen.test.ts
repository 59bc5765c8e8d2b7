import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "./document.js";
import { runProgram } from "./program-run.js";

const program = join(root, "packages/protocol/examples/node/listen.mjs");
const limitMs = 10_000;

let place: TemporaryFolder;
let folder: string;
let path: string;

beforeEach(() => {
  place = new TemporaryFolder("listen");
  folder = place.path;
  path = place.socketPath;
});

afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

/** listen.mjs, when it listens. */
async function started(args: readonly string[], env: Record<string, string> = {}): Promise<Child> {
  const listen = Child.node([program, ...args], { env });
  await printed(listen, "stderr", /Listening on/);
  return listen;
}

async function printed(listen: Child, stream: "stdout" | "stderr", looked: RegExp): Promise<void> {
  await until(`${stream} matches ${looked}`, () => looked.test(listen[stream]), {
    describe: () => listen[stream],
  });
}

/** Sends bytes as a client that closes without reading. */
function send(bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
      .on("error", reject)
      .on("close", () => resolve());
    socket.end(bytes);
  });
}

describe("listen.mjs", () => {
  test("prints what each line was decoded to, or why it was rejected", async () => {
    const listen = await started(["--socket", path]);
    await send(
      '{"type":"heartbeat","channel":"lounge","pid":4242}\n\n{"type":"heartbeat","channel":"lounge"}\n{"type":"unregister","channel":"lounge","pid":4242}\n{"type":',
    );
    await printed(listen, "stdout", /truncated.*\n/);
    expect(
      listen.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ok: true, message: { type: "heartbeat", channel: "lounge", pid: 4242 } },
      {
        ok: false,
        reason: "invalid_field",
        field: "pid",
        preview: '{"type":"heartbeat","channel":"lounge"}',
      },
      { ok: true, message: { type: "unregister", channel: "lounge", pid: 4242 } },
      { ok: false, reason: "truncated", preview: '{"type":' },
    ]);
  });

  test("lets no control character of a stranger reach the terminal", async () => {
    const listen = await started(["--socket", path]);
    const hostile = "\u001b[31m\u007f\u009b2J\u202e\u{e0001}\u0000";
    await send(`${hostile}\n`);
    await printed(listen, "stdout", /\n/);
    expect(listen.stdout.replace(/\n$/, "")).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(JSON.parse(listen.stdout)).toEqual({ ok: false, reason: "invalid_json", preview: hostile });
  });

  test("listens where KISSBOT_MONITOR_SOCKET says, unless a flag says otherwise", async () => {
    const named = await started([], { KISSBOT_MONITOR_SOCKET: path });
    expect(named.stderr).toContain(path);
    expect(existsSync(path)).toBe(true);
    const another = join(folder, "another.sock");
    await started(["--socket", another], { KISSBOT_MONITOR_SOCKET: path });
    expect(existsSync(another)).toBe(true);
  });

  test("shows a line to try, which works as it stands, whatever the path holds", async () => {
    path = join(folder, "it's $HOME.sock");
    const listen = await started(["--socket", path]);
    await printed(listen, "stderr", /\n {2}node .*\n/);
    const line = /^ {2}(node .*)$/m.exec(listen.stderr)?.[1] ?? "";
    expect(spawnSync("sh", ["-c", line], { timeout: limitMs }).status).toBe(0);
    await printed(listen, "stdout", /"lounge"/);
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "ends with 0 at %s and takes its socket file away",
    async (signal) => {
      const listen = await started(["--socket", path]);
      const connection = connect(path).on("error", () => {}); // reset by the end of the listener
      await new Promise((resolve) => connection.once("connect", resolve));
      listen.signal(signal);
      expect((await listen.exited).code).toBe(0);
      expect(existsSync(path)).toBe(false);
    },
  );

  test("replaces the socket file of a listener that was killed", async () => {
    const killed = await started(["--socket", path]);
    await killed.kill();
    expect(existsSync(path)).toBe(true);
    const listen = await started(["--socket", path]);
    await send('{"type":"heartbeat","channel":"lounge","pid":4242}\n');
    await printed(listen, "stdout", /"ok":true/);
  });

  test("refuses a path on which somebody listens, and leaves him alone", async () => {
    const first = await started(["--socket", path]);
    const run = await runProgram([process.execPath, program, "--socket", path], { cwd: folder, limitMs });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain(path);
    await send('{"type":"heartbeat","channel":"lounge","pid":4242}\n');
    await printed(first, "stdout", /"ok":true/);
  });

  test("refuses a file that is no socket, and keeps it", async () => {
    writeFileSync(path, "precious");
    const run = await runProgram([process.execPath, program, "--socket", path], { cwd: folder, limitMs });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain(path);
    expect(existsSync(path)).toBe(true);
  });

  test.each([
    [["--sokcet", "x"], "--sokcet"],
    [["--socket"], "--socket"],
    [["--socket", ""], "--socket: expected a path"],
    [["monitor.sock"], "monitor.sock"],
  ])("names a bad flag and says what is expected: %j", async (args, named) => {
    const run = await runProgram([process.execPath, program, ...args], { cwd: folder, limitMs });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(named);
    expect(run.stderr).toContain("--socket PATH");
  });
});
