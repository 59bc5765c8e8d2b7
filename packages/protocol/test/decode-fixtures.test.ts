import { describe, expect, test } from "vitest";
import { decodeLine, LineDecoder } from "../src/index.js";
import { allowedReports, canonical, chunkOf, type DecodeFixture, manifest, readCases } from "./fixture.js";
import { failureOf, reportOf } from "./report.js";

const cases = readCases<DecodeFixture>("decode");
const files = manifest.files.filter(({ kind }) => kind === "decode");

function createDecoder() {
  const decoder = new LineDecoder();
  return {
    push: (chunk: Uint8Array, on: (report: ReturnType<typeof reportOf>) => void) =>
      decoder.push(chunk, (result) => on(reportOf(result))),
    end: (on: (report: ReturnType<typeof reportOf>) => void) => decoder.end((result) => on(reportOf(result))),
  };
}

describe("LineDecoder passes each case, as given, whole and byte by byte", () => {
  test.each(files)("$path", ({ path }) => {
    const prefix = path.replace("decode/", "").replace(".jsonl", "/");
    const own = cases.filter(({ id }) => id.startsWith(prefix));
    expect(own.length).toBeGreaterThan(0);
    expect(
      own.map((one) => failureOf(one, createDecoder)).filter((failure) => failure !== undefined),
    ).toEqual([]);
  });
});

test("decodeLine gives the event of each case that is one line", () => {
  const failures: string[] = [];
  let lines = 0;
  for (const one of cases) {
    if (one.large || one.events.length !== 1) continue;
    const bytes = chunkOf(one.chunks.flat());
    if (bytes.indexOf(0x0a) !== bytes.length - 1) continue;
    lines++;
    const report = canonical([reportOf(decodeLine(bytes))]);
    if (!allowedReports(one).has(report)) failures.push(`${one.id}: ${report}`);
  }
  expect(failures).toEqual([]);
  expect(lines).toBeGreaterThan(1000);
});
