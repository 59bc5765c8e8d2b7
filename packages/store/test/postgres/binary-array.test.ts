import { PostgresServer, repetitions } from "@kissbot/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  boolArray,
  float8Array,
  int8Array,
  originalText,
  storableText,
  textArray,
  timestampArray,
} from "../../src/postgres/binary-array.js";
import type { Link } from "../../src/postgres/link.js";
import { timeText } from "../../src/postgres/read-scope.js";
import { Schemas } from "./schemas.js";

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const whole = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const real = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const time = fc.oneof(fc.integer({ min: 0, max: lastMs }), fc.constantFrom(0, 1, 946_684_800_000, lastMs));
const wellFormed = fc.string({ unit: "binary", maxLength: 12 });
const text = fc.oneof(
  wellFormed,
  fc.constantFrom("", "\0", "\u001b", "\u001be0", "a\0b", "🤖", "\u{10ffff}"),
);
const numRuns = repetitions({ gate: 60, long: 2_000 });

const numbers = (list: readonly (number | null)[]) => ({
  length: list.length,
  numberAt: (row: number) => list[row] ?? Number.NaN,
});
const listOf = <Value>(value: fc.Arbitrary<Value>) => fc.array(fc.option(value), { maxLength: 20 });

describe.skipIf(PostgresServer.missing("newest") !== null)("an array in binary", () => {
  let schemas: Schemas;
  let link: Link;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
    link = schemas.link(schemas.url("none"));
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  /** What the server itself makes of values that it reads as text, and of ours. */
  async function assertSame(type: string, own: Buffer, values: readonly (string | null)[]): Promise<void> {
    const [row] = await link.rows<{ sent: Buffer; read: Buffer }>(
      `SELECT array_send($1::text[]::${type}[]) AS sent, array_send($2::${type}[]) AS read`,
      [values, own],
    );
    expect(own.equals(row?.sent ?? Buffer.alloc(0))).toBe(true);
    expect(own.equals(row?.read ?? Buffer.alloc(0))).toBe(true);
  }

  test.each([
    ["bigint", whole, int8Array, (value: number) => `${BigInt(value)}`],
    ["float8", real, float8Array, (value: number) => (Object.is(value, -0) ? "-0" : `${value}`)],
    ["timestamptz", time, timestampArray, timeText],
    ["boolean", fc.constantFrom(0, 1), boolArray, (value: number) => `${value === 1}`],
  ] as const)(
    "of %s is byte for byte what array_send answers [fleet/T3]",
    async (type, value, encode, textOf) => {
      await fc.assert(
        fc.asyncProperty(listOf(value as fc.Arbitrary<number>), async (list) => {
          const values = list.map((one) => (one === null ? null : textOf(one)));
          await assertSame(type, encode(numbers(list)), values);
        }),
        { numRuns },
      );
    },
  );

  test("of texts is that of what PostgreSQL can hold of them, and no two become one [fleet/T3]", async () => {
    await fc.assert(
      fc.asyncProperty(listOf(text), async (list) => {
        const own = textArray({ length: list.length, at: (row) => list[row] ?? null });
        const stored = list.map((one) => (one === null ? null : storableText(one)));
        await assertSame("text", own, stored);
        expect(stored.map((one) => (one === null ? null : originalText(one)))).toEqual(list);
      }),
      { numRuns },
    );
  });
});
