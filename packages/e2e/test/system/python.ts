import { spawnSync } from "node:child_process";

/**
 * Whether there is a Python to be a client of its era; says on the screen what is not tested where
 * there is none.
 */
export function hasPython(what: string): boolean {
  if (spawnSync("python3", ["--version"]).status === 0) return true;
  console.warn(`SKIPPED: no python3 on this machine; ${what} is not tested.`);
  return false;
}
