import fc from "fast-check";
import { expect, test } from "vitest";
import { Spares } from "../src/spares.js";

/** Takes `count` at one time, makes those that are missing, and gives all back. */
function useAtOnce(spares: Spares<object>, count: number): { readonly made: number } {
  let made = 0;
  const held = Array.from({ length: count }, () => spares.take() ?? { made: made++ });
  for (const one of held) spares.giveBack(one);
  return { made };
}

test("what was given back is used again, as long as no more wait than may", () => {
  const spares = new Spares<object>(3);
  expect(useAtOnce(spares, 5)).toEqual({ made: 5 });
  expect(useAtOnce(spares, 5)).toEqual({ made: 2 });
});

test("what one slow moment needed is let go, and what is needed again and again is kept", () => {
  const spares = new Spares<object>(8);
  useAtOnce(spares, 8);
  for (let i = 0; i < 1_200; i++) expect(useAtOnce(spares, 2)).toEqual({ made: 0 });
  expect(useAtOnce(spares, 8)).toEqual({ made: 6 });
});

test("keeps all while all are needed now and then", () => {
  const spares = new Spares<object>(8);
  useAtOnce(spares, 8);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 250; i++) useAtOnce(spares, 1);
    expect(useAtOnce(spares, 8)).toEqual({ made: 0 });
  }
});

test("never gives what somebody holds", () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.constant("take") }, fc.constant("give back"));
  fc.assert(
    fc.property(fc.array(step, { size: "max", maxLength: 5_000 }), fc.nat(10), (steps, max) => {
      const spares = new Spares<object>(max);
      const held: object[] = [];
      for (const one of steps) {
        if (one === "take") {
          const taken = spares.take() ?? {};
          expect(held.includes(taken)).toBe(false);
          held.push(taken);
        } else {
          const back = held.shift();
          if (back !== undefined) spares.giveBack(back);
        }
      }
    }),
  );
});
