import { openStore, type Store } from "@kissbot/store";
import { type OpenedStore, type OpenRequest, storeContract } from "@kissbot/store/contract";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, test } from "vitest";

describe("sqlite", () => {
  storeContract({
    // The oracle's case replays histories on real files, and shrinks one that fails.
    test: (name, body) => test(name, body, 120_000),
    capabilities: { durable: true, backup: true },
    open: async (request: OpenRequest): Promise<OpenedStore> => {
      const folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      const stores: Store[] = [];
      const open = async (at: string) => {
        const store = await openStore(at, request);
        stores.push(store);
        return store;
      };
      return {
        store: await open(path),
        reopen: () => open(path),
        openCopy: open,
        dispose: async () => {
          await Promise.all(stores.map((store) => store.close()));
          folder[Symbol.dispose]();
        },
      };
    },
  });
});

describe("memory", () => {
  storeContract({
    test,
    capabilities: { durable: false, backup: false },
    open: async (request: OpenRequest): Promise<OpenedStore> => {
      const store = await openStore("memory:", request);
      return { store, dispose: () => store.close() };
    },
  });
});
