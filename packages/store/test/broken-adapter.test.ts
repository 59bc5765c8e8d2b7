import { openStore } from "@kissbot/store";
import { contractCases } from "@kissbot/store/contract";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenStore, faults } from "./broken-store.js";

const capabilities = { durable: false, backup: false };

// That it fails is the question; the smallest history that shows it would take a minute for each
// fault.
beforeAll(() => fc.configureGlobal({ endOnFailure: true }));
afterAll(() => fc.resetConfigureGlobal());

describe("the contract suite", () => {
  test.each(Object.entries(faults))(
    "fails an adapter that %s",
    async (_name, { breaks, caughtBy }) => {
      const found = contractCases(capabilities, 20).find(({ name }) => name === caughtBy);
      expect(found, caughtBy).toBeDefined();
      const run = found?.run(async (request) => {
        const store = await openStore("memory:", request);
        return { store: brokenStore(store, breaks(store)), dispose: () => store.close() };
      });
      await expect(run).rejects.toThrow();
    },
    120_000,
  );

  test("asks only for what an adapter declares", () => {
    const names = (durable: boolean, backup: boolean) =>
      contractCases({ durable, backup }).map(({ name }) => name);
    expect(names(false, false).some((name) => name.startsWith("backup:"))).toBe(false);
    expect(names(false, true).filter((name) => name.startsWith("backup:"))).toHaveLength(2);
    expect(names(true, true).length).toBeGreaterThan(names(false, true).length);
  });
});
