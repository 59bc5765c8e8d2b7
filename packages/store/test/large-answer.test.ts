import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf, customRows, everything } from "./rows.js";

const groups = 100_000;
const folder = new TemporaryFolder("store");
const path = folder.file("kissbot_monitor.db");

beforeAll(async () => {
  const store = await openStore(path);
  const tsMs = Date.now() - 3_600_000;
  await store.write(
    batchOf({
      customMetrics: customRows(10_000),
      statusChanges: Array.from({ length: 3_000 }, (_, i) => ({
        tsMs: tsMs + i,
        channel: `channel_${i % 7}`,
        pid: i,
        from: null,
        to: "online" as const,
        cause: `registered ${i}`,
      })),
    }),
  );
  await store.close();
  const db = new (loadDriver())(path);
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO monitor_usage_hours (channel, bucket_ms, model, feature, calls, tokens_in, tokens_out, cached_calls, tokens_cached,
       cost_calls, cost_usd, latency_calls, latency_sum)
     SELECT 'a', 0, 'model', printf('request-%020d', i), 1, i, 0, 0, 0, 1, 0.5, 0, 0 FROM n`,
  ).run(groups);
  db.close();
  return () => folder[Symbol.dispose]();
}, 60_000);

afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * How many values a message has that the thread that takes it must make one by one; a buffer is
 * one.
 */
function valuesIn(message: unknown): number {
  if (typeof message !== "object" || message === null || ArrayBuffer.isView(message)) return 1;
  return Object.values(message).reduce((sum: number, value) => sum + valuesIn(value), 1);
}

/** Ten thousand are made in about 2 ms. */
const mostValues = 10_000;

test("what a reader hands over at once is soon taken, however much was asked for", async () => {
  const store = await openStore(path);
  try {
    const sizes: number[] = [];
    const { emit } = Worker.prototype;
    vi.spyOn(Worker.prototype, "emit").mockImplementation(function (
      this: Worker,
      event: string | symbol,
      ...values: unknown[]
    ) {
      if (event === "message") sizes.push(valuesIn(values[0]));
      return emit.call(this, event as string, ...values);
    });
    const query = { ...everything, groupBy: ["feature"] } as const;
    expect((await store.usageList(query)).length).toBe(groups);
    expect((await store.statusHistory({ limit: 10_000 })).length).toBe(3_000);
    const period = { fromMs: Date.now() - 9_990_000, toMs: Date.now() };
    const { points } = await store.customSeries({ ...period, channel: "a", metricName: "m", points: 10_000 });
    expect(points.length).toBeGreaterThan(5_000);
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBeLessThan(mostValues);
  } finally {
    await store.close();
  }
});

test("a long history is the same as in short pages, whole and in order, wherever it is cut", async () => {
  const store = await openStore(path);
  try {
    const causes = async (query: Parameters<typeof store.statusHistory>[0]) =>
      (await store.statusHistory(query)).map(({ cause }) => cause);
    const all = Array.from({ length: 3_000 }, (_, i) => `registered ${2_999 - i}`);
    expect(await causes({ limit: 10_000 })).toEqual(all);
    for (const limit of [499, 500, 501, 1_000, 1_001, 2_999, 3_000]) {
      expect(await causes({ limit })).toEqual(all.slice(0, limit));
    }
    const last = (await store.statusHistory({ limit: 700 })).at(-1);
    expect(await causes({ beforeId: last?.id ?? 0, limit: 1_200 })).toEqual(all.slice(700, 1_900));
    const own = all.filter((_, i) => (2_999 - i) % 7 === 3);
    expect(await causes({ channel: "channel_3", limit: 10_000 })).toEqual(own);
  } finally {
    await store.close();
  }
});

const asker = fileURLToPath(new URL("group-asker.mjs", import.meta.url));

test.each([1, groups])(
  "a heap of 24 MB holds a question over 100,000 groups, %i answered",
  (top) => {
    const args = ["--max-old-space-size=24", asker, path, String(top)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      length: top,
      costUsd: top / 2,
      first: `request-${String(groups).padStart(20, "0")}`,
    });
  },
  60_000,
);
