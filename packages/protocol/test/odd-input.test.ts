import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { type DecodeResult, decodeLine, encode, LineDecoder, type Message } from "../src/index.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const beat: Message = { type: "heartbeat", channel: "a\ufffdb", pid: 1 };
const line = encode(beat);
/** Long enough for each way that a chunk is taken. */
const longText = encode({ ...beat, channel: "\u{1F916}\ufffd".repeat(60) }).repeat(700);

function decodeAll(chunk: Uint8Array): DecodeResult[] {
  const decoder = new LineDecoder();
  const results: DecodeResult[] = [];
  const on = (result: DecodeResult) => void results.push(result);
  decoder.push(chunk, on);
  decoder.end(on);
  return results;
}

function detached(bytes: Uint8Array): Uint8Array {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
}

const shared = (bytes: Uint8Array) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
};
const resizable = (bytes: Uint8Array) => {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  const copy = new Uint8Array(new Resizable(bytes.length, { maxByteLength: 2 * bytes.length }));
  copy.set(bytes);
  return copy;
};
const foreign = (bytes: Uint8Array) =>
  runInNewContext("(bytes) => Uint8Array.from(bytes)")([...bytes]) as Uint8Array;

describe("bytes of every kind are bytes", () => {
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["a Buffer", (bytes) => Buffer.from(bytes)],
    ["a part of a larger Buffer", (bytes) => Buffer.concat([Buffer.alloc(9), bytes]).subarray(9)],
    ["a subclass of Uint8Array", (bytes) => new (class Bytes extends Uint8Array {})(bytes)],
    ["a Uint8Array of another realm", foreign],
    ["a Uint8Array on shared memory", shared],
    ["a Uint8Array on resizable memory", resizable],
    ["a Uint8ClampedArray", (bytes) => Uint8ClampedArray.from(bytes) as unknown as Uint8Array],
  ])("%s [client/F28]", (_, make) => {
    expect(decodeLine(make(utf8(line)))).toStrictEqual({ ok: true, message: beat });
    for (const text of [line, longText]) {
      expect(decodeAll(make(utf8(text)))).toStrictEqual(decodeAll(utf8(text)));
      expect(decodeAll(make(utf8(text))).every(({ ok }) => ok)).toBe(true);
    }
    // Two bytes at a time, as one byte alone is held without further ado.
    const decoder = new LineDecoder();
    const results: DecodeResult[] = [];
    const bytes = utf8(line);
    for (let i = 0; i < bytes.length; i += 2) {
      decoder.push(make(bytes.subarray(i, i + 2)), (result) => void results.push(result));
    }
    expect(results).toStrictEqual([{ ok: true, message: beat }]);
  });
});

/**
 * Expressions, since the old decoder never returned from some: each is tried in a process that can
 * be ended.
 */
const noBytes = [
  "text",
  "''",
  "'x'",
  "'\\n'",
  "null",
  "undefined",
  "5",
  "5n",
  "Symbol('x')",
  "() => {}",
  "{}",
  "{ length: 1e9 }",
  "[...bytes]",
  "[65]",
  "bytes.buffer",
  "new SharedArrayBuffer(80)",
  "new DataView(bytes.buffer)",
  "Uint16Array.from(bytes)",
  "Uint16Array.of(65)",
  "Int8Array.from(bytes)",
  "new Float64Array(40)",
  "BigInt64Array.of(10n)",
  "new Proxy(bytes, {})",
  "Object.create(Uint8Array.prototype)",
  "revoked",
  "structuredClone(bytes.buffer, { transfer: [bytes.buffer] }) && bytes",
  "Object.setPrototypeOf(Uint16Array.from(bytes), Uint8Array.prototype)",
];

const program = `
  const { LineDecoder, decodeLine } = await import(process.argv[1]);
  const text = ${JSON.stringify(line)};
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const outcomeOf = (run) => {
    try {
      return run() ?? "taken";
    } catch (error) {
      return error.name;
    }
  };
  for (const make of [${noBytes.map((expression) => `(bytes) => (${expression})`).join(",")}]) {
    const decoder = new LineDecoder();
    const results = [];
    const on = (result) => void results.push(result.ok);
    const pushed = outcomeOf(() => decoder.push(make(new TextEncoder().encode(text)), on));
    decoder.push(new TextEncoder().encode(text), on);
    const judged = outcomeOf(() => decodeLine(make(new TextEncoder().encode(text))).reason);
    console.log(JSON.stringify([pushed, results, judged]));
  }
`;

test("what is no array of bytes is refused at once by push, and rejected by decodeLine [client/F28]", () => {
  const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const args = ["--input-type=module", "--eval", program, dist];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  const outcomes = printed
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as unknown);
  expect(outcomes).toHaveLength(noBytes.length);
  for (const [i, expression] of noBytes.entries()) {
    const reason = expression.startsWith("structuredClone") ? "invalid_json" : "invalid_utf8";
    expect(outcomes[i], expression).toEqual(["TypeError", [true], reason]);
  }
});

