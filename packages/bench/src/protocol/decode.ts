// One measurement of decoding, in a process of its own:
// `decode <workload> <bytes a chunk, or line>`.
import { LineDecoder } from "@kissbot/protocol";
import { measurePair } from "../pair.js";
import { bytesOf, createWorkload, type WorkloadName } from "./workload.js";

const workload = process.argv[2] as WorkloadName;
const isByLine = process.argv[3] === "line";
const size = isByLine ? 0 : Number(process.argv[3]);
const messages = createWorkload(workload, size === 1 ? 10_000 : 60_000);
const bytes = bytesOf(messages);
const lines = isByLine ? messages.map((message) => bytesOf([message])) : [];

/**
 * What a program does that checks nothing: finds the newline, makes a string of each line, parses
 * it.
 */
class PlainDecoder {
  #held: Buffer | undefined;

  push(chunk: Buffer, on: (value: unknown) => void): void {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    let from = 0;
    for (let to = bytes.indexOf(0x0a); to >= 0; to = bytes.indexOf(0x0a, from)) {
      on(JSON.parse(bytes.toString("utf8", from, to)));
      from = to + 1;
    }
    this.#held = from < bytes.length ? bytes.subarray(from) : undefined;
  }
}

/** The same for chunks of a byte: appends, looks for the newline, makes a string, parses. */
class PlainBytewiseDecoder {
  readonly #line = Buffer.alloc(65_536);
  #length = 0;

  push(chunk: Buffer, on: (value: unknown) => void): void {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte === 0x0a) {
        on(JSON.parse(this.#line.toString("utf8", 0, this.#length)));
        this.#length = 0;
      } else {
        this.#line[this.#length++] = byte;
      }
    }
  }
}

function run(decoder: { push(chunk: Buffer, on: (value: unknown) => void): void }): number {
  let decoded = 0;
  const on = () => {
    decoded++;
  };
  if (isByLine) {
    for (const line of lines) decoder.push(line, on);
  } else if (size === 1) {
    const chunk = Buffer.alloc(1);
    for (let i = 0; i < bytes.length; i++) {
      chunk[0] = bytes[i] as number;
      decoder.push(chunk, on);
    }
  } else {
    for (let from = 0; from < bytes.length; from += size) decoder.push(bytes.subarray(from, from + size), on);
  }
  if (decoded !== messages.length) throw new Error(`decoded ${decoded} of ${messages.length}`);
  return decoded;
}

process.send?.(
  measurePair(
    () => run(new LineDecoder()),
    () => run(size === 1 ? new PlainBytewiseDecoder() : new PlainDecoder()),
  ),
);
