import process from "node:process";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * How much of the heap's live part may be added to it as garbage, in percent, before the collector
 * goes through all of it. V8 decides anew after each collection, so the flag holds from the next
 * one on, in the store's threads as well.
 */
const mostPercent = 25;

/**
 * The room for new objects, both halves of V8's young generation. By itself it grows to 32 MB (64
 * in Node 24) as soon as a server loads its code, and hardly ever gives any of it back.
 */
const youngBytes = 16 * 1_048_576;

/**
 * Bounds how far this process's heap grows beyond what lives on it. By itself V8 lets a heap of
 * some ten megabytes grow to four times that, and gives little of it back. Belongs before the code
 * of a server is loaded.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${mostPercent}`);
  holdYoungGeneration();
  process.on("worker", (thread) => thread.once("online", fixYoungGeneration));
}

/**
 * V8 reads the largest size of its young generation only when Node starts, too early for us. So it
 * grows here, by objects that survive, to the size that it is to have, and then is held. Where it
 * may not grow that far (`NODE_OPTIONS`), it stays smaller.
 */
function fixYoungGeneration(): void {
  const survivors: object[] = [];
  for (let round = 0; round < 100 && youngSpaceBytes() < youngBytes; round++)
    for (let i = 0; i < 2_000; i++) survivors.push({ round, i });
  holdYoungGeneration();
}

/** By a factor of 1, until a thread starts: V8 then goes back to 2. */
function holdYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
