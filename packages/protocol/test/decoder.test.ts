import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DecodeResult, decodeLine, encode, LineDecoder } from "../src/index.js";
import { wireObject } from "./arbitrary.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const lf = 0x0a;
const cr = 0x0d;

function decodeAll(chunks: readonly Uint8Array[], maxLineBytes?: number): DecodeResult[] {
  const decoder = new LineDecoder(maxLineBytes === undefined ? {} : { maxLineBytes });
  const results: DecodeResult[] = [];
  const on = (result: DecodeResult) => void results.push(result);
  for (const chunk of chunks) decoder.push(chunk, on);
  decoder.end(on);
  return results;
}

/** The specification read slowly: the whole stream at once, each line by itself. */
function decodeSlowly(stream: Uint8Array, maxLineBytes: number): DecodeResult[] {
  const results: DecodeResult[] = [];
  let from = 0;
  while (from < stream.length) {
    const newline = stream.indexOf(lf, from);
    const atEnd = newline < 0;
    let line = stream.slice(from, atEnd ? stream.length : newline);
    from = atEnd ? stream.length : newline + 1;
    if (line.at(-1) === cr) line = line.slice(0, -1);
    const blank = line.every((byte) => byte === 0x20 || byte === 0x09 || byte === cr);
    if (line.length > maxLineBytes) results.push({ ok: false, reason: "line_too_long" });
    else if (!blank) results.push(atEnd ? judgeRemainder(line) : decodeLine(line));
  }
  return results;
}

function judgeRemainder(line: Uint8Array): DecodeResult {
  const result = decodeLine(line);
  const cut = !result.ok && ["invalid_utf8", "invalid_json", "not_an_object"].includes(result.reason);
  return cut ? { ok: false, reason: "truncated" } : result;
}

const piece = fc.oneof(
  { weight: 4, arbitrary: wireObject.map((object) => utf8(`${JSON.stringify(object)}\n`)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t\n",
        "{",
        "}\n",
        '{"type":"x"}\n',
        "[]\n",
        "\u2028",
        "\ufeff",
        "ä\n",
        "\u0000\n",
      )
      .map(utf8),
  },
  { weight: 1, arbitrary: fc.nat({ max: 300 }).map((size) => utf8(`${"x".repeat(size)}\n`)) },
);
const stream = fc
  .array(piece, { maxLength: 12 })
  .map((pieces) => Uint8Array.from(pieces.flatMap((one) => [...one])));

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return sorted.slice(1).map((to, i) => bytes.subarray(sorted[i], to));
}

