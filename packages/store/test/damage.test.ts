import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { openStore, type Store, type StoreEvent } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { damageMiddleOf, padTo } from "./damaged-file.js";
import { batchOf, botRow, everything, metricRows, usageRows } from "./rows.js";

/** A database of 70 MiB in which one page of a table is damaged, closed. */
async function damagedFile(folder: TemporaryFolder, table: string): Promise<string> {
  const path = folder.file("kissbot_monitor.db");
  const store = await openStore(path);
  const bots = Array.from({ length: 3_000 }, (_, i) => botRow({ channel: `bot ${i}` }));
  await store.write(batchOf({ bots, llmUsage: usageRows(20_000), botMetrics: metricRows(20_000) }));
  await store.maintain();
  await store.close();
  padTo(path, 70);
  damageMiddleOf(path, table);
  return path;
}

async function opened(path: string, events: StoreEvent[]): Promise<Store> {
  return await openStore(path, { onEvent: (event) => events.push(event) });
}

/** A period that ends within an hour: what the rollups do not answer. */
const rawRows = { ...everything, fromMs: everything.toMs - 86_400_000 - 15_000 };

/** Of 5,000 changes, those around the one in the middle. */
const middleOfHistory = { beforeId: 3_000, limit: 1_000 };

const asides = (events: readonly StoreEvent[]) => events.filter(({ kind }) => kind === "set_aside");

describe("damage that only a reader or a chore meets, in a file of 70 MiB", () => {
  test.each<[string, string, (store: Store) => Promise<unknown>, unknown]>([
    ["the fleet", "monitor_bots", (store) => store.fleet(), []],
    ["the history", "monitor_status_history", (store) => store.statusHistory(middleOfHistory), []],
    ["usage", "llm_usage", async (store) => (await store.usageTotals(rawRows))[0]?.calls, 0],
  ])(
    "%s: the file is set aside whole, once, and the question is answered [server/F1] [server/F3]",
    async (_what, table, ask, answer) => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      if (table === "monitor_status_history") {
        const store = await openStore(path);
        const changes = Array.from({ length: 5_000 }, (_, i) => ({
          tsMs: Date.now(),
          channel: `bot ${i}`,
          pid: 1,
          from: null,
          to: "online" as const,
          cause: "registered",
        }));
        await store.write(batchOf({ statusChanges: changes }));
        await store.close();
        padTo(path, 70);
        damageMiddleOf(path, table);
      } else {
        await damagedFile(folder, table);
      }
      const damaged = readFileSync(path);
      const events: StoreEvent[] = [];
      await using store = await opened(path, events);
      expect(asides(events), "opening does not see it").toEqual([]);
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask(store)));
      expect(answers).toEqual(Array(4).fill(answer));
      expect(asides(events)).toHaveLength(1);
      const kept = readdirSync(folder.path).find((name) => /\.corrupt-[^-]*Z$/.test(name)) ?? "";
      expect(readFileSync(folder.file(kept)).equals(damaged)).toBe(true);
      expect(await store.write(batchOf({ llmUsage: usageRows(3) }))).toBe("applied");
      expect(store.state()).toMatchObject({ status: "ok", failures: [] });
    },
    60_000,
  );

  test("a rollup or the maintenance: what waits is written into the fresh file [server/F3]", async () => {
    using folder = new TemporaryFolder("store");
    const path = await damagedFile(folder, "llm_usage");
    // The cursor goes back, as if a Python monitor had written these rows.
    const db = new (loadDriver())(path);
    db.exec("UPDATE monitor_rollup_cursors SET last_id = 0");
    db.close();
    const events: StoreEvent[] = [];
    await using store = await opened(path, events);
    await until("the rollup meets it", () => asides(events).length === 1);
    expect(await store.write(batchOf({ llmUsage: usageRows(7) }))).toBe("applied");
    const { rolledUp } = await store.maintain();
    expect(rolledUp).toBeLessThanOrEqual(7);
    expect((await store.usageTotals(everything))[0]?.calls).toBe(7);
    expect(asides(events)).toHaveLength(1);
  }, 60_000);

  test("a backup: none is made, an older one stays, and the file is set aside [server/F3]", async () => {
    using folder = new TemporaryFolder("store");
    const path = await damagedFile(folder, "llm_usage");
    const older = folder.file("older.db");
    {
      await using empty = await openStore(folder.file("other.db"));
      await empty.backup(older);
    }
    const before = readFileSync(older);
    const events: StoreEvent[] = [];
    await using store = await opened(path, events);
    await expect(store.backup(older)).rejects.toMatchObject({ code: "backup_failed" });
    expect(readFileSync(older).equals(before)).toBe(true);
    expect(asides(events)).toHaveLength(1);
    expect(readdirSync(folder.path).filter((name) => name.includes(".partial-"))).toEqual([]);
  }, 60_000);

  test("nobody but a writer sets a file aside: a store that only reads says corrupt [server/F3]", async () => {
    using folder = new TemporaryFolder("store");
    const path = await damagedFile(folder, "llm_usage");
    await using store = await openStore(path, { readOnly: true });
    await expect(store.usageTotals(rawRows)).rejects.toMatchObject({ code: "corrupt" });
    expect(existsSync(path)).toBe(true);
    expect(readdirSync(folder.path).filter((name) => name.includes("corrupt"))).toEqual([]);
  }, 60_000);
});

