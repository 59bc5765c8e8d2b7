import { afterAll, expect, test } from "vitest";
import { FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

afterAll(killChildren);

// What test tools, and some browsers' environments for tests, put in the place of the globals.
const replacements = {
  "timers that stand still": "globalThis.setTimeout = globalThis.setInterval = () => ({ unref() {} });",
  "timers that are numbers": "globalThis.setTimeout = globalThis.setInterval = () => 7;",
  "no performance": "delete globalThis.performance;",
  "a clock that stands still":
    "Date.now = () => 0; globalThis.performance = { now: () => 0 }; process.hrtime.bigint = () => 0n;",
  "dice that throw": "Math.random = () => { throw new Error('no dice'); };",
  "dice that are not a number": "Math.random = () => Number.NaN;",
};

test.each(Object.entries(replacements))("%s: every method comes back in time", async (_, text) => {
  await using recording = await new RecordingMonitor().start();
  await using frozen = await new FrozenMonitor().start();
  for (const [socketPath, outcome] of [
    [recording.socketPath, true],
    [`${recording.socketPath}.absent`, false],
    [frozen.socketPath, undefined],
  ] as const) {
    const program = `
const tick = setImmediate;
${outcome === undefined ? "const full = true;" : "const full = false;"}
const { MonitorClient } = await import("@kissbot/client");
${text}
const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(socketPath)} });
const outcomes = [await client.register()];
while (full && client.stats().waiting < 500) {
  for (let i = 0; i < 100; i++) void client.logMetric("fill", i);
  await new Promise((resolve) => tick(resolve));
}
outcomes.push(await client.logMetric("n", 1), await client.heartbeat());
client.startHeartbeat();
await client.stopHeartbeat();
outcomes.push(await client.flush({ timeoutMs: 50 }));
await client.unregister();
await client.close({ timeoutMs: 50 });
process.stdout.write(JSON.stringify(outcomes));`;
    const { code, stdout, stderr } = await runProgram(program).exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const outcomes = JSON.parse(stdout) as boolean[];
    if (outcome !== undefined) expect(outcomes).toEqual([outcome, outcome, outcome, outcome]);
    else expect(outcomes).toEqual([true, false, false, false]);
  }
});
