import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { Diagnostics } from "../src/diagnostics.js";
import { MonitorClient } from "../src/index.js";
import { AbsentMonitor } from "../src/testing.js";
import { killChildren, packageFolder, runProgram } from "./child.js";
import { until } from "./until.js";

afterAll(killChildren);

const require = createRequire(import.meta.url);
const bluebird = JSON.stringify(require.resolve("bluebird"));

const failing = {
  "an async function": `const logger = async () => { throw new Error("down"); };`,
  "a promise of a subclass": `class Own extends Promise {} const logger = () => Own.reject(new Error("down"));`,
  "an async function while Promise is bluebird": `globalThis.Promise = require(${bluebird}); const logger = async () => { throw new Error("down"); };`,
  "a promise of bluebird": `const Bluebird = require(${bluebird}); const logger = () => Bluebird.reject(new Error("down"));`,
  "a promise of another realm": `const logger = require("node:vm").runInNewContext('async () => { throw new Error("down"); }');`,
  "an object of another realm": `const f = require("node:vm").runInNewContext('async () => { throw new Error("down"); }'); const logger = { info: f, warn: f };`,
  "a thenable that calls its second argument": `const logger = () => ({ then: (_, reject) => setTimeout(() => reject(new Error("down"))) });`,
  "a thenable whose then throws": `const logger = () => ({ then() { throw new Error("down"); } });`,
  "a thenable whose then is async and rejects": `const logger = () => ({ async then() { throw new Error("down"); } });`,
  "a getter of then that throws": `const logger = () => ({ get then() { throw new Error("down"); } });`,
  "a promise with a then of its own that throws": `const logger = () => Object.assign(Promise.reject(new Error("down")), { then() { throw new Error("then"); } });`,
  "an exception": `const logger = () => { throw null; };`,
  "a method that is none": `const logger = { info: 1, get warn() { throw new Error("down"); } };`,
};

test.each(Object.entries(failing))(
  "a logger that fails with %s does not end the bot [client/F8]",
  async (_, text) => {
    const { socketPath } = new AbsentMonitor();
    const { code, stdout, stderr } = await runProgram(
      `
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url);
    const { MonitorClient } = await import("@kissbot/client");
    ${text}
    const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(socketPath)}, logger });
    await client.register();
    await client.logMetric("", 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log("alive");`,
      {},
      // The invalid call, on purpose, is a warning of the process too, which other tests look at.
      ["--disable-warning=KISSBOT_INVALID_ARGUMENT"],
    ).exited;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "alive\n", stderr: "" });
  },
);

const stderrs = {
  "a pipe that nobody reads any more": "",
  "a closed descriptor": `(await import("node:fs")).closeSync(2);`,
  "a console that throws": `console.error = () => { throw new Error("patched"); };`,
  "a stream that fails": `process.stderr.write = () => { throw new Error("patched"); };`,
};

test.each(Object.entries(stderrs))(
  "with KISSBOT_MONITOR_DEBUG=1 and %s as stderr the bot lives on [client/F31]",
  async (_, text) => {
    const { socketPath } = new AbsentMonitor();
    const program = `
      const { MonitorClient } = await import("@kissbot/client");
      process.stdin.resume(); await new Promise((resolve) => process.stdin.once("end", resolve));
      ${text}
      const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(socketPath)} });
      await client.register();
      for (let i = 0; i < 20; i++) {
        void client.logMetric("x".repeat(300 + i), 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log("alive");`;
    const child = spawn(
      process.execPath,
      ["--disable-warning=KISSBOT_INVALID_ARGUMENT", "--input-type=module", "--eval", program],
      {
        cwd: packageFolder,
        env: { ...process.env, KISSBOT_MONITOR_DEBUG: "1" },
      },
    );
    let stdout = "";
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    // Nobody holds the other end when the bot begins.
    child.stderr.destroy();
    child.stdin.end();
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, stdout }).toEqual({ code: 0, stdout: "alive\n" });
  },
);

test("a connection that comes and goes is a few lines, and each loss that is told is followed by its end [client/F19]", async () => {
  const { socketPath } = new AbsentMonitor();
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections++;
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const told: string[] = [];
  const client = new MonitorClient("bot", 1, {
    socketPath,
    logger: { info: (line) => told.push(`info ${line}`), warn: (line) => told.push(`warn ${line}`) },
  });
  client.startHeartbeat({ intervalMs: 20 });
  await until(() => connections >= 8);
  client[Symbol.dispose]();
  server.close();
  const warnings = told.filter((line) => line.startsWith("warn"));
  // At 0 s, after 0.25 s, 2.25 s and 18.25 s: eight connections take about eight seconds.
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.length).toBeLessThanOrEqual(4);
  expect(told.map((line) => line.slice(0, 4))).not.toContain(["warn", "warn"]);
  for (const [i, line] of told.entries()) expect(line.startsWith(i % 2 === 0 ? "info" : "warn")).toBe(true);
});

function diagnosticsTelling(): { diagnostics: Diagnostics; told: string[] } {
  const told: string[] = [];
  const logger = {
    info: (line: string) => told.push(line),
    warn: (line: string) => told.push(`warn ${line}`),
  };
  return { diagnostics: new Diagnostics("bot", 1, "/s", logger as never), told };
}

test("an idle connection that its peer closes is no warning and no news, unless the next attempt fails [client/F19]", () => {
  const { diagnostics, told } = diagnosticsTelling();
  diagnostics.connected(0);
  for (let i = 1; i < 100; i++) {
    diagnostics.disconnected({ code: "END", byPeer: true }, 30_000);
    diagnostics.connected(i);
  }
  expect(told).toEqual(['kissbot client "bot": connected to /s']);
  diagnostics.disconnected({ code: "END", byPeer: true }, 30_000);
  diagnostics.disconnected({ code: "ENOENT", byPeer: false }, undefined);
  diagnostics.connected(100);
  expect(told.slice(1)).toEqual([
    'warn kissbot client "bot": cannot make the connection to /s: ENOENT',
    'kissbot client "bot": connected to /s',
  ]);
});

test("stalls and losses that come and go many times a second are a few lines [client/F19]", () => {
  const { diagnostics, told } = diagnosticsTelling();
  for (let i = 0; i < 2_000; i++) {
    diagnostics.stalled(5, true);
    diagnostics.stalled(6, false);
    diagnostics.dropped("custom_metric", "buffer_full");
    diagnostics.caughtUp();
  }
  // One stall, its end and one loss; a slow machine may take more than a quarter of a second for
  // it.
  expect(told.length).toBeGreaterThanOrEqual(3);
  expect(told.length).toBeLessThanOrEqual(9);
});
