import { openStore } from "@kissbot/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as causes from "../../src/registry/cause.js";
import { causeCodes } from "../../src/registry/cause-code.js";

/** The code that a row has which was written before there were codes, by its sentence. */
async function codesOf(sentences: readonly string[]): Promise<readonly string[]> {
  await using store = await openStore("memory:");
  const statusChanges = sentences.map((cause, tsMs) => ({
    tsMs,
    channel: "a",
    pid: 1,
    from: null,
    to: "online" as const,
    cause,
  }));
  await store.write({ producer: "test", epoch: 1, seq: 1, statusChanges });
  const found = await store.statusHistory({ limit: 10_000 });
  return found.map(({ causeCode }) => causeCode).reverse();
}

function forgotten(forMs: number): readonly causes.Cause[] {
  const by = "ops";
  return (
    [
      { kind: "named", by },
      { kind: "ended", by, forMs },
      { kind: "age", forMs },
    ] as const
  ).map(causes.forgottenFor);
}

/** Every sentence there is, with a number where it has one. */
function sentencesWith(number: number): readonly causes.Cause[] {
  return Object.values(causes).flatMap((cause: unknown) => {
    if (typeof cause !== "function") return [cause as causes.Cause];
    if (cause === causes.forgottenFor) return forgotten(number);
    return cause.length === 1 ? [(cause as (number: number) => causes.Cause)(number)] : [];
  });
}

test("each sentence of a cause has its code, also where a row does not say it [page/R26]", async () => {
  for (const number of [1, 7, 82_500, 5_400_000, 2 ** 32 - 1]) {
    const all = sentencesWith(number);
    expect(all.length).toBeGreaterThan(13);
    // These came with their codes: no row has the sentence alone.
    const alwaysCoded = ["restarted", "in_trouble", "trouble_over", "forgotten"];
    const expected = all.map(({ code }) => (alwaysCoded.includes(code) ? "other" : code));
    expect(await codesOf(all.map(({ text }) => text))).toEqual(expected);
  }
  const codes = new Set(sentencesWith(7).map(({ code }) => code));
  expect(causeCodes.filter((code) => !codes.has(code))).toEqual(["other"]);
});

test("a sentence of anybody else has the code other [page/R26]", async () => {
  const strange = fc.sample(fc.string({ minLength: 1 }), { numRuns: 500, seed: 3 });
  const near = ["Registered", "registered ", "taken over by pid", "process is gone", "said goodbye twice"];
  expect(new Set(await codesOf([...strange, ...near]))).toEqual(new Set(["other"]));
});

test("the history says who forgot a bot, and for what [server/F14]", () => {
  const [day, by] = [86_400_000, "ops"];
  const { forgottenFor } = causes;
  expect(forgottenFor({ kind: "named", by }).text).toBe("forgotten by ops");
  expect(forgottenFor({ kind: "ended", by, forMs: 30 * day }).text).toBe(
    "forgotten by ops, not online for over 30 d",
  );
  expect(forgottenFor({ kind: "age", forMs: 30 * day }).text).toBe("forgotten, not online for over 30 d");
});
