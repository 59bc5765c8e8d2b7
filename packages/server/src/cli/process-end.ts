import { constants } from "node:os";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { runningThreads } from "@kissbot/store";

/** How long pending work may take to end by itself. */
const quietMs = 500;

/**
 * Ends the process for certain, with this code where that is possible. `process.exit` waits for
 * every thread, and a thread that hangs in a call of the system (a stalled disk) never ends. So
 * where one is left after half a second, the signal ends the process.
 */
export async function endProcess(code: number, signal: NodeJS.Signals): Promise<never> {
  process.exitCode = code;
  const untilMs = performance.now() + quietMs;
  while (!maySafelyExit() && performance.now() < untilMs) await delay(10);
  if (!maySafelyExit()) dieOf(signal);
  process.exit(code);
}

/**
 * Whether `process.exit` would find nothing to wait for: no thread of a store, and no call in
 * libuv's threads.
 */
export function maySafelyExit(): boolean {
  const hangs = /^(FSReq|GetAddrInfo|GetNameInfo)/;
  return runningThreads() === 0 && !process.getActiveResourcesInfo().some((name) => hangs.test(name));
}

/**
 * Ends the process as the signal ends one that does not listen; a shell sees 128 and its number. No
 * thread is waited for, and nothing more is written.
 */
export function dieOf(signal: NodeJS.Signals): never {
  process.emit("exit", 128 + constants.signals[signal]);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Only a signal that is ignored from the outside, as under nohup, gets us here.
  process.kill(process.pid, "SIGKILL");
  throw new Error("unreachable");
}
