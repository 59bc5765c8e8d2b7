import { expect, test } from "vitest";
import { encode } from "../src/index.js";
import { encodeFailureOf } from "./encode-failure.js";
import { type EncodeFixture, readCases } from "./fixture.js";
import type { Fields } from "./seeded-bugs/plain-decoder.js";
import { encoderBugs, PlainEncoder } from "./seeded-bugs/plain-encoder.js";

const cases = readCases<EncodeFixture>("encode");

test.each(cases)("encode passes $id", (one) => {
  expect(encodeFailureOf(one, encode)).toBeUndefined();
});

const failuresOf = (Encoder: typeof PlainEncoder) =>
  cases
    .map((one) => encodeFailureOf(one, (message: Fields) => new Encoder().encode(message)))
    .filter(Boolean);

test("a plain encoder without a bug passes every case", () => {
  expect(failuresOf(PlainEncoder)).toEqual([]);
});

test.each(Object.entries(encoderBugs))("an encoder that %s is killed by a case", (_, Encoder) => {
  expect(failuresOf(Encoder).length).toBeGreaterThan(0);
});
