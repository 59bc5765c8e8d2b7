import { setFlagsFromString } from "node:v8";

/**
 * How much of the heap's live part may be added to it as garbage, in percent, before the collector
 * goes through all of it. V8 decides anew after each collection, so the flag holds from the next
 * one on, in the store's threads as well.
 */
const mostPercent = 25;

/**
 * Bounds how far this process's heap grows beyond what lives on it. By itself V8 lets a heap of
 * some ten megabytes grow to four times that, and gives little of it back.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${mostPercent}`);
}
