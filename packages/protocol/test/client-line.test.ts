import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endOfClientLine, messageOfClientLine } from "../src/client-line.js";
import { type DecodeResult, decodeLine, LineDecoder } from "../src/index.js";
import { mutatedObject, wireObject } from "./arbitrary.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
/** As `json.dumps` writes it. */
const spaced = (object: object) =>
  JSON.stringify(object, null, 1).replaceAll(/\n */g, " ").replaceAll("{ ", "{").replaceAll(" }", "}");

/** Reads the line, which stands behind other bytes and before others. */
function read(line: Uint8Array) {
  const bytes = Uint8Array.from([0x7d, ...line, 0x0a, ...utf8('"}\n')]);
  const message = messageOfClientLine(bytes, 1);
  if (message !== undefined) expect(endOfClientLine()).toBe(line.length + 2);
  return message;
}

/** True if it was recognised: then it must be what JSON.parse and the readers make of it. */
function isReadRight(line: Uint8Array): boolean {
  const message = read(line);
  if (message === undefined) return false;
  expect({ ok: true, message }).toStrictEqual(decodeLine(line));
  // The order of the fields, too.
  expect(JSON.stringify({ ok: true, message })).toBe(JSON.stringify(decodeLine(line)));
  return true;
}

const plain = fc.oneof(
  fc.stringMatching(/^[ !#-[\]-~]{1,20}$/).filter((text) => !/^\.\.?$/.test(text)),
  fc.constantFrom("x".repeat(128), "/", "__proto__", "..."),
);
const count = fc.oneof(fc.nat(), fc.nat({ max: 999_999_999_999_999 }), fc.constantFrom(0, 1));
const amount = fc.oneof(
  fc.double({ min: 0, max: 1e14, noNaN: true }),
  // The price of a short call.
  fc.double({ min: 1e-9, max: 1e-4, noNaN: true }),
  fc.nat({ max: 10 ** 9 }).map((n) => n / 1_000),
  count,
);
/** As Python writes what JavaScript writes as 1.2e-7, and 0.000012. */
const twoDigits = (text: string) =>
  text.replaceAll(/e-(\d)(?=\D)/g, "e-0$1").replaceAll(/:0\.0000([1-9])(\d+)/g, ":$1.$2e-05");
const plainMessage = fc.oneof(
  fc
    .record(
      {
        channel: plain,
        pid: fc.integer({ min: 1, max: 4_294_967_295 }),
        rss_mb: amount,
        cpu_pct: amount,
        dropped: count,
        started_at: amount,
        interval_s: amount.filter((value) => value > 0),
        trouble: plain,
        ts: amount,
      },
      { requiredKeys: ["channel", "pid"] },
    )
    .map((fields) => ({ type: "heartbeat", ...fields })),
  fc
    .record(
      {
        channel: plain,
        model: plain,
        feature: plain,
        tokens_in: count,
        tokens_out: count,
        latency_ms: amount,
        provider: plain,
        tokens_cached: count,
        tokens_cache_write: count,
        cost_usd: amount,
        error: fc.stringMatching(/^[a-z0-9_]{1,64}$/),
        ts: amount,
      },
      { requiredKeys: ["channel", "model", "feature", "tokens_in", "tokens_out"] },
    )
    .map((fields) => ({ type: "llm_usage", ...fields })),
  fc
    .record(
      { channel: plain, metric_name: plain, value: amount, ts: amount },
      { requiredKeys: ["channel", "metric_name", "value"] },
    )
    .map((fields) => ({ type: "custom_metric", ...fields })),
);

describe("a line that is recognised by its bytes", () => {
  test("is one that our client or json.dumps wrote", () => {
    fc.assert(
      fc.property(plainMessage, (message) => {
        const text = JSON.stringify(message);
        for (const written of [text, twoDigits(text), spaced(message), `${text}\r`])
          expect(isReadRight(utf8(written)), written).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test("gives what JSON.parse gives, whatever was changed in it", () => {
    const puts = [
      '"',
      "",
      "\\",
      "\\u0041",
      "0",
      "00",
      "-",
      "-0",
      "e5",
      "e-5",
      "E+5",
      ".",
      ".0",
      "{",
      "}",
      ",",
      ", ",
      ": ",
      " ",
      "\t",
      "\r",
      "\r\n",
      "null",
      "true",
      "1e400",
      "\u0000",
      "\u007f",
      "\u00e4",
      "\ufffd",
      "\ud800",
      "\u{1F916}",
      "9007199254740993",
      ',"pid":2',
      ',"ts":1',
      ',"channel":"b"',
      '"type":"register",',
      ',"x":1',
      ',"__proto__":{}',
      '.","',
    ];
    const put = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...puts) },
      { weight: 1, arbitrary: fc.stringMatching(/^[0-9.]{1,20}$/) },
    );
    const change = fc.record({ at: fc.nat(), cut: fc.nat({ max: 4 }), put });
    const line = fc.oneof(plainMessage, wireObject, mutatedObject).chain((object) =>
      fc
        .tuple(
          fc.constantFrom(JSON.stringify(object), spaced(object)),
          fc.array(change, { maxLength: 2 }),
          fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { freq: 2 }),
        )
        .map(([text, changes, spoiled]) => {
          const changed = changes.reduce((text, { at, cut, put }) => {
            const place = at % (text.length + 1);
            return text.slice(0, place) + put + text.slice(place + cut);
          }, text);
          const bytes = utf8(changed);
          // A byte of any kind, which may leave the line no UTF-8.
          if (spoiled !== null && bytes.length > 0) bytes[spoiled[0] % bytes.length] = spoiled[1];
          return bytes;
        }),
    );
    let recognised = 0;
    fc.assert(
      fc.property(line, (bytes) => {
        if (!bytes.includes(0x0a) && isReadRight(bytes)) recognised++;
      }),
      { numRuns: 20_000 },
    );
    expect(recognised).toBeGreaterThan(1_000);
  });

  test("has the numbers that JSON.parse makes of their digits", () => {
    const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
    const literal = fc.oneof(
      digits(18),
      fc.tuple(digits(17), digits(28)).map((parts) => parts.join(".")),
      fc.constantFrom(
        "9007199254740992.5",
        "900719925474099.25",
        "0.00000000000000000000000000001",
        "1.",
        ".5",
      ),
      fc.constantFrom(
        "-0",
        "-1",
        "1e5",
        "1.5E-3",
        "1.2e-05",
        "3e-7",
        "0e-1",
        "12.5e-320",
        "1e-400",
        "1e-0001",
        "1e-",
        "1.e-5",
        "1e-5.0",
        `0.${"0".repeat(39)}1`,
        `0.${"0".repeat(40)}1`,
        "01",
        "00.5",
        "0",
        "0.0",
        "999999999999999",
        "9007199254740993",
      ),
    );
    let recognised = 0;
    fc.assert(
      fc.property(literal, literal, literal, (first, second, third) => {
        for (const text of [
          `{"type":"custom_metric","channel":"a","metric_name":"m","value":${first},"ts":${second}}`,
          `{"type":"heartbeat","channel":"a","pid":${first},"dropped":${second},"interval_s":${third}}`,
          `{"type":"llm_usage","channel":"a","model":"m","feature":"f","tokens_in":${first},"tokens_out":${second},"cost_usd":${third}}`,
        ])
          if (isReadRight(utf8(text))) recognised++;
      }),
      { numRuns: 5_000 },
    );
    expect(recognised).toBeGreaterThan(1_000);
  });

  test("has its own name, also after many others", () => {
    const channels = Array.from({ length: 20_000 }, (_, i) => `${"bot".repeat(i % 40)}_${i % 10_007}`);
    for (const channel of channels)
      expect(read(utf8(`{"type":"heartbeat","channel":"${channel}","pid":1}`))).toEqual({
        type: "heartbeat",
        channel,
        pid: 1,
      });
  });

  test("has no field out of its range", () => {
    const usage = '{"type":"llm_usage","channel":"a","model":"m","feature":"f","tokens_in":1,"tokens_out":2';
    for (const text of [
      '{"type":"heartbeat","channel":".","pid":1}',
      '{"type":"heartbeat","channel":"..","pid":1}',
      '{"type":"heartbeat","channel":"","pid":1}',
      `{"type":"heartbeat","channel":"${"x".repeat(129)}","pid":1}`,
      '{"type":"heartbeat","channel":"a","pid":0}',
      '{"type":"heartbeat","channel":"a","pid":4294967296}',
      '{"type":"heartbeat","channel":"a","pid":1,"interval_s":0}',
      '{"type":"heartbeat","channel":"a","pid":1,"ts":1,"ts":2}',
      '{"type":"heartbeat","channel":"a","pid":1,"ts":1,"rss_mb":2}',
      `${usage},"error":"Timeout"}`,
      `${usage},"error":"${"x".repeat(65)}"}`,
      `${usage},"provider":"${"x".repeat(257)}"}`,
      `${usage},"latency_ms":null}`,
      `${usage}} `,
      `${usage}`,
      "",
    ])
      expect(read(utf8(text)), text).toBeUndefined();
  });
});

test("lines that are recognised and others come in their order, however they are cut [F-9]", () => {
  const line = fc.oneof(
    { weight: 4, arbitrary: plainMessage.map((message) => `${JSON.stringify(message)}\n`) },
    { weight: 1, arbitrary: plainMessage.map((message) => `${spaced(message)}\r\n`) },
    { weight: 1, arbitrary: wireObject.map((message) => `${JSON.stringify(message)}\n`) },
    { weight: 1, arbitrary: fc.constantFrom("\n", "{\n", "\u00e4\n", "x".repeat(200), " \r\n") },
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.constantFrom(60, 200, 65_536),
      (lines, places, maxLineBytes) => {
        const bytes = utf8(lines.join(""));
        const byLine = lines.map((_, i) => utf8(lines.slice(0, i + 1).join("")).length);
        const told = (cuts: readonly number[]) => {
          const results: DecodeResult[] = [];
          const on = (result: DecodeResult) => void results.push(result);
          const decoder = new LineDecoder({ maxLineBytes });
          let from = 0;
          for (const to of [...cuts, bytes.length]) {
            // The caller uses the memory of its chunk again.
            const chunk = bytes.slice(from, to);
            decoder.push(chunk, on);
            chunk.fill(0x21);
            from = to;
          }
          decoder.end(on);
          return results;
        };
        const bytewise = told(Array.from(bytes, (_, i) => i));
        expect(told(byLine)).toStrictEqual(bytewise);
        expect(told([])).toStrictEqual(bytewise);
        expect(told(places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b))).toStrictEqual(
          bytewise,
        );
      },
    ),
    { numRuns: 500 },
  );
});
