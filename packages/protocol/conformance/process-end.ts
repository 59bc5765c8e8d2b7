import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessMeter } from "./process-meter.js";

const lookEveryMs = 50;
/** A process without a processor is waited for this many times as long, at most. */
const patience = 4;

export interface AwaitedEnd<End> {
  /** Undefined where it did not end in time. */
  readonly end: End | undefined;
  /** How long it was waited for. */
  readonly after_ms: number;
  /** How long the process was ready to run meanwhile and had no processor. */
  readonly starved_ms: number;
}

/**
 * Waits for the end of a process, this long and for as long as it had no processor. `isNew`: the
 * process has just been started, and so what it lacked since its start counts.
 */
export async function awaitEnd<End>(
  ended: Promise<End>,
  meter: ProcessMeter,
  mostMs: number,
  isNew = false,
): Promise<AwaitedEnd<End>> {
  const fromMs = performance.now();
  const before = isNew ? new Map() : meter.starvation();
  let starved_ms = 0;
  for (;;) {
    const end = await Promise.race([ended, sleep(lookEveryMs, undefined)]);
    const after_ms = Math.round(performance.now() - fromMs);
    // Once it is gone, the system tells nothing more.
    starved_ms = Math.max(starved_ms, Math.round(meter.starvedSinceMs(before)));
    if (end !== undefined || after_ms >= Math.min(patience * mostMs, mostMs + starved_ms))
      return { end, after_ms, starved_ms };
  }
}