test("a read that fails for long is told once, stands in the state, and is over when it works again [server/F3]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const events: StoreEvent[] = [];
  await using store = await opened(path, events);
  const other = new (loadDriver())(path);
  other.exec("ALTER TABLE monitor_custom_metrics RENAME TO gone");
  const query = { channel: "a", metricName: "m", ...everything, points: 5 };
  for (let i = 0; i < 3; i++)
    await expect(store.customSeries(query)).rejects.toMatchObject({ code: "refused" });
  expect(events.filter(({ kind }) => kind === "failing")).toEqual([
    {
      kind: "failing",
      what: "customSeries",
      code: "refused",
      detail: expect.stringContaining("no such table"),
    },
  ]);
  expect(store.state().failures).toMatchObject([{ what: "customSeries", code: "refused" }]);
  expect((await store.usageTotals(everything))[0]?.calls, "others work").toBe(0);
  expect(store.state().failures).toHaveLength(1);
  other.exec("ALTER TABLE gone RENAME TO monitor_custom_metrics");
  other.close();
  await store.customSeries(query);
  expect(events.at(-1)).toEqual({ kind: "working", what: "customSeries" });
  expect(store.state().failures).toEqual([]);
});

test("maintenance that fails for long is told once, and is over when it works again [server/F3]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const events: StoreEvent[] = [];
  await using store = await opened(path, events);
  const other = new (loadDriver())(path);
  other.exec(
    "CREATE TRIGGER boom BEFORE INSERT ON monitor_usage_hours BEGIN SELECT RAISE(ABORT, 'not here'); END",
  );
  await store.write(batchOf({ llmUsage: usageRows(5) }));
  for (let i = 0; i < 2; i++) await expect(store.maintain()).rejects.toMatchObject({ code: "refused" });
  expect(events.filter(({ kind }) => kind === "failing")).toMatchObject([{ what: "maintain" }]);
  expect(store.state()).toMatchObject({ status: "ok", failures: [{ what: "maintain", code: "refused" }] });
  other.exec("DROP TRIGGER boom");
  other.close();
  await store.maintain();
  await until("it is told", () => events.at(-1)?.kind === "working");
  expect(store.state().failures).toEqual([]);
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;
if (!canMount) console.warn("damage.test.ts: SKIPPED what needs a mount (it takes Linux and root)");

test.skipIf(!canMount)(
  "a file that is a mount of its own is copied aside and begun anew in its place [server/F1]",
  async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const outside = folder.file("outside.db");
    {
      const store = await openStore(outside);
      await store.write(batchOf({ llmUsage: usageRows(2_000) }));
      await store.close();
    }
    damageMiddleOf(outside, "llm_usage");
    const damaged = readFileSync(outside);
    writeFileSync(path, "");
    expect(spawnSync("mount", ["--bind", outside, path]).status, "mount").toBe(0);
    try {
      const events: StoreEvent[] = [];
      await using store = await opened(path, events);
      expect(asides(events)).toHaveLength(1);
      const kept = readdirSync(folder.path).find((name) => name.includes(".corrupt-")) ?? "";
      expect(readFileSync(folder.file(kept)).equals(damaged)).toBe(true);
      expect(await store.write(batchOf({ llmUsage: usageRows(4) }))).toBe("applied");
      expect((await store.usageTotals(everything))[0]?.calls).toBe(4);
    } finally {
      spawnSync("umount", ["--lazy", path]);
    }
    expect(readFileSync(outside).subarray(0, 15).toString(), "the mounted file is a database again").toBe(
      "SQLite format 3",
    );
  },
);
