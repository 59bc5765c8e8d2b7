import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Evidence of where a database is open; null where the system does not say. */
export interface Machine {
  /** Another one after each start of the system. */
  readonly bootId: string | null;
  /** A hash of the machine's id: comparable, and of no use elsewhere. */
  readonly machine: string | null;
}

const salt = "kissbot-monitor";

/** It is no identity: images and cloned machines share it. */
export function machineHere(): Machine {
  const id = lineOf("/etc/machine-id");
  return {
    bootId: lineOf("/proc/sys/kernel/random/boot_id"),
    machine: id === null ? null : createHash("sha256").update(salt).update(id).digest("hex"),
  };
}

function lineOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim() || null;
  } catch {
    return null;
  }
}
