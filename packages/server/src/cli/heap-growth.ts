import { PerformanceObserver } from "node:perf_hooks";
import process from "node:process";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * How much of the heap's live part may be added to it as garbage, in percent, before the collector
 * goes through all of it. V8 decides anew after each collection, so the flag holds from the next
 * one on, in the store's threads as well.
 */
const mostPercent = 25;

/**
 * At this size V8's young generation, the room for new objects, grows no more. By itself it grows
 * to 32 MB (64 in Node 24) as soon as a server loads its code.
 */
const youngBytes = 8 * 1_048_576;

/**
 * Bounds how far this process's heap grows beyond what lives on it. By itself V8 lets a heap of
 * some ten megabytes grow to four times that, and gives little of it back. Belongs before the code
 * of a server is loaded.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${mostPercent}`);
  growYoungBy(1);
  process.once("worker", (thread) => thread.once("online", steerYoungGeneration));
}

/**
 * V8 reads the largest size of its young generation only when Node starts, too early for us. How
 * fast it grows can be told at any time. So while the code is loaded it does not grow; and from
 * then on, after each collection: as usual below its size, and not at all from there on. Once is
 * not enough: V8 shrinks it in a quiet time, and goes back to a factor of 2 with each thread. It
 * may take one step more than it should, as V8 decides on a step before the step shows.
 */
function steerYoungGeneration(): void {
  const steer = () => growYoungBy(youngSpaceBytes() < youngBytes ? 2 : 1);
  steer();
  new PerformanceObserver(steer).observe({ entryTypes: ["gc"] });
}

/** It becomes so many times as large when much of it survives a collection. */
function growYoungBy(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
