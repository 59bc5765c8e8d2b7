import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DecodeResult } from "../src/index.js";
import {
  allowedReports,
  type Chunking,
  canonical,
  chunkings,
  cutBy,
  type DecodeFixture,
  type Report,
} from "./fixture.js";

/** What a decoder under test has to offer. */
export interface Decoder {
  push(chunk: Uint8Array, on: (report: Report) => void): void;
  end(on: (report: Report) => void): void;
}

/** What our decoder says, in the words of the fixtures. */
export function reportOf(result: DecodeResult): Report {
  if (result.ok) return { message: result.message };
  return { rejected: result.reason, ...(result.field === undefined ? {} : { field: result.field }) };
}

/**
 * A hundred megabytes against sixty-four kilobytes: this leaves room for all that a run of tests
 * does beside.
 */
const maxGrownBytes = 16 * 1_048_576;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * Why the decoder does not pass the case: the first chunking that gives something else, or, where
 * the case names [F-10], more memory than a line may take; where it is large, more time than it
 * has. Undefined where it passes. A large case is run as given only.
 */
export function failureOf(
  fixture: DecodeFixture,
  createDecoder: () => Decoder,
  ways: readonly Chunking[] = chunkings,
): string | undefined {
  const allowed = allowedReports(fixture);
  for (const way of ways) {
    if (fixture.large && way !== "as given") continue;
    const memory = fixture.spec.includes("F-10") ? new Memory() : undefined;
    const beganMs = performance.now();
    const reports: Report[] = [];
    const on = (report: Report) => reports.push(report);
    try {
      const decoder = createDecoder();
      for (const chunk of cutBy(way, fixture)) {
        if (chunk.includes(0x0a)) memory?.measure();
        decoder.push(chunk, on);
      }
      memory?.measure();
      decoder.end(on);
    } catch (error) {
      return `${fixture.id}, ${way}: ${error}`;
    }
    const got = canonical(reports);
    if (!allowed.has(got)) return `${fixture.id}, ${way}: got ${got.slice(0, 300)}`;
    const tookMs = performance.now() - beganMs;
    if (fixture.within_ms !== undefined && tookMs > fixture.within_ms)
      return `${fixture.id}, ${way}: took ${Math.round(tookMs)} ms`;
    if (memory !== undefined && memory.grown > maxGrownBytes)
      return `${fixture.id}, ${way}: holds ${memory.grown} bytes`;
  }
  return undefined;
}

/** How much more is alive in this process than when it was created, at most, when measured. */
class Memory {
  readonly #before = heldBytes();
  grown = 0;

  measure(): void {
    this.grown = Math.max(this.grown, heldBytes() - this.#before);
  }
}

function heldBytes(): number {
  // Twice, since the first gives back array buffers only after it has returned.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
