import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { messages } from "../schema/message.js";
import * as protocol from "../src/index.js";
import { type DecodeResult, decodeLine, encode, LineDecoder, type Message } from "../src/index.js";
import { fieldNames, kindsOfJunk, otherNames, polluted } from "./pollution.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const kinds = Object.entries(kindsOfJunk);
const exported = Object.keys(protocol).sort();
const names = [...fieldNames, ...otherNames];

/** Each message with its required fields alone, and with every field. */
const samples: Message[] = [
  { type: "register", channel: "a", pid: 1, features: { x: true } },
  {
    type: "register",
    channel: "ä",
    pid: 1,
    features: { x: true, ä: false },
    version: "1",
    started_at: 2,
    interval_s: 3,
    trouble: "t",
    ts: 4,
  },
  { type: "heartbeat", channel: "a", pid: 1 },
  {
    type: "heartbeat",
    channel: "a",
    pid: 1,
    rss_mb: 2,
    cpu_pct: 3,
    dropped: 4,
    started_at: 5,
    interval_s: 6,
    trouble: "t",
    ts: 7,
  },
  { type: "unregister", channel: "a", pid: 1 },
  { type: "unregister", channel: "a", pid: 1, ts: 2 },
  { type: "llm_usage", channel: "a", model: "m", feature: "f", tokens_in: 1, tokens_out: 2 },
  {
    type: "llm_usage",
    channel: "a",
    model: "m",
    feature: "f",
    tokens_in: 1,
    tokens_out: 2,
    latency_ms: 3,
    provider: "p",
    tokens_cached: 1,
    tokens_cache_write: 1,
    cost_usd: 4,
    error: "timeout",
    ts: 5,
  },
  { type: "custom_metric", channel: "a", metric_name: "n", value: 1 },
  { type: "custom_metric", channel: "a", metric_name: "n", value: 1, ts: 2 },
];

/** The own properties as text: what a polluted prototype cannot change. */
function ownTextOf(result: DecodeResult): string {
  if (!result.ok) return `${result.reason} ${Object.hasOwn(result, "field") ? result.field : ""}`;
  const entries = Object.entries(result.message).map(([name, value]) => [name, Object.entries(value), value]);
  return entries.map(([name, inner, value]) => `${name}=${inner}/${value}`).join(";");
}

/** What the line gives in one piece, byte by byte, and by itself. */
function decodeInEachWay(line: string): string[] {
  const bytes = utf8(line);
  const results: string[] = [];
  const on = (result: DecodeResult) => void results.push(ownTextOf(result));
  const whole = new LineDecoder();
  whole.push(bytes, on);
  const bytewise = new LineDecoder();
  for (const byte of bytes) bytewise.push(Uint8Array.of(byte), on);
  on(decodeLine(bytes));
  return results;
}

test("the names below are all that the messages have [client/F28]", () => {
  const fields = Object.values(messages).flatMap(({ properties }) => Object.keys(properties));
  expect([...new Set(fields)].sort()).toEqual([...fieldNames].sort());
});

describe.each(kinds)("with %s in Object.prototype", (_, descriptor) => {
  test("a decoded message has what its line has, and nothing else [client/F28]", () => {
    for (const sample of samples) {
      const line = encode(sample);
      const expected = decodeInEachWay(line);
      for (const name of names) {
        const got = polluted(name, descriptor(), () => decodeInEachWay(line));
        expect(got, `${name} in ${line}`).toEqual(expected);
      }
    }
  });

  test("a decoded message is a plain object that can be changed [client/F28]", () => {
    for (const name of fieldNames) {
      const result = polluted(name, descriptor(), () => decodeLine(utf8(encode(samples[1] as Message))));
      expect(result).toStrictEqual({ ok: true, message: samples[1] });
      if (result.ok) expect(Object.getPrototypeOf(result.message)).toBe(Object.prototype);
    }
  });

  test("a line that lacks a required field is rejected [client/F28]", () => {
    for (const sample of samples) {
      for (const name of Object.keys(sample)) {
        const { [name as "type"]: _taken, ...rest } = sample;
        const line = `${JSON.stringify(rest)}\n`;
        const expected = decodeInEachWay(line);
        expect(polluted(name, descriptor(), () => decodeInEachWay(line))).toEqual(expected);
      }
    }
  });

  test("an encoded line has what the message has, and nothing else [client/F28]", () => {
    for (const sample of samples) {
      const expected = encode(sample);
      for (const name of names) {
        expect(polluted(name, descriptor(), () => encode(sample))).toBe(expected);
      }
    }
  });

  test("a message that lacks a required field is refused, and the field is named [client/F28]", () => {
    for (const sample of samples) {
      for (const name of Object.keys(sample).filter((name) => name !== "ts")) {
        const { [name as "type"]: _taken, ...rest } = sample;
        const outcome = () => {
          try {
            return encode(rest as Message);
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(polluted(name, descriptor(), outcome)).toBe(outcome());
      }
    }
  });

  test("an option that is not given has its default, and a preview is shown [client/F28]", () => {
    for (const name of otherNames) {
      const preview = polluted(name, descriptor(), () => {
        const decoder = new LineDecoder({});
        let shown = "";
        const on = () => {
          shown = decoder.preview;
        };
        decoder.push(Uint8Array.of(...utf8('{"x":"'), 0xff, ...utf8('"}\n')), on);
        return shown;
      });
      expect(preview, name).toBe('{"x":"\ufffd"}');
    }
  });
});

test("fields of a message's prototype are not its own [client/F28]", () => {
  class Beat {
    type = "heartbeat";
    channel = "a";
    pid = 1;
    get rss_mb() {
      return 5;
    }
  }
  expect(encode(new Beat() as Message)).toBe('{"type":"heartbeat","channel":"a","pid":1}\n');
  const inherited = Object.create({ type: "heartbeat", channel: "a", pid: 1 }) as Message;
  expect(() => encode(inherited)).toThrow("type: expected a message of protocol 1, got undefined");
  const options = Object.create({ maxLineBytes: 5 }) as object;
  const results: DecodeResult[] = [];
  new LineDecoder(options).push(utf8(encode(samples[0] as Message)), (result) => void results.push(result));
  expect(results).toStrictEqual([{ ok: true, message: samples[0] }]);
});

test("a message without a prototype is a message, in both directions [client/F28]", () => {
  for (const sample of samples) {
    const bare = Object.assign(Object.create(null), sample) as Message;
    if (bare.type === "register") bare.features = Object.assign(Object.create(null), bare.features);
    expect(encode(bare)).toBe(encode(sample));
    for (const name of fieldNames) {
      expect(polluted(name, { value: "junk" }, () => encode(bare))).toBe(encode(sample));
    }
  }
});

test.each(kinds)("the CommonJS build loads with %s in Object.prototype [client/F28]", (_, descriptor) => {
  const require = createRequire(import.meta.url);
  const path = require.resolve("../dist/index.cjs");
  for (const name of names) {
    delete require.cache[path];
    const loaded = polluted(name, descriptor(), () => require(path) as typeof import("../src/index.js"));
    expect(Object.keys(loaded).sort(), name).toEqual(exported);
    expect(loaded.encode(samples[2] as Message)).toBe(encode(samples[2] as Message));
  }
});
