import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { expect, test } from "vitest";
import { signal } from "../src/process-tree.js";

test("a signal to a process that has ended does nothing; any other failure throws", async () => {
  const { pid: gone } = spawnSync(process.execPath, ["--version"]);
  expect(() => signal(gone, "SIGCONT")).not.toThrow();
  expect(() => signal(gone, "SIGNONE" as NodeJS.Signals)).toThrow("SIGNONE");
  const there = spawn("sleep", ["60"]);
  const ended = once(there, "exit");
  signal(there.pid as number, "SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
});
