import { bufferTimelines } from "./buffer.js";
import { connectionTimelines } from "./connection.js";
import { lifeTimelines } from "./life.js";
import { processTimelines } from "./process.js";
import type { WireCase } from "./timeline.js";

const all: readonly WireCase[] = [
  ...connectionTimelines,
  ...bufferTimelines,
  ...lifeTimelines,
  ...processTimelines,
];

/** A file for each rule of chapter 8. */
export const wireTimelines: Record<`conduct/wire/${string}`, WireCase[]> = Object.fromEntries(
  Array.from({ length: 19 }, (_, i) => `C-${i + 1}`).map((rule) => [
    `conduct/wire/${rule.toLowerCase()}`,
    all.filter(({ spec }) => spec.includes(rule)),
  ]),
);
