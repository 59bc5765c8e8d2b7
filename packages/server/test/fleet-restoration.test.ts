import { openStore, type StoredBot } from "@kissbot/store";
import { ManualClock, silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { FleetRestoration } from "../src/fleet-restoration.js";
import type { ProcessProbe } from "../src/sampling/process-probe.js";
import type { StoreWriter } from "../src/worker/store-writer.js";

test("a fleet is read in pieces, and one that could not be read to its end goes on there: no bot is restored twice [server/F6]", async () => {
  await using store = await openStore("memory:");
  const bot = (n: number) => ({
    channel: `c${String(n).padStart(5, "0")}`,
    pid: n,
    status: "offline" as const,
    featuresJson: "{}",
    registeredAtMs: 1,
    lastSeenMs: 1,
    statusSinceMs: 1,
  });
  const bots = Array.from({ length: 1_750 }, (_, n) => bot(n));
  await store.write({ producer: "test", epoch: 1, seq: 1, bots });
  const restored: string[] = [];
  const restoration = new FleetRestoration({
    registry: {
      restore: (rows: readonly StoredBot[]) => void restored.push(...rows.map(({ channel }) => channel)),
    },
    probe: { probe: async () => new Map() } as unknown as ProcessProbe,
    writer: {
      isForgotten: (channel: string) => channel === "c00003",
      amendGreetings: () => undefined,
    } as unknown as StoreWriter,
    clock: new ManualClock(),
    logger: silentLogger as never,
  });
  const sizes: number[] = [];
  const failing = {
    statusHistory: store.statusHistory.bind(store),
    fleetPage: async (query: Parameters<typeof store.fleetPage>[0]) => {
      if (sizes.length === 2) throw new Error("the disk");
      const page = await store.fleetPage(query);
      sizes.push(page.bots.length);
      return page;
    },
  };
  await expect(restoration.restore(failing)).rejects.toThrow("the disk");
  await restoration.restore(store);
  expect(sizes).toEqual([500, 500]);
  expect(restored).toHaveLength(1_749);
  expect(new Set(restored).size).toBe(1_749);
});
