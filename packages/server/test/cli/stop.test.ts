import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { type Child, type Exit, lasting, until } from "@kissbot/testkit";
import { describe, expect, test, vi } from "vitest";
import { DiskFaults, hasDiskFaults } from "../shims/disk-faults.js";
import { type Monitor, runCommand, startCommand, startMonitor } from "./command.js";
import { folder } from "./own-folder.js";

// Each test starts processes, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

/**
 * What a monitor promises from the first signal to its end, and what a busy machine adds to a
 * moment.
 */
const promisedMs = 13_000;
const momentMs = 2_000;

/** Hands lines to a monitor and resolves when it has read all of them. */
function report(socketPath: string, lines: readonly object[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume();
    socket.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  });
}

const call = { type: "llm_usage", channel: "a", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 };
const fault = "data:text/javascript,process.on('SIGWINCH', () => { throw new Error('boom'); })";

async function callsIn(path: string): Promise<number | undefined> {
  await using store = await openStore(path, { readOnly: true });
  const totals = await store.usageTotals({ fromMs: 0, toMs: Date.now() + 60_000 });
  return totals[0]?.calls;
}

/** Rejects where the process takes longer. */
async function endOf(child: Child, withinMs: number): Promise<Pick<Exit, "code" | "signal">> {
  const { code, signal } = await child.ends(withinMs);
  return { code, signal };
}

async function healthOf({ at }: Monitor): Promise<{ readonly status: string }> {
  return (await (await fetch(`http://${at[1]}/healthz`)).json()) as { status: string };
}

describe.skipIf(!existsSync("/dev/full"))("a log that cannot be written", () => {
  test("a full disk: the monitor serves, and SIGTERM stores what was read and ends it with 0 [server/F4]", async () => {
    const monitor = await startMonitor(folder, [], [], { shell: 'exec "$@" 2>/dev/full' });
    await report(monitor.socketPath, [call, call, call]);
    expect(await healthOf(monitor)).toMatchObject({ status: "ok" });
    monitor.child.signal("SIGTERM");
    expect(await endOf(monitor.child, promisedMs)).toEqual({ code: 0, signal: null });
    expect(await callsIn(monitor.store)).toBe(3);
  });

  test("a full disk: an unexpected fault ends the monitor with its code all the same [server/F4]", async () => {
    const { child } = await startMonitor(folder, [], ["--import", fault], { shell: 'exec "$@" 2>/dev/full' });
    child.signal("SIGWINCH");
    expect(await endOf(child, promisedMs)).toEqual({ code: 1, signal: null });
  });

  test("a reader that reads nothing: the monitor serves, and SIGTERM ends it with 0 [server/F4]", async () => {
    const monitor = await startMonitor(folder, ["--log-level", "trace"]);
    monitor.child.process.stderr?.pause();
    const lines = Array.from({ length: 4_000 }, (_, i) => ({
      type: i % 2 ? "unregister" : "register",
      channel: `bot ${i >> 1}`,
      pid: 4_000_000 + (i >> 1),
    }));
    await report(monitor.socketPath, lines);
    await report(monitor.socketPath, [call]);
    expect(await healthOf(monitor)).toMatchObject({ status: "ok" });
    monitor.child.signal("SIGTERM");
    expect(await endOf(monitor.child, promisedMs)).toEqual({ code: 0, signal: null });
    expect(await callsIn(monitor.store)).toBe(1);
  });
});

describe.skipIf(!existsSync("/dev/full"))("standard output on a full disk", () => {
  test("is not worth the monitor, also where the log goes there too [server/F7]", async () => {
    const at = ["--socket", "kb.sock", "--store", "kb.db", "--http", "0"];
    for (const where of [">/dev/full", ">/dev/full 2>&1"]) {
      const child = startCommand(["start", "--json", ...at], { folder, shell: `exec "$@" ${where}` });
      const socket = join(folder, "kb.sock");
      await until("it serves", () => existsSync(socket) || child.exit !== null, { timeoutMs: 60_000 });
      await report(socket, [call]);
      child.signal("SIGTERM");
      expect(await endOf(child, promisedMs), where).toEqual({ code: 0, signal: null });
    }
    expect(await callsIn(join(folder, "kb.db"))).toBe(2);
  });

  test.each([["--help"], ["start", "--help"], ["usage", "--json"], ["doctor", "--http", "0"]])(
    "is told by a command in one sentence: %s %s [server/F7]",
    async (...args) => {
      await (await openStore(join(folder, "kissbot_monitor.db"))).close();
      const { code, stderr } = await runCommand(args, { folder, shell: 'exec "$@" >/dev/full' });
      const lines = stderr.split("\n").filter((line) => line.startsWith("error: "));
      expect(lines, stderr).toEqual([
        expect.stringContaining("cannot be written to standard output: ENOSPC"),
      ]);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(code).toBe(1);
    },
  );
});

