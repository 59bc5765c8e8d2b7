import { readdirSync } from "node:fs";
import { defaultRetention, runningThreads, type Store } from "@kissbot/store";
import { silentLogger, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../src/clock.js";
import { StoreKeeper, type StoreKeeperOptions } from "../../src/worker/store-keeper.js";

vi.setConfig({ testTimeout: 60_000 });

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder("keeper");
});
afterEach(() => folder[Symbol.dispose]());

function keeperOf(change: Partial<StoreKeeperOptions> = {}): StoreKeeper {
  return new StoreKeeper({
    url: folder.file("kb.db"),
    retention: defaultRetention,
    clock: systemClock,
    logger: silentLogger,
    onFirst: async () => undefined,
    onReady: () => undefined,
    onFresh: () => undefined,
    ...change,
  });
}

const descriptors = () => readdirSync("/proc/self/fd").length;

test.skipIf(process.platform !== "linux")(
  "a store whose fleet cannot be read is closed before the next attempt: no thread and no descriptor leaks [server/F1]",
  async () => {
    let attempts = 0;
    let most = 0;
    const before = descriptors();
    let open = Number.POSITIVE_INFINITY;
    const keeper = keeperOf({
      onFirst: async (store: Store) => {
        attempts++;
        most = Math.max(most, runningThreads());
        open = descriptors();
        if (attempts < 4) throw new Error(`cannot read ${store.state().status}`);
      },
    });
    await keeper.open(1_000);
    await until("it is told", () => keeper.problem()?.code === "store_refused");
    await until("the fourth attempt", () => keeper.store !== null);
    expect(attempts).toBe(4);
    expect(most, "one writer and one reader").toBe(2);
    expect(open - before).toBeLessThan(20);
    expect(keeper.problem()).toBeNull();
    await keeper.close(1_000);
    expect(runningThreads()).toBe(0);
  },
);

test("a keeper that is closed while its store is opened leaves nothing open [server/F1]", async () => {
  let asked = false;
  const keeper = keeperOf({
    onFirst: () => {
      asked = true;
      return new Promise(() => undefined);
    },
  });
  expect(await keeper.open(500)).toBe(false);
  await until("its fleet is read", () => asked);
  expect(runningThreads()).toBe(2);
  await keeper.close(500);
  await until("its threads end", () => runningThreads() === 0);
});