describe("LineDecoder", () => {
  test("reports the same, however the stream is cut, as a slow reading of the specification [F-9]", () => {
    const limits = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(65_536));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 8 }), limits, (bytes, places, limit) => {
        const expected = decodeSlowly(bytes, limit);
        expect(decodeAll(cut(bytes, places), limit)).toStrictEqual(expected);
        expect(decodeAll([bytes], limit)).toStrictEqual(expected);
        expect(
          decodeAll(
            [...bytes].map((byte) => Uint8Array.of(byte)),
            limit,
          ),
        ).toStrictEqual(expected);
      }),
      { numRuns: 1_500 },
    );
  });

  test("reports the same in chunks of sizes that differ, of which some are held as text [F-9]", () => {
    const line = fc.oneof(
      { weight: 6, arbitrary: wireObject.map((object) => utf8(`${JSON.stringify(object)}\n`)) },
      { weight: 1, arbitrary: piece },
    );
    const bytesOfLines = fc
      .array(line, { minLength: 1, maxLength: 12 })
      .map((lines) => Uint8Array.from(lines.flatMap((one) => [...one])));
    const sizes = fc.array(fc.constantFrom(1, 2, 24, 25, 26, 60, 150, 700, 4_096, 5_000), { minLength: 1 });
    const limits = fc.oneof(fc.integer({ min: 20, max: 400 }), fc.constant(65_536));
    fc.assert(
      fc.property(bytesOfLines, sizes, limits, (bytes, steps, limit) => {
        const places: number[] = [];
        for (let at = 0; at < bytes.length; at += steps[places.length % steps.length] as number)
          places.push(at);
        expect(decodeAll(cut(bytes, places), limit)).toStrictEqual(decodeSlowly(bytes, limit));
      }),
      { numRuns: 1_500 },
    );
  });

  test.each([4_096, 60_000])(
    "keeps a few kB of a peer that pauses within a line, after %i bytes",
    (bytes) => {
      const line = encode({ type: "heartbeat", channel: "lounge", pid: 1, interval_s: 30 });
      const chunk = utf8(`${line.repeat(Math.floor((bytes - 60) / line.length))}${line.slice(0, 60)}`);
      const decoders = Array.from({ length: 500 }, () => new LineDecoder());
      const on = () => {};
      collectGarbage();
      const before = process.memoryUsage();
      for (const decoder of decoders) decoder.push(chunk, on);
      collectGarbage();
      const after = process.memoryUsage();
      expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(5_000_000);
      const rejected: DecodeResult[] = [];
      for (const decoder of decoders) decoder.end((result) => void rejected.push(result));
      expect(rejected).toStrictEqual(decoders.map(() => ({ ok: false, reason: "truncated" })));
    },
  );

  test("reports the same in chunks of megabytes, with lines at and around the limit", () => {
    const filler = fc.constantFrom("x", "\u00e9", "\u20ac", "\u{1F916}", "\xff");
    const size = fc.oneof(
      fc.constantFrom(65_534, 65_535, 65_536, 65_537, 131_072, 200_000),
      fc.nat({ max: 3_000 }),
    );
    const end = fc.constantFrom("\n", "\r\n", "\r\r\n");
    const line = fc.tuple(filler, size, end).map(([text, bytes, newline]) => {
      const start = '{"type":"custom_metric","channel":"a","metric_name":"m","value":1,"x":"';
      // One filler stands for bytes that are not UTF-8: its line is written as Latin-1.
      const encoded = text === "\xff" ? Uint8Array.of(0xff) : utf8(text);
      const room = Math.max(0, bytes - start.length - 2);
      const whole = Array.from({ length: Math.floor(room / encoded.length) }, () => [...encoded]).flat();
      const padding = Array.from({ length: room % encoded.length }, () => 0x70);
      return [...utf8(start), ...padding, ...whole, ...utf8(`"}${newline}`)];
    });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (lines, places) => {
          const bytes = Uint8Array.from(lines.flat());
          const expected = decodeSlowly(bytes, 65_536);
          expect(decodeAll([bytes])).toStrictEqual(expected);
          expect(decodeAll(cut(bytes, places))).toStrictEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("delivers the next good line after every kind of bad one [F-3]", () => {
    const good = utf8('{"type":"heartbeat","channel":"a","pid":1}\n');
    const bad: [string, Uint8Array][] = [
      ["line_too_long", utf8(`${"x".repeat(70_000)}\n`)],
      ["invalid_utf8", Uint8Array.of(0x22, 0xff, 0x22, lf)],
      ["invalid_json", utf8("{,}\n")],
      ["not_an_object", utf8("[]\n")],
      ["too_deep", utf8(`{"a":${"[".repeat(64)}${"]".repeat(64)}}\n`)],
      ["missing_type", utf8("{}\n")],
      ["unknown_type", utf8('{"type":"x"}\n')],
      ["invalid_field", utf8('{"type":"heartbeat","channel":"a","pid":0}\n')],
    ];
    for (const [reason, line] of bad) {
      const results = decodeAll([good, line, good]);
      expect(results.map((result) => (result.ok ? "ok" : result.reason))).toEqual(["ok", reason, "ok"]);
    }
  });

  test("holds no more than about a line's limit on a line of 100 MB [F-10]", () => {
    const decoder = new LineDecoder();
    const results: DecodeResult[] = [];
    const on = (result: DecodeResult) => void results.push(result);
    const chunk = new Uint8Array(65_521).fill(0x78);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let sent = 0; sent < 100_000_000; sent += chunk.length) {
      decoder.push(chunk, on);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    decoder.push(utf8('\n{"type":"heartbeat","channel":"a","pid":1}\n'), on);
    expect(results).toEqual([
      { ok: false, reason: "line_too_long" },
      { ok: true, message: { type: "heartbeat", channel: "a", pid: 1 } },
    ]);
    expect(most).toBeLessThan(2_000_000);
  });

  test("keeps nothing of a window alive for the sake of a preview", () => {
    const decoder = new LineDecoder();
    const line = utf8(`{"type":"nope","x":"${"y".repeat(60_000)}"}\n`);
    const previews: string[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 500; i++) decoder.push(line, () => void previews.push(decoder.preview));
    collectGarbage();
    expect(previews).toHaveLength(500);
    expect(previews[499]).toHaveLength(200);
    // 30 MB if each kept its line.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });

  test("keeps nothing of a chunk that its caller uses again", () => {
    const line = utf8(encode({ type: "heartbeat", channel: "lounge", pid: 1, interval_s: 30 }));
    const decoder = new LineDecoder();
    const results: DecodeResult[] = [];
    const on = (result: DecodeResult) => void results.push(result);
    const shared = new Uint8Array(30);
    for (let from = 0; from < line.length; from += shared.length) {
      const part = line.subarray(from, from + shared.length);
      shared.set(part);
      decoder.push(shared.subarray(0, part.length), on);
      shared.fill(0x21);
    }
    expect(results).toStrictEqual([
      { ok: true, message: { type: "heartbeat", channel: "lounge", pid: 1, interval_s: 30 } },
    ]);
  });

  test("can be used for another stream after its end", () => {
    const decoder = new LineDecoder();
    const reasons: string[] = [];
    const on = (result: DecodeResult) => void reasons.push(result.ok ? "ok" : result.reason);
    decoder.push(utf8('{"type":'), on);
    decoder.end(on);
    decoder.push(utf8("x".repeat(70_000)), on);
    decoder.end(on);
    decoder.push(utf8('{"type":"heartbeat","channel":"a","pid":1}\n'), on);
    decoder.end(on);
    expect(reasons).toEqual(["truncated", "line_too_long", "ok"]);
  });

  test.each([
    ["in one chunk", 100_000],
    ["in small chunks", 7],
  ])("shows how a rejected line begins, %s", (_, size) => {
    const decoder = new LineDecoder();
    const previews: string[] = [];
    const bytes = Uint8Array.from([
      ...utf8('{"type":"heartbeat","channel":"lounge","pid":0}\n'),
      ...utf8('{"type":"heartbeat","channel":"lounge","pid":1}\n'),
      ...utf8(`${"y".repeat(70_000)}\n`),
      0x61,
      0xff,
      0x62,
      lf,
      ...utf8("cut off"),
    ]);
    const on = () => void previews.push(decoder.preview);
    for (let from = 0; from < bytes.length; from += size) decoder.push(bytes.subarray(from, from + size), on);
    decoder.end(on);
    expect(previews).toEqual([
      '{"type":"heartbeat","channel":"lounge","pid":0}',
      "",
      "y".repeat(200),
      "a\ufffdb",
      "cut off",
    ]);
    expect(decoder.preview).toBe("");
  });

  test.each([1, 1_000, 200_000])("takes another limit, in chunks of %s bytes", (size) => {
    const line = (bytes: number) =>
      utf8(`{"type":"heartbeat","channel":"a","pid":1,"x":"${"y".repeat(bytes - 49)}"}\n`);
    const stream = Uint8Array.from([...line(100_000), ...line(100_001), ...line(60)]);
    expect(line(100_000)).toHaveLength(100_001);
    const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
      stream.subarray(i * size, (i + 1) * size),
    );
    const results = decodeAll(chunks, 100_000).map((result) => (result.ok ? "ok" : result.reason));
    expect(results).toEqual(["ok", "line_too_long", "ok"]);
  });

  test.each([0, -1, 1.5, 2 ** 28 + 1, Number.NaN, "100"])("refuses a limit of %s", (maxLineBytes) => {
    expect(() => new LineDecoder({ maxLineBytes: maxLineBytes as number })).toThrow(RangeError);
  });
});

describe("decodeLine", () => {
  test("takes a line with and without its terminator", () => {
    const heartbeat = '{"type":"heartbeat","channel":"a","pid":1}';
    for (const end of ["", "\n", "\r\n"]) expect(decodeLine(utf8(heartbeat + end)).ok).toBe(true);
  });

  test.each(["", "\n", " ", "\r\n"])("calls a blank line %j invalid_json", (line) => {
    expect(decodeLine(utf8(line))).toEqual({ ok: false, reason: "invalid_json" });
  });

  test("calls bytes with a newline in their midst invalid_json", () => {
    expect(decodeLine(utf8('{"type":"heartbeat",\n"channel":"a","pid":1}'))).toEqual({
      ok: false,
      reason: "invalid_json",
    });
  });

  test("never throws, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof decodeLine(bytes).ok === "boolean"),
      {
        numRuns: 2_000,
      },
    );
  });
});
