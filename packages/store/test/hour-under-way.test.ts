import { openStore, type UsageQuery } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf } from "./rows.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** So lately that nothing is deleted. */
const startMs = (Math.floor(Date.now() / dayMs) - 2) * dayMs;
const folder = new TemporaryFolder("store");
afterAll(() => folder[Symbol.dispose]());

const callAt = (minute: number, channel = "a") => ({
  tsMs: startMs + minute * minuteMs,
  channel,
  model: "model",
  feature: "feature",
  tokensIn: 1,
  tokensOut: 0,
  latencyMs: 100,
});

/** Calls of these minutes are in the rollups, and then those of others come. */
async function fileOf(name: string, rolled: readonly number[], later: readonly number[]): Promise<string> {
  const path = folder.file(`${name}.db`);
  const store = await openStore(path);
  await store.write(
    batchOf({ llmUsage: rolled.map((minute, i) => callAt(minute, i % 2 === 0 ? "a" : "b")) }),
  );
  await store.maintain();
  await store.write(batchOf({ llmUsage: later.map((minute) => callAt(minute)) }));
  await store.close();
  return path;
}

async function callsOf(path: string, query: Omit<UsageQuery, "fromMs" | "toMs">, from: number, to: number) {
  const store = await openStore(path);
  try {
    const totals = await store.usageTotals({
      ...query,
      fromMs: startMs + from * minuteMs,
      toMs: startMs + to * minuteMs,
    });
    return [...totals].reduce((sum, { calls }) => sum + calls, 0);
  } finally {
    await store.close();
  }
}

test("totals of a period that ends within an hour have just its calls, rolled up or not, later or not", async () => {
  let file = 0;
  const minutes = fc.array(fc.integer({ min: 0, max: 239 }), { minLength: 1, maxLength: 12 });
  const keys = fc.constantFrom<Omit<UsageQuery, "fromMs" | "toMs">>(
    {},
    { groupBy: ["channel"] },
    { groupBy: ["hour"] },
    { groupBy: ["day"] },
    { groupBy: ["day"], offsetMinutes: 330 },
    { groupBy: ["day"], offsetMinutes: -150 },
  );
  const bounds = fc.tuple(fc.integer({ min: 0, max: 239 }), fc.integer({ min: 1, max: 240 }));
  await fc.assert(
    fc.asyncProperty(minutes, minutes, keys, bounds, async (rolled, later, query, [from, length]) => {
      const to = from + length;
      const path = await fileOf(`${file++}`, rolled, later);
      const expected = [...rolled, ...later].filter((minute) => minute >= from && minute < to).length;
      expect(await callsOf(path, query, from, to)).toBe(expected);
    }),
    { numRuns: 15 },
  );
}, 180_000);

test("a period that ends now has the hour under way from the rollups, another one its rows", async () => {
  const path = await fileOf("under-way", [61, 62, 63, 64], []);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_usage_hours SET calls = 100 * calls");
  db.close();
  expect(await callsOf(path, {}, 60, 65)).toBe(400);
  expect(await callsOf(path, {}, 0, 65)).toBe(400);
  expect(await callsOf(path, { channel: "b" }, 60, 90)).toBe(200);
  // The rollups have a later one, and then the beginning of the hour is not asked for.
  expect(await callsOf(path, {}, 60, 64)).toBe(3);
  expect(await callsOf(path, {}, 61, 66)).toBe(4);
});

test("percentiles of an hour that an older version rolled up are those of its calls", async () => {
  const path = await fileOf("older", [60, 61, 62], []);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_usage_hours SET latency_bins = NULL WHERE channel = 'a'");
  db.close();
  await using store = await openStore(path, { readOnly: true });
  const [total] = await store.usageTotals({
    fromMs: startMs + 60 * minuteMs,
    toMs: startMs + 63 * minuteMs,
    percentiles: true,
  });
  expect(total).toMatchObject({ calls: 3, latencyPercentileCalls: 3 });
});
