import { createServer } from "node:net";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { bot, health, nowMs } from "./bot.js";
import { mainScript, startMonitor } from "./command.js";
import { FakeMonitor, freePort } from "./fake-monitor.js";
import { run } from "./program-run.js";

const quiet = (port: number) => run(["status", "--quiet", "--http", `${port}`], { nowMs });

describe("status --quiet", () => {
  test("says nothing and is 0 where a monitor answers, degraded or with every bot down [packaging/K2]", async () => {
    const down = [bot("a", { status: "dead" }), bot("b", { crash_loop: true })];
    for (const word of ["ok", "degraded"]) {
      await using monitor = await new FakeMonitor({
        "/healthz": { body: { ...health, status: word } },
        "/api/v1/bots": { body: { bots: down } },
      }).start();
      expect(await quiet(monitor.port)).toEqual({ code: 0, stdout: "", stderr: "" });
      // The bots are no matter of it, so their route is not asked.
      expect(monitor.requests.map(({ url }) => url)).toEqual(["/healthz"]);
      expect((await run(["status", "--http", `${monitor.port}`], { nowMs })).code).toBe(1);
    }
  });

  test("is 0 where the monitor answers that it wants another token, or is asked under a wrong name [packaging/K2]", async () => {
    for (const [status, body] of [
      [200, { status: "ok" }],
      [401, { error: { code: "unauthorized", message: "no" } }],
      [403, { error: { code: "forbidden_host", message: "no" } }],
    ] as const) {
      await using monitor = await new FakeMonitor({ "/healthz": { status, body } }).start();
      expect(await quiet(monitor.port)).toEqual({ code: 0, stdout: "", stderr: "" });
    }
  });

  test("is 1 and says why where nobody listens, or somebody else does [packaging/K2]", async () => {
    const port = await freePort();
    expect(await quiet(port)).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: no monitor answers at http://127.0.0.1:${port}: nobody listens there\n`,
    });
    for (const body of ["<html>", {}, [], { status: 5 }]) {
      await using stranger = await new FakeMonitor({ "/healthz": { body } }).start();
      expect(await quiet(stranger.port)).toEqual({
        code: 1,
        stdout: "",
        stderr: `error: what answers at http://127.0.0.1:${stranger.port} is no KissBot monitor\n`,
      });
    }
  });

  test("is 1 within 8 s where the connection is taken and nobody answers [packaging/K2]", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const startedMs = performance.now();
    const { code, stderr } = await quiet(port);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    expect(code).toBe(1);
    expect(stderr).toBe(`error: no monitor answers at http://127.0.0.1:${port}: no answer within 5 s\n`);
    silent.close();
  }, 30_000);

  test("asks the control socket where HTTP is off, and is 1 once the monitor is gone [packaging/K2]", async () => {
    using folder = new TemporaryFolder("quiet");
    const socket = folder.file("kb.sock");
    const options = {
      folder: folder.path,
      env: { KISSBOT_MONITOR_NO_HTTP: "1", KISSBOT_MONITOR_SOCKET: socket, KISSBOT_MONITOR_STORE: "memory:" },
    };
    const ask = () =>
      Child.run(process.execPath, [mainScript, "status", "--quiet"], { ...options, limitMs: 60_000 });
    await using monitor = Child.node([mainScript, "start", "--json"], options);
    await monitor.prints("\n}\n", 60_000);
    expect(await ask()).toMatchObject({ code: 0, stdout: "", stderr: "" });
    monitor.signal("SIGTERM");
    await monitor.exited;
    const gone = await ask();
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(gone.stderr).toContain(`no monitor answers at ${socket}.control`);
  }, 120_000);

  test("never reads the database, and does not go with --json", async () => {
    using folder = new TemporaryFolder("quiet");
    const { store, child } = await startMonitor(folder.path);
    child.signal("SIGTERM");
    await child.exited;
    const argv = ["status", "--quiet", "--http", `${await freePort()}`, "--store", store];
    expect((await run(argv)).code).toBe(1);
    expect(await run(["status", "--quiet", "--json"])).toMatchObject({ code: 2, stdout: "" });
  }, 90_000);
});
