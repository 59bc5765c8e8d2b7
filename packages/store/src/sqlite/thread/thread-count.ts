import type { Worker } from "node:worker_threads";

let running = 0;

/** Counts a thread from its start to its end. */
export function countThread(worker: Worker): void {
  running += 1;
  worker.once("exit", () => {
    running -= 1;
  });
}

/**
 * How many threads of this process's stores have not ended: writers and readers, those of stores
 * included that are being opened or were closed. `process.exit` waits for every one of them, and
 * one that hangs in a call of the system (a stalled disk) never ends. After `close()` the number
 * tells whether such a thread was left behind.
 */
export function runningThreads(): number {
  return running;
}
