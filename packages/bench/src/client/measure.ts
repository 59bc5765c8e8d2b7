// `measure.js CALLS SUBJECT SOCKET PORT MOST_CLOSE_MS`: in a process of its own, makes that many
// calls, 100 in each turn of the event loop, and prints what they cost as JSON. With CALLS of 1 000
// or less it only reports, says when it was done, and ends by itself.
import { writeSync } from "node:fs";
import { openSubject, type SubjectName } from "./subject.js";

const [callsText, name, socketPath = "", port, mostCloseMs] = process.argv.slice(2);
const calls = Number(callsText);
process.on("uncaughtException", () => {
  // Some clients throw from a timer; that they go on is counted in their favour.
});
const subject = await openSubject(name as SubjectName, { socketPath, port: Number(port) });
const nextTurn = () => new Promise(setImmediate);

if (calls <= 1_000) {
  for (let i = 0; i < calls; i++) subject.call(i);
  writeSync(1, `${Date.now()}\n`);
} else {
  // What the compiler and the caches need is the same for every client, and is not what is
  // measured.
  for (let i = 0; i < 10_000; i++) {
    subject.call(i);
    if (i % 100 === 99) await nextTurn();
  }
  const durationsUs = new Float64Array(calls);
  globalThis.gc?.();
  const before = memory();
  for (let i = 0; i < calls; i++) {
    const started = performance.now();
    subject.call(i);
    durationsUs[i] = 1_000 * (performance.now() - started);
    if (i % 100 === 99) await nextTurn();
  }
  globalThis.gc?.();
  const grownMb = (memory() - before) / 1_048_576;
  const started = performance.now();
  // A client that cannot deliver may say so when it is closed; it has closed all the same.
  const closed = subject.close().catch(() => {});
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, Number(mostCloseMs)))]);
  const closeMs = performance.now() - started;
  // Sorted only now: a process that has just been busy for long waits for its turn on a busy
  // machine, and that would count as closing.
  durationsUs.sort();
  const at = (share: number) => durationsUs[Math.min(calls - 1, Math.floor(share * calls))];
  const figures = { p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999), maxUs: at(1), grownMb, closeMs };
  writeSync(1, `${JSON.stringify(figures)}\n`);
  process.exit(0);
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
