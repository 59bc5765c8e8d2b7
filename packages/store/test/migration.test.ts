import { readFileSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { type Migration, migrations } from "../src/sqlite/file/schema.js";
import { batchOf, everything, usageRows } from "./rows.js";

const later = (additive: boolean): Migration => ({
  version: 1_000,
  name: "from a later version",
  additive,
  needs: "9.8.7",
  sql: "CREATE TABLE monitor_later (a)",
});

async function migratedFile(folder: TemporaryFolder): Promise<string> {
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  return path;
}

test("an older version opens a file whose newer steps are only additive", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  expect(migrate(db, path, [...migrations, later(true)])).toEqual([1_000]);
  expect(migrate(db, path, [...migrations, later(true)]), "once").toEqual([]);
  db.close();
  await using store = await openStore(path);
  expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
  expect((await store.usageTotals(everything))[0]?.calls).toBe(1);
});

test("an older file that is only read answers all the same: what it has no column for is unknown", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, migrations.slice(0, 1));
  db.exec(`INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms)
    VALUES ('2026-05-20T12:00:00.000000+00:00', 'a', 'm', 'f', 10, 2, NULL);
    INSERT INTO monitor_usage_extras (usage_id, provider, tokens_cached, cost_usd) VALUES (1, 'p', 4, NULL);
    INSERT INTO monitor_usage_hours (channel, bucket_ms, model, feature, calls, tokens_in, tokens_out, cached_calls,
      tokens_cached, cost_calls, cost_usd, latency_calls, latency_sum)
    VALUES ('a', 1779271200000, 'm', 'f', 1, 5, 1, 1, 2, 0, 0, 0, 0)`);
  db.close();
  await using store = await openStore(path, { readOnly: true });
  const period = { fromMs: Date.UTC(2026, 4, 20), toMs: Date.UTC(2026, 4, 21) };
  expect(await store.usageTotals(period)).toMatchObject([
    {
      calls: 2,
      tokensIn: 15,
      tokensCached: 6,
      cachedCalls: 2,
      tokensCacheWrite: null,
      cacheWriteCalls: 0,
      errors: 0,
    },
  ]);
  expect(await store.channelSummary(period)).toMatchObject([{ channel: "a", calls: 2 }]);
});

test("percentiles are of the calls that have a histogram alone, and say of how many: an older version makes none [cost/C15]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, migrations.slice(0, 10));
  const hourMs = Date.UTC(2026, 4, 20, 10);
  // What an older version does, before the file has histograms and after it.
  const rollUp = (model: string, latencyMs: number) =>
    `INSERT INTO monitor_usage_hours (channel, bucket_ms, model, feature, calls, tokens_in, tokens_out, cached_calls,
       tokens_cached, cost_calls, cost_usd, latency_calls, latency_sum)
     VALUES ('a', ${hourMs}, '${model}', 'f', 1, 5, 1, 0, 0, 0, 0, 1, ${latencyMs})
     ON CONFLICT DO UPDATE SET calls = calls + 1, latency_calls = latency_calls + 1, latency_sum = latency_sum + ${latencyMs}`;
  db.exec(rollUp("old", 100));
  db.exec(rollUp("mixed", 100));
  db.close();
  const period = { fromMs: hourMs, toMs: hourMs + 3_600_000, groupBy: ["model"] as const };
  const unknown = { latencyMsP50: null, latencyMsP95: null, latencyMsP99: null, latencyPercentileCalls: 0 };
  {
    await using store = await openStore(path, { readOnly: true });
    expect(await store.usageTotals(period)).toMatchObject([
      { model: "mixed", latencyMsAvg: 100, latencyCalls: 1, ...unknown },
      { model: "old", latencyMsAvg: 100, latencyCalls: 1, ...unknown },
    ]);
  }
  {
    await using store = await openStore(path);
    const call = {
      tsMs: hourMs + 5,
      channel: "a",
      feature: "f",
      tokensIn: 1,
      tokensOut: 1,
      latencyMs: 5_000,
    };
    await store.write(
      batchOf({
        llmUsage: [
          { ...call, model: "mixed" },
          { ...call, model: "new" },
        ],
      }),
    );
    await store.maintain();
  }
  const older = new (loadDriver())(path);
  older.exec(rollUp("new", 100));
  older.close();
  await using store = await openStore(path, { readOnly: true });
  const near = expect.closeTo(5_000, -3);
  const known = { latencyMsP50: near, latencyMsP95: near, latencyMsP99: near, latencyPercentileCalls: 1 };
  expect(await store.usageTotals(period)).toMatchObject([
    { model: "mixed", latencyMsAvg: 2_550, latencyCalls: 2, ...known },
    { model: "old", latencyMsAvg: 100, latencyCalls: 1, ...unknown },
    { model: "new", latencyMsAvg: 2_550, latencyCalls: 2, ...known },
  ]);
});

