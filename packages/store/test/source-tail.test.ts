import { copyFileSync, renameSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { migrations } from "../src/sqlite/file/schema.js";
import { SourceTail } from "../src/sqlite/read/source-tail.js";
import { batchOf, botRow, customRows, metricRows, usageRows } from "./rows.js";

const at = "2026-05-20T12:00:00.250000+00:00";
const atMs = Date.UTC(2026, 4, 20, 12, 0, 0, 250);
const all = { first: 1, last: 1_000 };

async function sql(path: string, text: string): Promise<void> {
  await (await openStore(path)).close();
  const db = new (loadDriver())(path);
  db.exec(text);
  db.close();
}

function tailOf(path: string): SourceTail & Disposable {
  const tail = new SourceTail(path);
  return Object.assign(tail, { [Symbol.dispose]: () => tail.close() });
}

test("every field of every row is read as it was written, whether it is known or not", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path);
  const change = { tsMs: atMs, channel: "a", pid: 7, from: null, to: "online", cause: "registered" } as const;
  const call = { tsMs: atMs, channel: "a", model: "m", feature: "f", tokensIn: 3, tokensOut: 0 };
  const sample = { tsMs: atMs, channel: "a", pid: 7, rssMb: 1.5, cpuPct: 0, featuresJson: "{}" };
  const value = { tsMs: atMs, channel: "a", metricName: "\u{1f916} n\u0000ul", value: -1.25 };
  const rows = {
    statusChanges: [
      { ...change, causeCode: "registered", previousPid: null, livedMs: null, trouble: null },
      {
        ...change,
        from: "online" as const,
        causeCode: "other",
        previousPid: 6,
        livedMs: 2.5,
        trouble: "no key",
      },
    ],
    llmUsage: [
      {
        ...call,
        error: null,
        provider: null,
        tokensCached: null,
        tokensCacheWrite: null,
        costUsd: null,
        priceId: null,
        latencyMs: null,
      },
      {
        ...call,
        error: "timeout",
        provider: "p",
        tokensCached: 0,
        tokensCacheWrite: 2,
        costUsd: 0.125,
        priceId: 9_007_199_254_740_991,
        latencyMs: 0,
      },
    ],
    botMetrics: [
      { ...sample, share: null },
      { ...sample, share: 0.25 },
    ],
    customMetrics: [value],
  };
  await store.write(batchOf(rows));
  using tail = tailOf(path);
  expect([...tail.read("status", { first: 1, last: 2 }).table]).toEqual(rows.statusChanges);
  expect([...tail.read("usage", { first: 1, last: 2 }).table]).toEqual(rows.llmUsage);
  expect([...tail.read("metrics", { first: 1, last: 2 }).table]).toEqual(rows.botMetrics);
  expect([...tail.read("custom", { first: 1, last: 1 }).table]).toEqual(rows.customMetrics);
  expect(tail.read("usage", { first: 1, last: 2 })).toMatchObject({ deleted: 0, rejected: 0 });
  expect([...tail.read("usage", { first: 2, last: 2 }).table]).toEqual(rows.llmUsage.slice(1));
});

test("its news are the commits of others, its openings end at the newest row, and its bots are those of now", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path);
  await store.write(batchOf({ bots: [botRow()] }));
  using tail = tailOf(path);
  expect([tail.hasNews(), tail.hasNews()]).toEqual([true, false]);
  expect(tail.openings()).toEqual({ status: [], usage: [], custom: [], metrics: [] });
  expect(tail.bots()).toMatchObject([{ channel: "twitch_main", status: "online", origin: "monitor" }]);
  await store.write(
    batchOf({ llmUsage: usageRows(30), customMetrics: customRows(7), botMetrics: metricRows(5) }),
  );
  expect([tail.hasNews(), tail.hasNews()]).toEqual([true, false]);
  const { opening, hostId } = tail.identity() ?? {};
  expect(hostId).toMatch(/^[\da-f-]{36}$/);
  expect(tail.openings()).toEqual({
    status: [],
    usage: [{ opening, first: 1, last: 30 }],
    custom: [{ opening, first: 1, last: 7 }],
    metrics: [{ opening, first: 1, last: 5 }],
  });
});

