import type { DecodeResult } from "../src/index.js";
import { allowedReports, canonical, chunkings, type DecodeFixture, type Report } from "./fixture.js";

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

/** Why the decoder does not pass the case: the first chunking that gives something else. Undefined where it passes. */
export function failureOf(fixture: DecodeFixture, createDecoder: () => Decoder): string | undefined {
  const allowed = new Set(allowedReports(fixture).map(canonical));
  for (const [name, chunks] of chunkings(fixture)) {
    const reports: Report[] = [];
    const on = (report: Report) => reports.push(report);
    try {
      const decoder = createDecoder();
      for (const chunk of chunks) decoder.push(chunk, on);
      decoder.end(on);
    } catch (error) {
      return `${fixture.id}, ${name}: ${error}`;
    }
    const text = canonical(reports);
    if (!allowed.has(text))
      return `${fixture.id}, ${name}: got ${text.slice(0, 300)}, expected ${[...allowed].join(" or ").slice(0, 300)}`;
  }
  return undefined;
}
