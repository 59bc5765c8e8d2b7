import { accessSync, constants } from "node:fs";
import type { Clock } from "../clock.js";
import { PidusageProbe } from "./pidusage-probe.js";
import { ProcProbe } from "./proc-probe.js";
import type { ProcessProbe } from "./process-probe.js";

/** The probe that was asked for cannot work here; the message says which can. */
export class UnusableProbe extends Error {
  override readonly name = "UnusableProbe";
  readonly exitCode = 1;
}

/**
 * `proc` reads `/proc` itself and throws UnusableProbe where there is none of Linux's kind;
 * `pidusage` works on every platform and tells less; `auto` is the first where it can be, else the
 * second. `machine` is the one that runs this.
 */
export function createProbe(
  kind: "auto" | "proc" | "pidusage",
  clock: Clock,
  machine: { readonly platform: string; readonly procRoot: string } = {
    platform: process.platform,
    procRoot: "/proc",
  },
): ProcessProbe {
  if (kind === "pidusage") return new PidusageProbe({ clock });
  const reason = whyNoProc(machine);
  if (reason === null) return new ProcProbe({ clock, procRoot: machine.procRoot });
  if (kind === "auto") return new PidusageProbe({ clock });
  throw new UnusableProbe(`the probe "proc" cannot work here: ${reason}; use --probe pidusage, or auto`);
}

function whyNoProc({ platform, procRoot }: { platform: string; procRoot: string }): string | null {
  if (platform !== "linux") return `it reads the /proc of Linux, and this is ${platform}`;
  try {
    accessSync(`${procRoot}/self/stat`, constants.R_OK);
    return null;
  } catch (error) {
    return `${procRoot}/self/stat cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
