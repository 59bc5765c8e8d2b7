import { openStore, type Store } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { batchOf, customRows, metricRows, usageRows } from "./rows.js";

const day = 86_400_000;
const nowMs = Date.now();

interface Life {
  readonly store: Store;
  maintainAt(ms: number): Promise<{ readonly deleted: number; readonly withheldUntilMs: number | null }>;
}

async function live(folder: TemporaryFolder, body: (life: Life) => Promise<void>): Promise<void> {
  let clockMs = nowMs;
  await using store = await openStore(folder.file("kissbot_monitor.db"), { now: () => clockMs });
  await body({
    store,
    maintainAt: async (ms) => {
      clockMs = ms;
      const { deleted, withheldUntilMs } = await store.maintain();
      return { deleted: Object.values(deleted).reduce((sum, rows) => sum + rows, 0), withheldUntilMs };
    },
  });
}

const write = (store: Store, tsMs: number) =>
  store.write(
    batchOf({
      botMetrics: metricRows(100, { tsMs }),
      customMetrics: customRows(100).map((row) => ({ ...row, tsMs })),
      llmUsage: usageRows(10, { tsMs }),
    }),
  );

test.each([
  ["2038", Date.UTC(2038, 0, 19, 3)],
  ["1970", 5_000],
  ["next year", nowMs + 365 * day],
])(
  "a clock that says %s at the start deletes nothing, however often it starts [server/F16]",
  async (_when, wrongMs) => {
    using folder = new TemporaryFolder("store");
    await live(folder, async ({ store }) => void (await write(store, nowMs - day)));
    for (let life = 0; life < 3; life++) {
      await live(folder, async ({ store, maintainAt }) => {
        // What the wrong clock has written by then proves nothing.
        await write(store, wrongMs);
        const { deleted, withheldUntilMs } = await maintainAt(wrongMs + life * 60_000);
        expect({ life, deleted }).toEqual({ life, deleted: 0 });
        expect(withheldUntilMs).not.toBeNull();
      });
    }
    // Set right again, it is on probation once more, and then rows go that are past their
    // retention.
    await live(folder, async ({ maintainAt }) => {
      expect(await maintainAt(nowMs)).toMatchObject({ deleted: 0 });
      const week = nowMs + 7 * day + 1;
      const { deleted, withheldUntilMs } = await maintainAt(week);
      expect(withheldUntilMs).toBeNull();
      expect(deleted).toBeGreaterThanOrEqual(100);
    });
  },
);

test("a clock that leaps between two rounds deletes nothing [server/F16]", async () => {
  using folder = new TemporaryFolder("store");
  await live(folder, async ({ store, maintainAt }) => {
    await write(store, nowMs - day);
    expect(await maintainAt(nowMs)).toEqual({ deleted: 0, withheldUntilMs: null });
    const wrongMs = Date.UTC(2038, 0, 19, 3);
    expect(await maintainAt(wrongMs)).toMatchObject({ deleted: 0, withheldUntilMs: wrongMs + 7 * day });
    expect(await maintainAt(wrongMs + 3_600_000)).toMatchObject({ deleted: 0 });
    expect(await maintainAt(nowMs + 7_200_000)).toMatchObject({ deleted: 0 });
  });
});

test("a clock that goes on, or stood still for a month at most, deletes what is past its retention [server/F16]", async () => {
  using folder = new TemporaryFolder("store");
  await live(folder, async ({ store }) => void (await write(store, nowMs - day)));
  await live(folder, async ({ maintainAt }) => {
    expect(await maintainAt(nowMs + 3_600_000)).toMatchObject({ withheldUntilMs: null });
    const { deleted, withheldUntilMs } = await maintainAt(nowMs + 30 * day);
    expect(withheldUntilMs).toBeNull();
    expect(deleted).toBeGreaterThanOrEqual(200);
  });
});