test("the fleet and its history are read of a file of any older version, in place: what it has no column for is null [server/F11]", async () => {
  for (let steps = 1; steps < migrations.length; steps++) {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const db = new (loadDriver())(path);
    db.pragma("journal_mode = WAL");
    migrate(db, path, migrations.slice(0, steps));
    db.exec(`INSERT INTO monitor_bots (channel, pid, status, features_json, registered_at_ms, last_seen_ms, status_since_ms,
        process_seen, restarts) VALUES ('a', 7, 'online', '{}', 1779278400000, 1779278400000, 1779278400000, 1, 2);
      INSERT INTO monitor_status_history (ts_ms, channel, pid, from_status, to_status, cause)
      VALUES (1779278400000, 'a', 7, NULL, 'online', 'registered')`);
    db.close();
    await using store = await openStore(path, { readOnly: true });
    expect(await store.fleet(), `${steps}`).toMatchObject([{ channel: "a", restarts: 2, startTold: null }]);
    const event = { channel: "a", to: "online", causeCode: "registered", trouble: null };
    for (const query of [
      {},
      { channel: "a" },
      { causes: ["registered"] as const },
      { to: ["online"] as const },
    ]) {
      expect(await store.statusHistory({ limit: 5, ...query }), `${steps}`).toMatchObject([event]);
    }
  }
});

test("whether a bot told its start is unknown of a row of an older version, read in place and after its migration [server/F11]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, migrations.slice(0, 6));
  const at = "2026-05-20T12:00:00.000000+00:00";
  db.exec(`INSERT INTO bot_status (channel, pid, status, features_json, registered_at, last_seen)
    VALUES ('a', 7, 'online', '{}', '${at}', '${at}');
    INSERT INTO monitor_bots (channel, pid, status, features_json, registered_at_ms, last_seen_ms, status_since_ms,
      started_at_ms, process_seen, restarts)
    VALUES ('a', 7, 'online', '{}', 1779278400000, 1779278400000, 1779278400000, 1779278300000, 1, 0)`);
  db.close();
  const old = { channel: "a", startedAtMs: 1_779_278_300_000, startTold: null, processSeen: true };
  {
    await using store = await openStore(path, { readOnly: true });
    expect(await store.fleet()).toMatchObject([{ ...old, origin: "monitor" }]);
  }
  await using store = await openStore(path);
  expect(await store.fleet()).toMatchObject([{ ...old, origin: "monitor" }]);
});

test("a step that is more than additive is refused, naming the version that knows it", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  migrate(db, path, [...migrations, later(false)]);
  db.close();
  await expect(openStore(path)).rejects.toMatchObject({
    code: "newer_file",
    message: expect.stringContaining("9.8.7"),
  });
});

test("a step that was applied with another text is refused", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_migrations SET checksum = 'other'");
  db.close();
  await expect(openStore(path)).rejects.toMatchObject({ code: "migration_mismatch" });
});

test("a step that fails leaves the file as it was", async () => {
  using folder = new TemporaryFolder("store");
  const path = await migratedFile(folder);
  const db = new (loadDriver())(path);
  const tables = () => db.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
  const before = tables();
  const broken = { ...later(true), version: 1_001, sql: "CREATE TABLE half (a); CREATE TABLE half (a)" };
  expect(() => migrate(db, path, [...migrations, later(true), broken])).toThrow();
  expect(tables()).toEqual(before);
  expect(db.prepare("SELECT count(*) FROM monitor_migrations").pluck().get()).toBe(migrations.length);
  db.close();
});

test("the page on upgrades says whether an older version goes on with the file [trial/D1]", () => {
  const page = readFileSync(new URL("../../../docs/upgrade.md", import.meta.url), "utf8");
  const isSaid = page.includes("so far every version only adds");
  expect(isSaid).toBe(migrations.every(({ additive }) => additive));
});
