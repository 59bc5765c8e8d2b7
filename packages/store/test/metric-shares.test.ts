import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { migrations } from "../src/sqlite/file/schema.js";
import { batchOf, metricRows } from "./rows.js";

const dayMs = 86_400_000;
const hourMs = 3_600_000;

function countOf(path: string, table: string): number {
  const db = new (loadDriver())(path, { readonly: true });
  try {
    return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
}

test("only a sample that counts for a part has a row beside it, and both go together", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const clock = { nowMs: Date.now() };
  await using store = await openStore(path, { now: () => clock.nowMs });
  await store.write(batchOf({ botMetrics: metricRows(50) }));
  expect(countOf(path, "monitor_metric_shares"), "of bots that are alone").toBe(0);
  await store.write(batchOf({ botMetrics: [...metricRows(30, { share: 0.5 }), ...metricRows(7)] }));
  expect(countOf(path, "monitor_metric_shares")).toBe(30);
  clock.nowMs += 8 * dayMs;
  await store.maintain();
  expect(countOf(path, "bot_metrics")).toBe(0);
  expect(countOf(path, "monitor_metric_shares")).toBe(0);
});

test("an older file counts each sample whole, read as it is and once it is migrated", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const step = migrations.findIndex(({ name }) => name === "a process of several bots counts once");
  const older = migrations.slice(0, step);
  expect(older.length).toBeGreaterThan(0);
  const hour = Math.floor((Date.now() - 5 * hourMs) / hourMs) * hourMs;
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, older);
  const ts = new Date(hour).toISOString().replace("Z", "000+00:00");
  const sample = db.prepare(
    "INSERT INTO bot_metrics (ts, channel, pid, rss_mb, cpu_pct, features_json) VALUES (?, ?, 7, 60, 4, '{}')",
  );
  for (const channel of ["a", "b"]) sample.run(ts, channel);
  for (const table of ["minutes", "hours"]) {
    db.exec(`INSERT INTO monitor_metric_${table} (channel, bucket_ms, n, rss_sum, rss_min, rss_max, cpu_sum, cpu_min, cpu_max)
      VALUES ('a', ${hour}, 1, 60, 60, 60, 4, 4, 4)`);
  }
  db.exec("UPDATE monitor_rollup_cursors SET last_id = 1 WHERE source = 'bot_metrics'");
  db.close();
  const questions = [
    { fromMs: hour, toMs: hour + 600_000, points: 600 },
    { fromMs: hour, toMs: hour + 2 * hourMs, points: 120 },
    { fromMs: hour, toMs: hour + 2 * dayMs, points: 48 },
  ];
  for (const readOnly of [true, false]) {
    await using store = await openStore(path, { readOnly });
    for (const question of questions) {
      const { points } = await store.fleetSeries(question);
      expect(points[0], `${question.points} points`).toMatchObject({ bots: 2, rssMb: 120, cpuPct: 8 });
    }
  }
});

test("a bucket to which an older version adds its own samples loses nothing of ours", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const hour = Math.floor((Date.now() - 5 * hourMs) / hourMs) * hourMs;
  const store = await openStore(path);
  const shared = { tsMs: hour, share: 0.5, rssMb: 60, cpuPct: 4 };
  const botMetrics = ["a", "b"].flatMap((channel) => metricRows(1, { ...shared, channel }));
  await store.write(batchOf({ botMetrics }));
  await store.maintain();
  await store.close();
  const db = new (loadDriver())(path);
  for (const table of ["minutes", "hours"]) {
    db.exec(
      `UPDATE monitor_metric_${table} SET n = n + 1, rss_sum = rss_sum + 100, cpu_sum = cpu_sum + 6 WHERE channel = 'a'`,
    );
  }
  db.close();
  await using later = await openStore(path);
  for (const [days, points] of [
    [1 / 12, 120],
    [2, 48],
  ] as const) {
    const answer = await later.fleetSeries({ fromMs: hour, toMs: hour + days * dayMs, points });
    expect(answer.points[0]).toMatchObject({ bots: 2, rssMb: (30 + 100) / 2 + 30, cpuPct: (2 + 6) / 2 + 2 });
  }
});
