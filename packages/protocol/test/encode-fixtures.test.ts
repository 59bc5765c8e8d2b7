import { expect, test } from "vitest";
import { decodeLine, encode, type Message } from "../src/index.js";
import { canonical, type EncodeFixture, readCases, untagged } from "./fixture.js";

const cases = readCases<EncodeFixture>("encode");

const written = cases.filter(({ decodes_to }) => decodes_to !== undefined);
const refused = cases.filter(({ refused }) => refused !== undefined);

test.each(written)("encode writes $id", ({ message, decodes_to }) => {
  const line = encode(untagged(message) as Message);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  const result = decodeLine(new TextEncoder().encode(line));
  expect(result).toMatchObject({ ok: true });
  expect(canonical(result.ok && result.message)).toBe(canonical(untagged(decodes_to ?? null)));
});

test.each(refused)("encode refuses $id and names the field", ({ message, refused }) => {
  let error: unknown;
  try {
    encode(untagged(message) as Message);
  } catch (thrown) {
    error = thrown;
  }
  expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
  expect((error as Error).message).toMatch(new RegExp(`^${refused}:`));
});
