import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faultOfNamed } from "../conformance/schema-check.js";
import { createDriverSchema } from "../schema/driver.js";

const shipped = JSON.parse(readFileSync(new URL("../driver.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true });
ajv.addSchema(shipped);

const took_us = { p50: 0.4, p99: 0.9, p999: 4, max: 197 };
const hello = {
  seq: 1,
  driver: 1,
  protocol: "1.1",
  implementation: { name: "kissbot-rust", language: "rust", version: "0.1.0" },
  pid: 4711,
  can: ["decode", "encode", "conduct"],
  bounds: { lines: 1024, bytes: 262_144 },
  timer: true,
  fork: false,
};

/** A good line for each definition, and what is wrong with others. */
const examples: Record<string, { good: object[]; bad: object[] }> = {
  hello: { good: [{ seq: 1, cmd: "hello", drivers: [1], protocol: "1.1", suite: "1.2.0" }], bad: [] },
  hello_answer: {
    good: [hello, { ...hello, bounds: undefined, can: ["decode"] }],
    bad: [
      { ...hello, driver: 0 },
      { ...hello, can: ["dance"] },
      { ...hello, can: ["decode", "decode"] },
      { ...hello, timers: true },
      { ...hello, implementation: { name: "", language: "c" } },
      { ...hello, protocol: 1.1 },
    ],
  },
  noop_answer: { good: [{ seq: 1 }], bad: [{}, { seq: "1" }, { seq: 1, more: 1 }, { seq: 0 }] },
  decode: {
    good: [{ seq: 2, cmd: "decode", chunks: ["eyI=", { chunk: "eA==", times: 3 }], end: true }],
    bad: [{ seq: 2, cmd: "decode", chunks: ["?"], end: true }],
  },
  decode_answer: {
    good: [
      { seq: 2, events: [{ message: { __proto__: null, type: "x" } }, { rejected: "too_deep" }] },
      { seq: 2, events: [{ rejected: "invalid_field", field: "pid" }] },
      { seq: 2, unsupported: true },
    ],
    bad: [{ seq: 2 }, { seq: 2, events: [{ refused: "pid" }] }, { seq: 2, unsupported: false }],
  },
  encode_answer: {
    good: [
      { seq: 3, line: "e30K" },
      { seq: 3, refused: "pid" },
      { seq: 3, unrepresentable: true },
    ],
    bad: [
      { seq: 3, line: "{}" },
      { seq: 3, refused: "" },
      { seq: 3, line: "e30K", refused: "pid" },
    ],
  },
  call_answer: {
    good: [
      { seq: 4, took_us: 12.4 },
      { seq: 4, took_us: 1, raised: "TypeError" },
      { seq: 4, unrepresentable: true },
    ],
    bad: [{ seq: 4, took_us: -1 }, { seq: 4 }, { seq: 4, took_us: 1, raised: 7 }],
  },
  burst_answer: {
    good: [{ seq: 5, took_us }],
    bad: [
      { seq: 5, took_us: 7 },
      { seq: 5, took_us: { ...took_us, max: null } },
    ],
  },
  stats_answer: { good: [{ seq: 6, lost: 3, held: 0 }], bad: [{ seq: 6, lost: 1.5, held: 0 }] },
  fork_answer: { good: [{ seq: 7, pid: 4712, status: -9 }], bad: [{ seq: 7, pid: 0, status: 0 }] },
  exit: {
    good: [{ seq: 8, cmd: "exit", how: "code", code: 7 }],
    bad: [{ seq: 8, cmd: "exit", how: "code", code: 256 }],
  },
};

test("driver.schema.json is what the schemas give; otherwise run `pnpm generate` [conformance/R8]", () => {
  expect(shipped).toEqual(createDriverSchema());
});

describe("the runner's check of a line agrees with ajv on the shipped schema [conformance/R8]", () => {
  const names = Object.keys(shipped.$defs);
  const validators = new Map(
    names.map((name) => [name, ajv.compile({ $ref: `${shipped.$id}#/$defs/${name}` })]),
  );

  function compare(name: string, value: unknown): boolean {
    const own = faultOfNamed(value, name, shipped);
    expect(own === undefined, `${name}: ${JSON.stringify(value)}: ${own}`).toBe(
      validators.get(name)?.(value),
    );
    return own === undefined;
  }

  test.each(Object.entries(examples))("over examples of %s", (name, { good, bad }) => {
    const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
    for (const value of good) expect(compare(name, plain(value)), JSON.stringify(value)).toBe(true);
    for (const value of bad) expect(compare(name, plain(value)), JSON.stringify(value)).toBe(false);
  });

  test("over examples of which a part is replaced by anything", () => {
    const lines = Object.entries(examples).flatMap(([name, { good }]) =>
      good.map((value) => ({ name, value })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.jsonValue(), fc.nat(), ({ name, value }, any, at) => {
        const fields = Object.entries(JSON.parse(JSON.stringify(value)) as object);
        const changed = fields.map(([field, old], i) => [field, i === at % fields.length ? any : old]);
        compare(name, Object.fromEntries(changed));
        compare(name, any);
      }),
      { numRuns: 2_000 },
    );
  });

  test("over every command and answer for each other", () => {
    for (const name of names)
      for (const { good } of Object.values(examples))
        for (const value of good) compare(name, JSON.parse(JSON.stringify(value)));
  });
});

test("a fault names the field, and the variant of an answer that was meant [conformance/R8]", () => {
  expect(faultOfNamed({ seq: 4, took_ms: 1 }, "call_answer", shipped)).toBe(`it lacks "took_us"`);
  expect(faultOfNamed({ seq: 4, took_us: "1" }, "call_answer", shipped)).toBe(
    "it.took_us is string and not number",
  );
  expect(faultOfNamed({ seq: 4, refused: 7 }, "encode_answer", shipped)).toBe(
    "it.refused is integer and not string",
  );
  expect(faultOfNamed([], "noop_answer", shipped)).toBe("it is array and not object");
});
