import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "@kissbot/testkit";

export type DiskFault = "stale" | "down" | "hang-sync" | "hang-read" | "hang-log";

const folder = new TemporaryFolder("shim");
const library = folder.file("disk-faults.so");
const source = fileURLToPath(new URL("disk-faults.c", import.meta.url));
const compiled =
  process.platform === "linux" &&
  spawnSync("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]).status === 0;
process.once("exit", () => folder[Symbol.dispose]());

/**
 * Whether faults of a disk can be made here; a caller skips its tests where not, and they are
 * named.
 */
export function hasDiskFaults(file: string): boolean {
  if (!compiled)
    console.warn(`${file}: SKIPPED what needs faults of a disk (it takes Linux and a C compiler, cc)`);
  return compiled;
}

/**
 * Faults of one database's disk: the environment of the process that is to meet them, and a switch
 * for each.
 */
export class DiskFaults {
  readonly environment: Readonly<Record<string, string>>;
  readonly #trigger: string;

  constructor(prefix: string) {
    this.#trigger = `${prefix}-fault`;
    this.environment = { LD_PRELOAD: library, FAULT_PREFIX: prefix, FAULT_TRIGGER: this.#trigger };
  }

  begin(fault: DiskFault): void {
    writeFileSync(`${this.#trigger}.${fault}`, "");
  }

  end(fault: DiskFault): void {
    rmSync(`${this.#trigger}.${fault}`, { force: true });
  }
}