test.each([
  ["a string", line, "chunk: expected a Uint8Array, got a string of"],
  ["null", null, "chunk: expected a Uint8Array, got null"],
  ["a Uint16Array", new Uint16Array(4), "chunk: expected a Uint8Array, got a value of type object"],
])("push says what it wants instead of %s [client/F28]", (_, chunk, message) => {
  expect(() => new LineDecoder().push(chunk as never, () => {})).toThrow(TypeError);
  expect(() => new LineDecoder().push(chunk as never, () => {})).toThrow(message);
});

test("detached memory is refused, empty bytes are taken [client/F28]", () => {
  const decoder = new LineDecoder();
  expect(() => decoder.push(detached(utf8(line)), () => {})).toThrow(TypeError);
  for (const empty of [
    new Uint8Array(0),
    Buffer.alloc(0),
    foreign(new Uint8Array(0)),
    shared(new Uint8Array(0)),
  ]) {
    expect(() => decoder.push(empty, () => {})).not.toThrow();
  }
});

test.each([undefined, null, "on", {}])(
  "a callback that is %s is refused before a byte is taken [client/F28]",
  (on) => {
    const decoder = new LineDecoder();
    const results: DecodeResult[] = [];
    expect(() => decoder.push(utf8(line), on as never)).toThrow(TypeError);
    expect(() => decoder.end(on as never)).toThrow(TypeError);
    decoder.push(utf8(line), (result) => void results.push(result));
    expect(results).toStrictEqual([{ ok: true, message: beat }]);
  },
);

test.each([null, 5, "x"])("options that are %s are refused [client/F28]", (options) => {
  expect(() => new LineDecoder(options as never)).toThrow(
    new TypeError(`options: expected an object, got ${JSON.stringify(options)}`),
  );
});

