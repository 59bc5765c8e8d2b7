import type { Driver } from "../driver.js";
import {
  allowedReports,
  type Chunking,
  canonical,
  chunkings,
  cutBy,
  type DecodeFixture,
  type Report,
  untagged,
} from "../fixture.js";
import { ProcessMeter } from "../process-meter.js";
import type { Outcome } from "../result.js";

/** What one case came to. */
export interface CaseVerdict {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly measured?: Readonly<Record<string, number>>;
}

/** How much the memory of a decoder may grow over a line of a hundred megabytes [F-10]. */
const mostGrownBytes = 64 * 1_048_576;
/** The runner gives that line and gets it back in any way. */
const largeTimeoutMs = 30_000;

/** What the way of the stream to the driver may take beside its decoding. */
const wayMs = 2_000;

/** Gives the stream of the case to the port's decoder: with its chunks, whole, and byte by byte. */
export async function runDecodeCase(
  fixture: DecodeFixture,
  driver: Driver,
  timeoutMs: number,
): Promise<CaseVerdict> {
  const allowed = allowedReports(fixture);
  for (const way of waysOf(fixture)) {
    const meter = fixture.large ? new ProcessMeter(driver.clientPid) : undefined;
    meter?.resetPeak();
    const beforeBytes = meter?.rssBytes();
    const answer = await driver.ask(
      "decode",
      { chunks: chunksOf(fixture, way), end: true },
      fixture.large ? Math.max(timeoutMs, largeTimeoutMs) : timeoutMs,
    );
    if (answer["unsupported"] === true) return { outcome: "skipped", detail: "the driver cannot decode" };
    const { within_ms } = fixture;
    if (within_ms !== undefined && answer.roundMs > within_ms + wayMs)
      return {
        outcome: "fail",
        detail: `${way}: took ${Math.round(answer.roundMs)} ms, more than ${within_ms}`,
      };
    const got = canonical((answer["events"] as Report[]).map(plain));
    if (!allowed.has(got)) return { outcome: "fail", detail: `${way}: got ${got.slice(0, 300)}` };
    const peakBytes = meter?.peakBytes();
    if (peakBytes === undefined || beforeBytes === undefined) continue;
    const grownBytes = peakBytes - beforeBytes;
    if (grownBytes > mostGrownBytes)
      return {
        outcome: "fail",
        detail: `the process grew by ${Math.round(grownBytes / 1_048_576)} MiB over a line that is too long`,
        measured: { grown_bytes: grownBytes },
      };
  }
  return { outcome: "pass", detail: "" };
}

/** A stream that is given in one chunk is whole as it is. */
function waysOf({ large, chunks }: DecodeFixture): readonly Chunking[] {
  if (large) return ["as given"];
  return chunks.length === 1 ? ["as given", "byte by byte"] : chunkings;
}

const plain = (report: Report): Report =>
  "message" in report ? { message: untagged(report.message as never) } : report;

type SentChunk = string | { chunk: string; times: number };

/** The chunks as they go to a driver; equal ones in a row go once, with their number. */
function chunksOf(fixture: DecodeFixture, way: Chunking): SentChunk[] {
  const sent: { chunk: string; times: number; bytes: Uint8Array }[] = [];
  for (const bytes of cutBy(way, fixture)) {
    const last = sent.at(-1);
    if (last !== undefined && (last.bytes === bytes || isSameByte(last.bytes, bytes))) last.times++;
    else sent.push({ chunk: Buffer.from(bytes).toString("base64"), times: 1, bytes });
  }
  return sent.map(({ chunk, times }) => (times === 1 ? chunk : { chunk, times }));
}

const isSameByte = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === 1 && other.length === 1 && one[0] === other[0];
