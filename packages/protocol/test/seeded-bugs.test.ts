import { expect, test } from "vitest";
import { chunkings, type DecodeFixture, readCases } from "./fixture.js";
import { failureOf } from "./report.js";
import { framingBugs } from "./seeded-bugs/framing.js";
import { messageBugs } from "./seeded-bugs/message.js";
import { PlainDecoder } from "./seeded-bugs/plain-decoder.js";
import { shouldBugs, textBugs } from "./seeded-bugs/text.js";

/** Small streams first: nearly every bug is found before the long ones come. */
const cases = readCases<DecodeFixture>("decode").sort((a, b) => sizeOf(a) - sizeOf(b));
const must = cases.filter(({ level }) => level === "must");

function sizeOf({ chunks }: DecodeFixture): number {
  return chunks.flat().reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.times), 0);
}

/**
 * The first case that the decoder fails; the chunks as they are given first, since byte by byte
 * takes longest.
 */
function killerOf(
  Decoder: typeof PlainDecoder,
  among: DecodeFixture[],
  ways = chunkings,
): string | undefined {
  for (const way of ways) {
    const killer = among.find((one) => failureOf(one, () => new Decoder(), [way]) !== undefined);
    if (killer !== undefined) return killer.id;
  }
  return undefined;
}

test("a plain decoder without a bug passes every case", () => {
  expect(
    cases.map((one) => failureOf(one, () => new PlainDecoder())).filter((one) => one !== undefined),
  ).toEqual([]);
});

test.each(Object.entries({ ...framingBugs, ...textBugs, ...messageBugs }))(
  "a decoder that %s is killed by a `must` case",
  (_, Decoder) => {
    expect(killerOf(Decoder, must)).toBeTypeOf("string");
  },
);

test.each(Object.entries(shouldBugs))(
  "a decoder that %s is killed by a `should` case alone",
  (_, Decoder) => {
    expect(killerOf(Decoder, must, ["as given"])).toBeUndefined();
    expect(killerOf(Decoder, cases)).toBeTypeOf("string");
  },
);