describe.skipIf(!hasDiskFaults("stop.test.ts"))("a disk that hangs", () => {
  const start = async () => {
    const faults = new DiskFaults(join(folder, "kb.db"));
    const monitor = await startMonitor(folder, [], ["--import", fault], { env: faults.environment });
    await report(monitor.socketPath, [{ type: "register", channel: "a", pid: process.pid }, call]);
    return { ...monitor, faults, monitor };
  };

  test("under the writer: SIGTERM ends the monitor in time [server/F4]", async () => {
    const { child, faults, socketPath } = await start();
    faults.begin("hang-sync");
    await report(socketPath, [call]);
    child.signal("SIGTERM");
    expect(await endOf(child, promisedMs + momentMs)).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("under a reader: what was read is stored, and SIGTERM ends the monitor in time [server/F4]", async () => {
    const { child, faults, at, socketPath, store } = await start();
    await until("the call is stored", async () => (await callsIn(store)) === 1);
    faults.begin("hang-read");
    void fetch(`http://${at[1]}/api/v1/events`).catch(() => undefined);
    void fetch(`http://${at[1]}/api/v1/llm-usage?from=1d`).catch(() => undefined);
    await report(socketPath, [call]);
    child.signal("SIGTERM");
    const end = await endOf(child, promisedMs + momentMs);
    expect([end.code === 0, end.signal === "SIGTERM"]).toContain(true);
  });

  test("under the log: what was read is stored, SIGTERM ends the monitor in time [server/F4]", async () => {
    const { child, faults, socketPath, store } = await start();
    faults.begin("hang-log");
    await report(socketPath, [call, call]);
    child.signal("SIGTERM");
    expect(await endOf(child, promisedMs + momentMs)).toEqual({ code: null, signal: "SIGTERM" });
    faults.end("hang-log");
    expect(await callsIn(store)).toBe(3);
  });

  test.each(["hang-sync", "hang-read", "hang-log"] as const)(
    "%s: a second signal ends the monitor at once, and a fault ends it [server/F4]",
    async (kind) => {
      const { child, faults, socketPath } = await start();
      faults.begin(kind);
      await report(socketPath, [call]);
      child.signal("SIGTERM");
      await until("it stops", () => !existsSync(socketPath), { timeoutMs: promisedMs });
      await lasting("the first one can arrive twice within 300 ms", 350);
      child.signal("SIGINT");
      expect(await endOf(child, momentMs)).toEqual({ code: null, signal: "SIGINT" });
      faults.end(kind);

      const other = await startMonitor(folder, [], ["--import", fault], { env: faults.environment });
      faults.begin(kind);
      await report(other.socketPath, [call]);
      other.child.signal("SIGWINCH");
      const end = await endOf(other.child, promisedMs + momentMs);
      expect([end.code === 1, end.signal === "SIGKILL"], JSON.stringify(end)).toContain(true);
    },
  );

  test("while the store is being opened: SIGTERM ends the monitor in time [server/F4] [server/F1]", async () => {
    await (await openStore(join(folder, "kb.db"))).close();
    const faults = new DiskFaults(join(folder, "kb.db"));
    faults.begin("hang-read");
    const args = ["start", "--socket", "kb.sock", "--store", "kb.db", "--http", "0"];
    const child = startCommand(args, { folder, env: faults.environment });
    await until("it is up, without its store", () => existsSync(join(folder, "kb.sock")), {
      timeoutMs: 60_000,
    });
    child.signal("SIGTERM");
    expect(await endOf(child, promisedMs + momentMs)).toEqual({ code: null, signal: "SIGTERM" });
  });
});

describe.skipIf(process.platform === "win32")("other signals", () => {
  test.each(["SIGHUP", "SIGQUIT", "SIGUSR2"] as const)(
    "%s is a clean stop: what was read is stored, and no socket is left [trial/O14]",
    async (signal) => {
      const { child, socketPath, store } = await startMonitor(folder);
      await report(
        socketPath,
        Array.from({ length: 300 }, () => call),
      );
      child.signal(signal);
      expect(await endOf(child, promisedMs)).toEqual({ code: 0, signal: null });
      expect(existsSync(socketPath)).toBe(false);
      expect(await callsIn(store)).toBe(300);
    },
  );
});
