import { uptime } from "node:os";

/** Seconds since the machine started, by each of the clocks that can tell. */
export interface Uptimes {
  /** Time suspended included; what `/proc/uptime` says. */
  readonly reportedS: number;
  /** The kernel's monotonic clock: without the time suspended. */
  readonly monotonicS: number;
}

/**
 * When the machine started, in Unix milliseconds by the present wall clock: it moves with every
 * step of that clock, as a process's start must when it is compared with what bots say by the same
 * clock.
 *
 * The greater of the two uptimes counts. In truth the reported one is never less than the monotonic
 * one, but in some containers (LXC with lxcfs) `/proc/uptime` tells the container's uptime, while
 * the start of processes is told since the machine's start: every bot would seem to start in the
 * future.
 */
export function bootTimeMs(wallMs: number, { reportedS, monotonicS }: Uptimes): number {
  return wallMs - 1_000 * Math.max(reportedS, monotonicS);
}

export function readUptimes(): Uptimes {
  return { reportedS: uptime(), monotonicS: Number(process.hrtime.bigint()) / 1e9 };
}
