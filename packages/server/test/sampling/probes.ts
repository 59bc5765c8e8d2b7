import { type Clock, systemClock } from "../../src/clock.js";
import { PidusageProbe } from "../../src/sampling/pidusage-probe.js";
import { ProcProbe } from "../../src/sampling/proc-probe.js";
import type { ProcessProbe } from "../../src/sampling/process-probe.js";

/** Every probe that works on this machine. */
export const probes: readonly { readonly name: string; open(clock?: Clock): ProcessProbe }[] = [
  { name: "pidusage", open: (clock = systemClock) => new PidusageProbe({ clock }) },
  ...(process.platform === "linux"
    ? [{ name: "proc", open: (clock: Clock = systemClock) => new ProcProbe({ clock }) }]
    : []),
];
