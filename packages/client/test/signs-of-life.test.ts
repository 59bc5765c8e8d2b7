import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Message } from "@kissbot/protocol";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { MonitorClient } from "../src/index.js";
import { Child, killChildren, runProgram } from "./child.js";
import { recording } from "./each-monitor.js";
import { clientOf, types } from "./reporting-clients.js";
import { until } from "./until.js";

vi.setConfig({ testTimeout: 120_000 });

afterAll(killChildren);

const env = () => ({ KISSBOT_MONITOR_SOCKET: recording.socketPath });

describe("a measurement that cannot be had", () => {
  const beats = `
import { closeSync, openSync } from "node:fs";
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot");
await client.register();
const files = [];
try { for (;;) files.push(openSync("/dev/null", "r")); } catch {}
const outcomes = [await client.heartbeat(), await client.heartbeat()];
for (const file of files) closeSync(file);
process.stdout.write(JSON.stringify(outcomes));`;

  test("a process without a free descriptor beats without its memory [client/F1]", async () => {
    const args = ["--input-type=module", "--eval", beats];
    const bot = new Child(args, env(), ["bash", "-c", 'ulimit -n 40; exec "$@"', "bash"]);
    expect(await bot.exited).toMatchObject({ code: 0, stdout: "[true,true]", stderr: "" });
    await recording.waitFor((messages) => messages.at(-1)?.type === "unregister");
    expect(types()).toEqual(["register", "heartbeat", "heartbeat", "unregister"]);
    for (const beat of recording.ofType("heartbeat")) expect(beat).not.toHaveProperty("rss_mb");
  });

  const canHide =
    process.getuid?.() === 0 &&
    spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/proc"]).status === 0;

  (canHide ? test : test.skip)(
    `a process without /proc beats without its memory${canHide ? "" : " (skipped: needs root and unshare)"} [client/F1]`,
    async () => {
      const program = `
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot");
await client.register();
for (let i = 0; i < 5; i++) await client.heartbeat();`;
      const hide = 'mount -t tmpfs none /proc && exec "$@"';
      const bot = new Child(["--input-type=module", "--eval", program], env(), [
        "unshare",
        "--mount",
        "sh",
        "-c",
        hide,
        "sh",
      ]);
      expect(await bot.exited).toMatchObject({ code: 0, stderr: "" });
      await recording.waitFor((messages) => messages.at(-1)?.type === "unregister");
      expect(recording.ofType("heartbeat")).toHaveLength(5);
      expect(recording.ofType("heartbeat")[0]).not.toHaveProperty("rss_mb");
    },
  );

  const replaced = {
    "memoryUsage, by nothing": "process.memoryUsage = undefined;",
    "memoryUsage, by one without rss": "process.memoryUsage = () => ({ rss: 5 });",
    "memoryUsage, by one that returns nothing":
      "process.memoryUsage = Object.assign(() => undefined, { rss: () => undefined });",
    "memoryUsage, by one that throws":
      "process.memoryUsage = Object.assign(() => {}, { rss: () => { throw new Error('EMFILE'); } });",
    "memoryUsage, by NaN": "process.memoryUsage.rss = () => NaN;",
    "memoryUsage, by 0": "process.memoryUsage.rss = () => 0;",
    "memoryUsage, by a text": "process.memoryUsage.rss = () => 'much';",
    "memoryUsage, by a BigInt": "process.memoryUsage.rss = () => 5n;",
    "memoryUsage, by less than nothing": "process.memoryUsage.rss = () => -5;",
    "cpuUsage, by nothing": "process.cpuUsage = undefined;",
    "cpuUsage, by one that returns nothing": "process.cpuUsage = () => undefined;",
    "cpuUsage, by one that throws": "process.cpuUsage = () => { throw new Error('no'); };",
    "cpuUsage, by NaN": "process.cpuUsage = () => ({ user: NaN, system: 'x' });",
    "cpuUsage, by one that runs back":
      "let used = 1e9; process.cpuUsage = () => ({ user: used -= 1e6, system: 0 });",
    "performance.now, by NaN": "performance.now = () => NaN;",
    "performance.now, by one that throws": "performance.now = () => { throw new Error('no'); };",
  };
  test.each(Object.entries(replaced))("replaced %s: every beat goes out [client/F1]", async (_, replace) => {
    for (const isBefore of [true, false]) {
      const from = recording.messages.length;
      const program = `
${isBefore ? replace : ""}
const { MonitorClient } = await import("@kissbot/client");
${isBefore ? "" : replace}
const client = new MonitorClient("bot");
client.start();
await client.flush();
const outcomes = [await client.heartbeat()];
// From then on the processor time is told as well.
await new Promise((resolve) => setTimeout(resolve, 1_050));
outcomes.push(await client.heartbeat(), await client.heartbeat());
process.stdout.write(JSON.stringify(outcomes));`;
      const bot = runProgram(program, env());
      expect(await bot.exited).toMatchObject({ code: 0, stdout: "[true,true,true]", stderr: "" });
      await recording.waitFor((messages) => messages.slice(from).at(-1)?.type === "unregister");
      const arrived = recording.messages.slice(from);
      expect(arrived.map(({ type }) => type)).toEqual([
        "register",
        ...Array(4).fill("heartbeat"),
        "unregister",
      ]);
      for (const beat of arrived.slice(1, -1) as { rss_mb?: number; cpu_pct?: number }[]) {
        if (!isBefore || !replace.includes("memoryUsage")) expect(beat.rss_mb).toBeGreaterThan(10);
        else expect(beat.rss_mb).toBe(undefined);
      }
      // What the client took when it was loaded still measures.
      if (!isBefore) expect(arrived.at(-2)).toMatchObject({ cpu_pct: expect.any(Number) });
    }
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("an option that is not valid", () => {
  const bad: [string, unknown][] = [
    ["NaN", Number.NaN],
    ["less than nothing", -0.0001],
    ["infinite", Number.POSITIVE_INFINITY],
    ["a text", "12"],
    ["an empty text", ""],
    ["true", true],
    ["a BigInt", 12n],
    ["a symbol", Symbol("rss")],
    ["a list", [12]],
    ["an object", { valueOf: () => 12 }],
    ["a function", () => 12],
    ["a revoked proxy", revoked()],
  ];
  test.each(bad)(
    "a measurement that is %s is left out of its beat, with a complaint [client/F1]",
    async (_, value) => {
      const told: string[] = [];
      const client = clientOf({ logger: { warn: (line) => told.push(line) } });
      expect(await client.heartbeat({ rssMb: value as number, cpuPct: 3 })).toBe(true);
      expect(await client.heartbeat({ rssMb: 12, cpuPct: value as number })).toBe(true);
      expect(await client.heartbeat({ rssMb: value as number, cpuPct: value as number })).toBe(true);
      await recording.waitFor((messages) => messages.length === 3);
      const loads = recording.ofType("heartbeat").map(({ rss_mb, cpu_pct }) => ({ rss_mb, cpu_pct }));
      expect(loads).toEqual([{ cpu_pct: 3 }, { rss_mb: 12 }, {}]);
      expect(client.stats().dropped.invalid).toBe(0);
      expect(
        told.filter((line) => /heartbeat: (rssMb|cpuPct): expected .*; left out/.test(line)),
      ).toHaveLength(2);
    },
  );

  test("a measurement that is null or undefined is measured here [client/F1]", async () => {
    for (const value of [null, undefined]) {
      await clientOf().heartbeat({ rssMb: value as unknown as number, cpuPct: 1 });
    }
    await recording.waitFor((messages) => messages.length === 2);
    for (const beat of recording.ofType("heartbeat")) expect(beat.rss_mb).toBeGreaterThan(10);
  });

  test("measurements whose getters throw are left out, with a complaint [client/F1]", async () => {
    const told: string[] = [];
    const client = clientOf({ logger: (line) => told.push(line) });
    const thrower = {
      get rssMb(): number {
        throw new Error("no memory today");
      },
    };
    expect(await client.heartbeat(thrower)).toBe(true);
    expect(await client.heartbeat(revoked())).toBe(true);
    expect(told.join()).toContain("no memory today");
    await recording.waitFor((messages) => messages.length === 2);
  });

  test("whatever the measurements are, the beat goes out [client/F1]", async () => {
    const client = clientOf();
    await client.register();
    await fc.assert(
      fc.asyncProperty(fc.anything({ withBigInt: true, withDate: true }), fc.anything(), async (a, b) => {
        void client.heartbeat(a as object);
        expect(await client.flush({ timeoutMs: 20_000 })).toBe(true);
        void client.heartbeat({ rssMb: a as number, cpuPct: b as number });
        expect(await client.flush({ timeoutMs: 20_000 })).toBe(true);
      }),
      { numRuns: 200 },
    );
    await recording.waitFor((messages) => messages.length === 1 + 2 * 200);
    expect([recording.rejections, client.stats().dropped.invalid]).toEqual([[], 0]);
  });

  test("whatever the version and the interval are, the bot is registered and beats [client/F1]", async () => {
    for (const value of [...bad.map(([, it]) => it), null, 0, -1]) {
      const client = clientOf({ version: value as string });
      const from = recording.messages.length;
      client.start({ chat: true }, { intervalMs: value as number });
      await recording.waitFor((messages) => messages.length === from + 2);
      expect(recording.messages[from]).toMatchObject({ type: "register", features: { chat: true } });
      expect(recording.messages[from + 1]).toMatchObject({ type: "heartbeat" });
      client[Symbol.dispose]();
    }
    expect(recording.rejections).toEqual([]);
  });
});

describe("the clock", () => {
  const replaced = {
    "Date, by a class without now": "globalThis.Date = class {};",
    "Date, by nothing": "delete globalThis.Date;",
    "Date.now, by NaN": "Date.now = () => NaN;",
    "Date.now, by nothing": "Date.now = () => undefined;",
    "Date.now, by a BigInt": "Date.now = () => 1n;",
    "Date.now, by a text": "Date.now = () => 'now';",
    "Date.now, by a time before 1970": "Date.now = () => -1;",
    "Date.now, by the end of time": "Date.now = () => 1e300;",
    "Date.now, by one that throws": "Date.now = () => { throw new Error('no time'); };",
    "process.uptime, by nothing": "process.uptime = () => undefined;",
    "process.uptime, by one that throws": "process.uptime = () => { throw new Error('no'); };",
    "process.hrtime, by nothing": "process.hrtime = undefined;",
    "performance.timeOrigin, by NaN": "Object.defineProperty(performance, 'timeOrigin', { get: () => NaN });",
    "performance.timeOrigin, by a time before 1970":
      "Object.defineProperty(performance, 'timeOrigin', { get: () => -5 });",
  };
  test.each(Object.entries(replaced))(
    "replaced %s: nothing throws, every line arrives, and no time is wrong [client/F13]",
    async (_, replace) => {
      for (const [isBefore, isEsm] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ]) {
        const from = recording.messages.length;
        const load = isEsm
          ? `const { MonitorClient } = await import("@kissbot/client");`
          : `const { MonitorClient } = createRequire(process.cwd() + "/x.js")("@kissbot/client");`;
        const program = `
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
const realNow = Date.now;
${isBefore ? replace + load : load}
const early = new MonitorClient("early");
${isBefore ? "" : replace}
const client = new MonitorClient("bot");
const calls = [early.register(), client.register(), client.heartbeat(), client.logMetric("n", 1), client.logLlmUsage({ model: "m", feature: "f", tokensIn: 1, tokensOut: 1 }), early.heartbeat()];
process.stdout.write(JSON.stringify(await Promise.all(calls)));`;
        const bot = runProgram(program, env());
        expect(await bot.exited).toMatchObject({
          code: 0,
          stdout: JSON.stringify(Array(6).fill(true)),
          stderr: "",
        });
        await recording.waitFor((messages) => messages.length === from + 8);
        for (const message of recording.messages.slice(from) as (Message & { started_at?: number })[]) {
          const { ts, started_at } = message;
          for (const time of [ts, started_at]) {
            if (time !== undefined) expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
          }
          // What was taken when the package was loaded still tells the time.
          if (!isBefore) expect(ts).not.toBe(undefined);
        }
      }
      expect(recording.rejections).toEqual([]);
    },
  );

  test("all clients of a process say the same start, in every copy and thread, whatever the clock does [client/F12]", async () => {
    const program = `
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { performance } from "node:perf_hooks";
import { MonitorClient } from "@kissbot/client";
const copy = createRequire(process.cwd() + "/x.js")("@kissbot/client");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (let i = 0; i < 20; i++) {
  await new (i % 2 ? copy.MonitorClient : MonitorClient)("bot" + i).register();
  await wait(3);
}
const now = Date.now;
for (const step of [8 * 3_600_000, -3 * 3_600_000]) {
  Date.now = () => now() + step;
  process.uptime = () => 5;
  const late = new MonitorClient("late" + step);
  await late.register();
  await late.heartbeat();
}
const source = 'const { MonitorClient } = require("@kissbot/client"); new MonitorClient("worker").start();';
await new Promise((resolve) => new Worker(source, { eval: true, execArgv: [] }).on("exit", resolve));
process.stdout.write(String(Math.round(performance.timeOrigin)));`;
    const { code, stdout, stderr } = await runProgram(program, env()).exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await until(() => recording.ofType("unregister").length === 23);
    const starts = [...recording.ofType("register"), ...recording.ofType("heartbeat")].map(
      ({ started_at }) => started_at,
    );
    expect(starts).toHaveLength(20 + 2 * 2 + 2);
    expect([...new Set(starts)]).toEqual([Number(stdout)]);
  });

  (process.platform === "linux" ? test : test.skip)(
    "what it says is the start that Linux tells, within the tolerance of the monitor [client/F12]",
    async () => {
      await clientOf().register();
      await recording.waitFor((messages) => messages.length === 1);
      const stat = readFileSync("/proc/self/stat", "utf8");
      const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
      const bootMs = Date.now() - Number(process.hrtime.bigint()) / 1e6;
      expect(
        Math.abs((recording.ofType("register")[0]?.started_at ?? 0) - (bootMs + 10 * ticks)),
      ).toBeLessThan(2_000);
      expect(recording.ofType("register")[0]?.started_at).toBe(Math.round(performance.timeOrigin));
    },
  );
});

describe("the registration that a new connection begins with", () => {
  async function greeting(client: MonitorClient): Promise<Record<string, unknown>> {
    const { reconnects } = client.stats();
    const { length } = recording.ofType("register");
    recording.disconnect();
    await until(() => client.stats().reconnects > reconnects);
    await recording.waitFor(() => recording.ofType("register").length > length);
    return { ...recording.ofType("register")[length] };
  }

  test("tells the interval of this moment, in whatever order the calls come [client/F16]", async () => {
    const client = clientOf();
    await client.register({ chat: true });
    client.startHeartbeat({ intervalMs: 120_000 });
    await recording.waitFor((messages) => messages.length === 2);
    expect(await greeting(client)).toMatchObject({ features: { chat: true }, interval_s: 120 });
    await client.stopHeartbeat();
    expect(await greeting(client)).not.toHaveProperty("interval_s");
    client.startHeartbeat({ intervalMs: 90_000 });
    expect(await greeting(client)).toMatchObject({ interval_s: 90 });
    client.start(undefined, { intervalMs: 45_000 });
    expect(await greeting(client)).toMatchObject({ features: { chat: true }, interval_s: 45 });
    await client.register({ chat: false });
    expect(await greeting(client)).toMatchObject({ features: { chat: false }, interval_s: 45 });
  });

  test("tells the features as they were registered, which are read once [client/F16]", async () => {
    const client = clientOf();
    let reads = 0;
    const features = Object.defineProperty({ chat: true } as Record<string, boolean>, "voice", {
      enumerable: true,
      get: () => reads++ === 0,
    });
    Object.defineProperty(features, "__proto__", { value: true, enumerable: true });
    await client.register(features);
    features["chat"] = false;
    features["more"] = true;
    await recording.waitFor((messages) => messages.length === 1);
    const said = { chat: true, voice: true, ["__proto__"]: true };
    expect(JSON.stringify(recording.ofType("register")[0]?.features)).toBe(JSON.stringify(said));
    expect(JSON.stringify((await greeting(client))["features"])).toBe(JSON.stringify(said));
    expect(reads).toBe(1);
  });
});
