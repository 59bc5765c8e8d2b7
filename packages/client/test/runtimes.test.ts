import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { packageFolder } from "./child.js";
import { until } from "./until.js";

/*
 * The same programs in each runtime that is installed here. Bun and Deno are too large to be
 * dependencies: where one is not on the PATH, its tests are skipped, and the run says so.
 */
const runtimes = {
  node: [process.execPath],
  bun: ["bun", "run"],
  deno: ["deno", "run", "--allow-all", "--no-check", "--node-modules-dir=manual"],
};
const folder = mkdtempSync(join(tmpdir(), "kissbot-runtimes-"));
mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program with a client of that monitor; `GO` in its output breaks the connection. */
async function run(
  runtime: keyof typeof runtimes,
  monitor: RecordingMonitor,
  text: string,
  count: number,
): Promise<string[]> {
  const file = join(folder, `${runtime}.mjs`);
  writeFileSync(
    file,
    `import { MonitorClient } from "@kissbot/client";
    import process from "node:process";
    const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(monitor.socketPath)} });
    const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${text}`,
  );
  const [command = "", ...args] = runtimes[runtime];
  const child = spawn(command, [...args, file], { stdio: ["ignore", "pipe", "ignore"], timeout: 20_000 });
  child.stdout.on("data", (data) => {
    // Not before it has read the registration, which would be lost with the connection.
    if (String(data).includes("GO"))
      void monitor.waitFor((all) => all.length > 0).then(() => monitor.disconnect());
  });
  await new Promise((resolve) => child.on("close", resolve));
  await until(() => monitor.messages.length >= count, { describe: () => JSON.stringify(monitor.messages) });
  return monitor.messages.map(({ type }) => type);
}

const first = `void client.register(); void client.logMetric("n", 1);`;
const programs = {
  "a natural end": [first, ["register", "custom_metric", "unregister"], "always"],
  "dispose in the first tick": [
    `${first} client[Symbol.dispose]();`,
    ["register", "custom_metric"],
    "always",
  ],
  "exit(0) after the connection": [
    `await client.register(); void client.logMetric("n", 1); process.exit(0);`,
    ["register", "custom_metric", "unregister"],
    "always",
  ],
  "exit(0) in the first tick": [
    `${first} process.exit(0);`,
    ["register", "custom_metric", "unregister"],
    "direct",
  ],
  "a crash in the first tick": [
    `${first} throw new Error("crash");`,
    // The last words come over a connection that has to be a new one.
    ["register", "custom_metric", "register", "heartbeat"],
    "direct",
  ],
  "exit(0) between two connections": [
    `await client.register(); console.log("GO"); while (client.stats().connected) await delay(1);
    void client.logMetric("n", 1); process.exit(0);`,
    ["register", "register", "custom_metric", "unregister"],
    "direct",
  ],
} as const;

for (const runtime of Object.keys(runtimes) as (keyof typeof runtimes)[]) {
  const isInstalled = spawnSync(runtimes[runtime][0] ?? "", ["--version"]).status === 0;
  describe.skipIf(!isInstalled)(`in ${runtime}`, () => {
    const able = Object.entries(programs).filter(
      ([, [, , where]]) => where === "always" || runtime !== "deno",
    );
    test.each(able)("%s: what was said goes out [client/F9]", async (_, [text, types]) => {
      await using monitor = await new RecordingMonitor().start();
      expect(await run(runtime, monitor, text, types.length)).toEqual(types);
      expect(monitor.rejections).toEqual([]);
    });
  });
}