describe("a callback", () => {
  const three = utf8(`${line}{}\n${line}{"type":`);

  test.each([1, 10, 1_000])("that throws loses no line, in chunks of %s bytes [client/F28]", (size) => {
    const decoder = new LineDecoder();
    const seen: string[] = [];
    const thrown: unknown[] = [];
    const on = (result: DecodeResult) => {
      seen.push(result.ok ? "ok" : result.reason);
      throw new Error(`${seen.length}`);
    };
    for (let from = 0; from < three.length; from += size) {
      try {
        decoder.push(three.subarray(from, from + size), on);
      } catch (error) {
        thrown.push((error as Error).message);
      }
    }
    expect(() => decoder.end(on)).toThrow("4");
    expect(seen).toEqual(["ok", "missing_type", "ok", "truncated"]);
    // The first error of each chunk; in chunks of 10 bytes one holds the ends of two lines.
    expect(thrown).toEqual({ 1: ["1", "2", "3"], 10: ["1", "3"], 1000: ["1"] }[size]);
    expect(decoder.preview).toBe("");
    const later: DecodeResult[] = [];
    decoder.push(utf8(line), (result) => void later.push(result));
    expect(later).toStrictEqual([{ ok: true, message: beat }]);
  });

  test("may throw anything, undefined too [client/F28]", () => {
    for (const value of [undefined, null, 0, "text"]) {
      let caught: unknown = "nothing";
      try {
        new LineDecoder().push(utf8(line), () => {
          throw value;
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(value);
    }
  });

  test.each([1, 10, 1_000])(
    "cannot call into its own decoder, in chunks of %s bytes [client/F28]",
    (size) => {
      const decoder = new LineDecoder();
      const seen: string[] = [];
      const errors: string[] = [];
      const attempt = (call: () => void) => {
        try {
          call();
        } catch (error) {
          errors.push((error as Error).message);
        }
      };
      const on = (result: DecodeResult) => {
        seen.push(result.ok ? "ok" : result.reason);
        attempt(() => decoder.push(utf8("x"), on));
        attempt(() => decoder.push(utf8(line), on));
        attempt(() => decoder.end(on));
      };
      for (let from = 0; from < three.length; from += size)
        decoder.push(three.subarray(from, from + size), on);
      decoder.end(on);
      expect(seen).toEqual(["ok", "missing_type", "ok", "truncated"]);
      expect(errors).toHaveLength(12);
      expect(new Set(errors)).toEqual(new Set(["a callback must not call push or end of its own decoder"]));
    },
  );

  test("may use another decoder [client/F28]", () => {
    const seen: boolean[] = [];
    new LineDecoder().push(utf8(line), () => {
      new LineDecoder().push(utf8(line), ({ ok }) => void seen.push(ok));
    });
    expect(seen).toEqual([true]);
  });

  test.each([
    ["takes the memory of the chunk away", (chunk: Uint8Array) => void detached(chunk)],
    ["overwrites the chunk", (chunk: Uint8Array) => void chunk.fill(0x78)],
  ])("that %s does not keep push from returning [client/F28]", (_, spoil) => {
    for (const text of [`${line}${line}`, longText, `\xff\n${longText}`, `{}\n${"x".repeat(70_000)}\n{}\n`]) {
      // Latin-1, so that one of these is no UTF-8: its lines are judged one by one.
      const chunk = text.startsWith("\xff") ? new Uint8Array(Buffer.from(text, "latin1")) : utf8(text);
      const decoder = new LineDecoder();
      let calls = 0;
      decoder.push(chunk, () => {
        if (++calls > 3_000) throw new Error("it goes round in circles");
        if (chunk.length > 0) spoil(chunk);
      });
      expect(calls).toBeGreaterThan(0);
      expect(calls).toBeLessThan(3_000);
    }
  });
});

describe("encode", () => {
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const throwing = (error: unknown) => ({
    type: "heartbeat",
    channel: "a",
    get pid(): number {
      throw error;
    },
  });
  const trap = () => {
    throw new Error("mine");
  };
  const register = { type: "register", channel: "a", pid: 1 };

  test.each<[string, unknown, string]>([
    ["a getter that throws an Error", throwing(new Error("mine")), "pid: could not be read"],
    ["a getter that throws a TypeError", throwing(new TypeError("mine")), "pid: could not be read"],
    [
      "a getter that throws a RangeError",
      throwing(new RangeError("channel: mine")),
      "pid: could not be read",
    ],
    ["a getter that throws undefined", throwing(undefined), "pid: could not be read"],
    ["a getter that throws a revoked proxy", throwing(revoked()), "pid: could not be read"],
    [
      "a proxy that throws",
      new Proxy({ ...beat }, { get: trap, getOwnPropertyDescriptor: trap }),
      "type: could not be read",
    ],
    [
      "a proxy without a prototype",
      new Proxy({ ...beat, pid: 0 }, { getPrototypeOf: trap }),
      "pid: expected an integer",
    ],
    ["a revoked proxy", revoked(), "type: could not be read"],
    [
      "features that are a revoked proxy",
      { ...register, features: revoked() },
      "features: could not be read",
    ],
    [
      "features whose keys throw",
      { ...register, features: new Proxy({}, { ownKeys: trap }) },
      "features: could not be read",
    ],
    [
      "features with a getter that throws",
      {
        ...register,
        features: {
          get x() {
            return trap();
          },
        },
      },
      "features: could not be read",
    ],
    [
      "a string among features",
      { ...register, features: { chat: "yes" } },
      'features: expected "chat" to be true or false, got "yes"',
    ],
    [
      "a feature without a name",
      { ...register, features: { "": true } },
      "features: expected names of 1 to 128 code points",
    ],
    [
      "a function as features",
      { ...register, features: () => true },
      "features: expected an object of booleans, got a value of type function",
    ],
    [
      "a BigInt",
      { ...beat, pid: 1n },
      "pid: expected an integer from 1 to 4294967295, got a value of type bigint",
    ],
    ["a symbol", { ...beat, channel: Symbol("x") }, "channel: expected 1 to 128 code points"],
    [
      "a symbol as type",
      { ...beat, type: Symbol("x") },
      "type: expected a message of protocol 1, got a value of type symbol",
    ],
    ["a Number object", { ...beat, pid: new Number(1) }, "pid: expected an integer"],
    ["a String object", { ...beat, channel: new String("a") }, "channel: expected"],
    ["a function", () => beat, "message: expected an object, got a value of type function"],
    ["a list", [beat], "type: expected"],
    ["a Map", new Map(Object.entries(beat)), "type: expected"],
    ["a Promise", Promise.resolve(beat), "type: expected"],
  ])("names the field of %s [client/F28]", (_, message, start) => {
    let thrown: unknown;
    try {
      encode(message as Message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown instanceof TypeError || thrown instanceof RangeError).toBe(true);
    expect((thrown as Error).message.startsWith(start), (thrown as Error).message).toBe(true);
  });

  test("passes on what a getter threw, as the cause [client/F28]", () => {
    const cause = new Error("mine");
    expect(() => encode(throwing(cause) as Message)).toThrow(expect.objectContaining({ cause }));
  });

  test("takes a message of another realm, behind a proxy and frozen [client/F28]", () => {
    for (const message of [
      runInNewContext("(text) => JSON.parse(text)")(JSON.stringify(beat)),
      new Proxy({ ...beat }, {}),
      Object.freeze({ ...beat }),
    ]) {
      expect(encode(message as Message)).toBe(line);
    }
  });

  test("does not depend on JSON.stringify, which tests and agents replace [client/F28]", () => {
    const features = { '\u0000\n\u001f"\\ä\u{1F916}': true };
    const message: Message = { type: "register", channel: 'a"\\ä', pid: 1, features };
    const { stringify } = JSON;
    JSON.stringify = () => {
      throw new Error("replaced");
    };
    let encoded: string;
    try {
      encoded = encode(message);
    } finally {
      JSON.stringify = stringify;
    }
    expect(JSON.parse(encoded)).toEqual(message);
  });
});
