import { spawn } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { Served } from "./served.js";

/** Asks from another process, so that reading the answers does not count as the server's. Resolves with the bytes of each. */
async function askFromOutside(url: string, count: number): Promise<number[]> {
  const child = spawn(
    process.execPath,
    [new URL("children/asker.mjs", import.meta.url).pathname, url, `${count}`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines: number[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(Number(line)));
  await once(child, "close");
  return lines;
}

test("lists of fifty thousand bots let the event loop go round, however many ask", async () => {
  await using served = await Served.start();
  for (let i = 0; i < 50_000; i++) served.fleet.add(`twitch/channel-${i}`);
  const change = () => {
    for (let i = 0; i < 50_000; i++) served.fleet.change(`twitch/channel-${i}`);
  };
  change();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const longestMs: number[] = [];
  let busyMs = 0;
  for (let i = 0; i < 3; i++) {
    change();
    await new Promise(setImmediate);
    delay.reset();
    delay.enable();
    const { user, system } = process.cpuUsage();
    const sizes = await askFromOutside(`${served.url}/api/v1/bots`, 5);
    const used = process.cpuUsage({ user, system });
    delay.disable();
    longestMs.push(delay.max / 1e6);
    busyMs = Math.max(busyMs, (used.user + used.system) / 1000);
    expect(sizes).toHaveLength(5);
    expect(Math.min(...sizes)).toBeGreaterThan(20e6);
  }
  // The best of three, since machines pause as they like; one list in one piece would hold the loop for a fifth of all the work.
  expect(Math.min(...longestMs)).toBeLessThan(Math.max(25, busyMs / 10));
});
