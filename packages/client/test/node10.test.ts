import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Child, packageFolder } from "./child.js";

// A compiler takes long on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const program = `
import { MonitorClient, type MonitorClientStats } from "@kissbot/client";
import { HeartbeatTask, featuresToDict, register_with_monitor, registerWithMonitorAsync } from "@kissbot/client/legacy";
import { RecordingMonitor } from "@kissbot/client/testing";

async function main(): Promise<void> {
  const monitor = await new RecordingMonitor().start();
  const client = new MonitorClient("bot", process.pid, { socketPath: monitor.socketPath, version: "1" });
  const sent: boolean = await client.register({ chat: true });
  const stats: MonitorClientStats = client.stats();
  const features: Record<string, boolean> = featuresToDict({ isEnabled: () => true }, [{ config_key: "chat" }]);
  const taken: boolean = register_with_monitor("old", 7, features, monitor.socketPath);
  const task = new HeartbeatTask("old", 7, 30, monitor.socketPath);
  task.start();
  await registerWithMonitorAsync("old", 7, {}, monitor.socketPath);
  await task.stop();
  await client.close();
  await monitor.waitFor((messages) => messages.length >= 3);
  await monitor.stop();
  console.log(sent, stats.sent, taken, monitor.ofType("register").length);
}
void main();
`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-node10-"));
  mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));
  symlinkSync(
    join(packageFolder, "node_modules", "@types", "node"),
    join(folder, "node_modules", "@types", "node"),
  );
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  writeFileSync(join(folder, "main.ts"), program);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["node", "CommonJS"],
  ["node16", "Node16"],
])(
  "a project with moduleResolution %s and module %s uses all three entries",
  async (resolution, module) => {
    const options = [
      "--moduleResolution",
      resolution,
      "--module",
      module,
      "--target",
      "ES2022",
      "--strict",
      "--types",
      "node",
    ];
    const compiled = await new Child([
      tsc,
      "--outDir",
      join(folder, resolution),
      ...options,
      join(folder, "main.ts"),
    ]).exited;
    expect(compiled).toMatchObject({ code: 0, stdout: "" });
    const ran = await new Child([join(folder, resolution, "main.js")]).exited;
    expect(ran).toMatchObject({ code: 0, stderr: "", stdout: "true 1 true 2\n" });
  },
  120_000,
);