test("deleted rows are counted, also where no newer row came", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const store = await openStore(path);
  await store.write(
    batchOf({ llmUsage: usageRows(30), customMetrics: customRows(30), botMetrics: metricRows(30) }),
  );
  await store.close();
  await sql(
    path,
    "DELETE FROM llm_usage WHERE id > 10; DELETE FROM monitor_custom_metrics; DELETE FROM bot_metrics WHERE id % 2 = 0",
  );
  using tail = tailOf(path);
  const openings = tail.openings();
  for (const source of ["usage", "custom", "metrics"] as const)
    expect(openings[source]).toMatchObject([{ first: 1, last: 30 }]);
  expect(tail.read("usage", { first: 1, last: 30 })).toMatchObject({ deleted: 20, rejected: 0 });
  expect(tail.read("custom", { first: 1, last: 30 })).toMatchObject({ deleted: 30, table: { length: 0 } });
  expect(tail.read("metrics", { first: 3, last: 12 })).toMatchObject({ deleted: 5, table: { length: 5 } });
});

test("rows that no store takes are counted, and hold up no other", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await sql(
    path,
    `INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms) VALUES
      ('${at}', 'a', 'm', 'f', 1, 1, NULL), ('yesterday', 'a', 'm', 'f', 1, 1, NULL), ('${at}', x'00', 'm', 'f', 1, 1, NULL),
      ('${at}', 'a', 'm', 'f', 'many', 1, NULL), ('${at}', '', 'm', 'f', 1, 1, NULL), ('${at}', 'a', 'm', 'f', 2, 1, 5);
    INSERT INTO bot_metrics (ts, channel, pid, rss_mb, cpu_pct, features_json) VALUES
      ('${at.replace(".250000", "")}', 'a', 7, 1.5, 0, '{}'), ('${at}', 'a', 7, -1, 0, '{}')`,
  );
  using tail = tailOf(path);
  const usage = tail.read("usage", all);
  expect(usage).toMatchObject({ rejected: 4, deleted: 994 });
  expect([...usage.table].map(({ tsMs, tokensIn, latencyMs }) => [tsMs, tokensIn, latencyMs])).toEqual([
    [atMs, 1, null],
    [atMs, 2, 5],
  ]);
  const metrics = tail.read("metrics", all);
  expect(metrics).toMatchObject({ rejected: 1, deleted: 998 });
  expect([...metrics.table]).toMatchObject([{ tsMs: atMs - 250, rssMb: 1.5, share: null }]);
});

test("a cost that a logger of the Python era wrote is the call's cost, unless ours is known", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await sql(
    path,
    `INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, cost_usd) VALUES
      ('${at}', 'a', 'm', 'f', 1, 1, 0.5), ('${at}', 'a', 'm', 'f', 1, 1, 0.5), ('${at}', 'a', 'm', 'f', 1, 1, NULL);
    INSERT INTO monitor_usage_extras (usage_id, cost_usd) VALUES (2, 0.25)`,
  );
  using tail = tailOf(path);
  expect([...tail.read("usage", all).table].map(({ costUsd }) => costUsd)).toEqual([0.5, 0.25, null]);
});

test("a change of status from before there were codes has the code of its sentence", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, migrations.slice(0, 1));
  db.exec(`INSERT INTO monitor_status_history (ts_ms, channel, pid, from_status, to_status, cause)
    VALUES (${atMs}, 'a', 7, NULL, 'online', 'said goodbye'), (${atMs}, 'a', 7, NULL, 'melted', 'c')`);
  db.close();
  {
    using tail = tailOf(path);
    expect(tail.identity(), "no writer of this version was there yet").toBe(null);
  }
  await (await openStore(path)).close();
  using tail = tailOf(path);
  const rows = tail.read("status", { first: 1, last: 2 });
  expect([...rows.table]).toMatchObject([{ tsMs: atMs, causeCode: "goodbye", trouble: null }]);
  expect(rows.rejected, "a status that there is not").toBe(1);
  expect(tail.openings().status).toEqual([{ opening: 0, first: 1, last: 2 }]);
});

test("a file that was put in place of another one is noticed", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  using tail = tailOf(path);
  expect(tail.isThere()).toBe(true);
  copyFileSync(path, folder.file("other.db"));
  renameSync(folder.file("other.db"), path);
  expect(tail.isThere()).toBe(false);
});

test("everything that a writer wrote is read in ranges of any size, once", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await using store = await openStore(path);
  const calls = usageRows(257).map((row, i) => ({ ...row, tokensIn: i }));
  for (let from = 0; from < calls.length; from += 50)
    await store.write(batchOf({ llmUsage: calls.slice(from, from + 50) }));
  using tail = tailOf(path);
  for (const size of [1, 7, 100, 1_000]) {
    const found: number[] = [];
    for (let first = 1; first <= 257; first += size) {
      const { table, deleted } = tail.read("usage", { first, last: Math.min(257, first + size - 1) });
      expect(deleted).toBe(0);
      for (const { tokensIn } of table) found.push(tokensIn);
    }
    expect(found.sort((a, b) => a - b)).toEqual(calls.map(({ tokensIn }) => tokensIn));
  }
});
