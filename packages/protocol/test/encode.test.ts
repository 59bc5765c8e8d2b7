import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeLine,
  encode,
  encodeWhole,
  errorOfRefusal,
  type Message,
  messageOfRefusal,
  type Refusal,
  tryEncode,
} from "../src/index.js";
import { mutatedObject, wireObject } from "./arbitrary.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/**
 * What decoding must give back: known optional fields that are not null, minus zero as zero,
 * features always there.
 */
function normalised(object: Record<string, unknown>): Record<string, unknown> {
  // JSON has no null prototypes, which generated objects may have, and writes -0 as 0.
  const kept = Object.entries(JSON.parse(JSON.stringify(object))).filter(([, value]) => value !== null);
  return { ...(object["type"] === "register" ? { features: {} } : {}), ...Object.fromEntries(kept) };
}

describe("encode", () => {
  test("writes one line that decodes to the message [P-1] [P-2]", () => {
    let encoded = 0;
    fc.assert(
      fc.property(wireObject, (object) => {
        if (!decodeLine(bytes(JSON.stringify(object))).ok) return;
        encoded++;
        const line = encode(object as unknown as Message);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(decodeLine(bytes(line))).toStrictEqual({ ok: true, message: normalised(object) });
      }),
      { numRuns: 3_000 },
    );
    expect(encoded).toBeGreaterThan(1_500);
  });

  test("refuses exactly what a receiver would reject, with a TypeError or RangeError that names the field [P-3]", () => {
    let refused = 0;
    fc.assert(
      fc.property(mutatedObject, (object) => {
        const verdict = decodeLine(bytes(JSON.stringify(object)));
        let thrown: unknown;
        try {
          encode(object as unknown as Message);
        } catch (error) {
          thrown = error;
        }
        if (verdict.ok) {
          expect(thrown).toBeUndefined();
          return;
        }
        refused++;
        expect(thrown instanceof TypeError || thrown instanceof RangeError).toBe(true);
        const named = verdict.reason === "invalid_field" ? verdict.field : "type";
        expect((thrown as Error).message.startsWith(`${named}: `), (thrown as Error).message).toBe(true);
      }),
      { numRuns: 4_000 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });

  test.each([
    ["null", null, TypeError, "message: "],
    ["a string", "heartbeat", TypeError, "message: "],
    ["nothing", undefined, TypeError, "message: "],
    ["no type", { channel: "a", pid: 1 }, TypeError, "type: "],
    ["an inherited type's name", { type: "constructor", channel: "a", pid: 1 }, TypeError, "type: "],
    ["a bigint", { type: "heartbeat", channel: "a", pid: 1n }, TypeError, "pid: "],
    ["a symbol", { type: "heartbeat", channel: Symbol("a"), pid: 1 }, TypeError, "channel: "],
    [
      "NaN",
      { type: "custom_metric", channel: "a", metric_name: "m", value: Number.NaN },
      RangeError,
      "value: ",
    ],
    ["a long channel", { type: "heartbeat", channel: "x".repeat(129), pid: 1 }, RangeError, "channel: "],
    ["a list of features", { type: "register", channel: "a", pid: 1, features: [] }, TypeError, "features: "],
    [
      "a feature that is no boolean",
      { type: "register", channel: "a", pid: 1, features: { x: 1 } },
      TypeError,
      "features: ",
    ],
  ])("says what is wrong with %s", (_, message, kind, start) => {
    expect(() => encode(message as unknown as Message)).toThrow(kind);
    expect(() => encode(message as unknown as Message)).toThrow(start);
  });

  test("reads each field once, so that what it checked is what it writes", () => {
    let reads = 0;
    const message = {
      type: "heartbeat",
      channel: "a",
      get pid() {
        return ++reads;
      },
    } as Message;
    expect(encode(message)).toBe('{"type":"heartbeat","channel":"a","pid":1}\n');
    expect(reads).toBe(1);
  });

  test("turns what a getter throws into a TypeError", () => {
    const message = {
      type: "heartbeat",
      channel: "a",
      get pid(): number {
        throw new Error("no pid here");
      },
    } as Message;
    expect(() => encode(message)).toThrow(TypeError);
  });

  test("keeps `__proto__` as a feature name and pollutes nothing [J-9]", () => {
    const features = JSON.parse('{"__proto__":true}') as Record<string, boolean>;
    const line = encode({ type: "register", channel: "a", pid: 1, features });
    expect(line).toContain('"__proto__":true');
    const result = decodeLine(bytes(line));
    expect(result.ok && Object.keys((result.message as { features: object }).features)).toEqual([
      "__proto__",
    ]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test("refuses a registration of more than 65 536 bytes and takes one of exactly that [P-4]", () => {
    const withVersion = (version: string): Message => ({
      type: "register",
      channel: "a",
      pid: 1,
      features: features(127),
      version,
    });
    const features = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [String(i).padStart(3, "0") + "\u{1F916}".repeat(125), true]),
      );
    const short = bytes(encode(withVersion("x"))).length - 1;
    const room = 65_536 - short;
    expect(room).toBeGreaterThan(0);
    expect(room).toBeLessThan(4 * 255);
    const filled = "x".repeat(1 + (room % 4)) + "\u{1F916}".repeat(room >> 2);
    expect(bytes(encode(withVersion(filled))).length - 1).toBe(65_536);
    expect(() => encode(withVersion(`${filled}x`))).toThrow(RangeError);
  });

  test.each<[string, unknown]>([
    ["a Map", new Map([["chat", true]])],
    ["a promise", Promise.resolve({ chat: true })],
    [
      "an instance",
      new (class Flags {
        chat = true;
      })(),
    ],
    ["inherited flags", Object.create({ chat: true })],
  ])("refuses features that are %s, which it would write as {} [client/F21]", (_, features) => {
    const message = { type: "register", channel: "a", pid: 1, features } as unknown as Message;
    expect(() => encode(message)).toThrow(/^features: expected /);
  });

  test("takes features of another realm, and without a prototype [client/F21]", () => {
    for (const features of [
      runInNewContext("({ chat: true })"),
      Object.assign(Object.create(null), { chat: true }),
    ]) {
      expect(encode({ type: "register", channel: "a", pid: 1, features })).toContain(
        '"features":{"chat":true}',
      );
    }
  });

  test("names the feature that is no boolean [client/F21]", () => {
    const message = {
      type: "register",
      channel: "a",
      pid: 1,
      features: { chat: true, voice: "yes" },
    } as unknown as Message;
    expect(() => encode(message)).toThrow('features: expected "voice" to be true or false, got "yes"');
  });
});

describe("encodeWhole", () => {
  test("gives what tryEncode gives, whatever the message is, where nothing is inherited [client/F28]", () => {
    fc.assert(
      fc.property(mutatedObject, (object) => {
        const message = object as unknown as Message;
        expect(encodeWhole(message)).toEqual(tryEncode(message));
      }),
      { numRuns: 1_000 },
    );
    for (const none of [undefined, null, 7, "text"]) {
      expect(encodeWhole(none as unknown as Message)).toEqual(tryEncode(none as unknown as Message));
    }
  });

  test("throws what a getter throws, and the next message is judged by itself", () => {
    const broken = {
      type: "heartbeat",
      channel: "",
      get pid(): number {
        throw new Error("mine");
      },
    };
    expect(() => encodeWhole(broken as Message)).toThrow("mine");
    expect(encodeWhole({ type: "unregister", channel: "a", pid: 1, ts: undefined })).toBe(
      '{"type":"unregister","channel":"a","pid":1}\n',
    );
  });
});

test("errorOfRefusal makes the error that encode throws", () => {
  for (const pid of [0, "1"]) {
    const message = { type: "unregister", channel: "a", pid } as Message;
    let thrown: unknown;
    try {
      encode(message);
    } catch (error) {
      thrown = error;
    }
    const error = errorOfRefusal(tryEncode(message) as Refusal);
    expect(error).toEqual(thrown);
    expect(error).toBeInstanceOf(pid === 0 ? RangeError : TypeError);
  }
});

describe("tryEncode", () => {
  test("returns the line that encode returns, or why encode throws [client/F21]", () => {
    fc.assert(
      fc.property(mutatedObject, (object) => {
        const message = object as unknown as Message;
        const line = tryEncode(message);
        if (typeof line === "string") expect(encode(message)).toBe(line);
        else expect(() => encode(message)).toThrow(messageOfRefusal(line));
      }),
      { numRuns: 1_000 },
    );
    const broken = {
      type: "llm_usage",
      channel: "a",
      model: "m",
      feature: "f",
      tokens_in: "7",
      tokens_out: -1,
    };
    const refusal = tryEncode(broken as unknown as Message);
    expect(refusal).toMatchObject({ field: "tokens_in", value: "7", isOfKind: false });
    expect(messageOfRefusal(refusal as Refusal)).toBe(
      'tokens_in: expected an integer from 0 to 9007199254740991, got "7"',
    );
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "x"],
    ["no type", {}],
    [
      "a getter that throws",
      {
        type: "heartbeat",
        get channel() {
          throw new Error("not today");
        },
      },
    ],
    ["a revoked proxy", revoked()],
  ])("never throws: %s", (_, message) => {
    const refusal = tryEncode(message as Message);
    expect(typeof refusal).toBe("object");
    expect(messageOfRefusal(refusal as Refusal)).toMatch(
      /^(message|type|channel): (expected |could not be read)/,
    );
  });

  test("a getter that encodes a message of its own changes nothing", () => {
    const bad = { type: "heartbeat", channel: "", pid: 1 } as Message;
    const outer = (channel: string): Message => ({
      type: "heartbeat",
      channel,
      get pid() {
        return typeof tryEncode(bad) === "string" ? 0 : 7;
      },
    });
    expect(tryEncode(outer("a"))).toBe('{"type":"heartbeat","channel":"a","pid":7}\n');
    expect(tryEncode(outer(""))).toMatchObject({ field: "channel", value: "" });
    expect(tryEncode(outer("a"))).toBe('{"type":"heartbeat","channel":"a","pid":7}\n');
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
