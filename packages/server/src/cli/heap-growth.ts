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
 * to 32 MB (64 in Node 24, less where the machine has little memory) as soon as a server loads its
 * code (measured: `pnpm bench ablation`, `young-generation`).
 */
const youngBytes = 8 * 1_048_576;

/**
 * Loads the code of a server, and bounds from then on how far this process's heap grows beyond what
 * lives on it. By itself V8 lets a heap of some ten megabytes grow to four times that, and gives
 * little of it back.
 */
export async function loadWithBoundHeap<Code>(load: () => Promise<Code>): Promise<Code> {
  const steers = !isYoungGenerationSet();
  if (steers) growYoungBy(1);
  const code = await load();
  setFlagsFromString(`--heap-growing-percent=${mostPercent}`);
  if (steers) steerYoungGeneration();
  return code;
}

/**
 * V8 reads the largest size of its young generation only when Node starts, before our code runs.
 * The factor by which it grows can be set at any time. So it is set after each collection: 2, as
 * usual, below our size, and 1 from there on. To set it once is not enough: V8 shrinks the young
 * generation in a quiet time, and goes back to a factor of 2 when a thread starts. Collections that
 * come before the next turn of the event loop may take it a step too far. The factor is that of all
 * threads, whose young generations are small.
 */
function steerYoungGeneration(): void {
  const steer = () => growYoungBy(youngSpaceBytes() < youngBytes ? 2 : 1);
  steer();
  new PerformanceObserver(steer).observe({ entryTypes: ["gc"] });
  process.on("worker", (thread) => thread.once("online", steer));
}

/** Whether Node was started with a size for it. */
function isYoungGenerationSet(): boolean {
  const flags = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  return /semi[-_]space/.test(flags);
}

/** The factor by which V8 enlarges it when many objects survive a collection. */
function growYoungBy(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
