// Preloaded with --import: the wall clock of every thread of the process is off by as many
// milliseconds as a file says.
import { readFileSync } from "node:fs";

const path = process.env.E2E_CLOCK_FILE;
const now = Date.now.bind(Date);
const monotonic = performance.now.bind(performance);
const RealDate = Date;
let stepMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function step() {
  if (monotonic() - readAtMs > 20) {
    readAtMs = monotonic();
    try {
      stepMs = Number(readFileSync(path, "utf8")) || 0;
    } catch {
      // It is being written: the step of before holds on.
    }
  }
  return stepMs;
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now() + step());
    else super(...args);
  }
  static now() {
    return now() + step();
  }
};
