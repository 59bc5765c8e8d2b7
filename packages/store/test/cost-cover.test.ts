import { openStore, type Store, type UsageTotal } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { migrations } from "../src/sqlite/file/schema.js";
import { Rollup } from "../src/sqlite/write/rollup.js";
import { UsageSums } from "../src/sqlite/write/usage-sums.js";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 4, 20, 10);
const day = { fromMs: Date.UTC(2026, 4, 20), toMs: Date.UTC(2026, 4, 21) };

/** The rollup of the versions before prices: it counts costs, and not of which tokens they are. */
const oldRollup = `
INSERT INTO monitor_usage_hours (channel, bucket_ms, model, feature, calls, tokens_in, tokens_out, cached_calls,
  tokens_cached, cost_calls, cost_usd, latency_calls, latency_sum)
SELECT u.channel, unixepoch(substr(u.ts, 1, 13) || ':00:00') * 1000, u.model, u.feature, count(*), total(u.tokens_in),
  total(u.tokens_out), 0, 0, count(x.cost_usd), total(x.cost_usd), 0, 0
FROM llm_usage AS u LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id
WHERE u.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage') GROUP BY 1, 2, 3, 4
ON CONFLICT (channel, bucket_ms, model, feature) DO UPDATE SET calls = calls + excluded.calls,
  tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out,
  cost_calls = cost_calls + excluded.cost_calls, cost_usd = cost_usd + excluded.cost_usd;
UPDATE monitor_rollup_cursors SET last_id = (SELECT max(id) FROM llm_usage) WHERE source = 'llm_usage';`;

interface Call {
  readonly model: string;
  readonly hour?: number;
  readonly tokens: number;
  readonly cost?: number;
}

function insert(db: Database, calls: readonly Call[]): void {
  const row = db.prepare(
    `INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms)
     VALUES (strftime('%Y-%m-%dT%H:%M:%S', ?, 'unixepoch') || '.000000+00:00', 'a', ?, 'f', ?, 1, NULL)`,
  );
  const extra = db.prepare("INSERT INTO monitor_usage_extras (usage_id, cost_usd) VALUES (?, ?)");
  for (const { model, hour = 0, tokens, cost } of calls) {
    const { lastInsertRowid } = row.run((startMs + hour * hourMs) / 1_000, model, tokens - 1);
    if (cost !== undefined) extra.run(lastInsertRowid, cost);
  }
}

/** A file as the version before prices left it. */
function oldFile(path: string, calls: readonly Call[], { hasNinth = true } = {}): Database {
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path, migrations.slice(0, 9));
  if (!hasNinth) db.exec("ALTER TABLE llm_usage DROP COLUMN cost_usd");
  insert(db, calls);
  db.exec(oldRollup);
  return db;
}

const calls: readonly Call[] = [
  { model: "mixed", tokens: 100, cost: 0.5 },
  { model: "mixed", tokens: 300 },
  { model: "none", tokens: 50 },
  { model: "told", tokens: 60, cost: 0.25 },
  { model: "told", tokens: 40, cost: 0, hour: 1 },
];

const shares = ({ costToldUsd, costTokens, costCoverage }: UsageTotal) => [
  costToldUsd,
  costTokens,
  costCoverage,
];

async function byModel(store: Store, period = day): Promise<Record<string, unknown>> {
  const totals = await store.usageTotals({ ...period, groupBy: ["model"] });
  return Object.fromEntries(totals.map((total) => [total.model, shares(total)]));
}

const right = { mixed: [0.5, 100, 0.25], none: [null, 0, 0], told: [0.25, 100, 1] };
const unknown = [null, null, null];

test("hours that an older version rolled up get the coverage of their calls, and until then it is null where nobody knows [cost/C7]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  oldFile(path, calls).close();
  {
    await using store = await openStore(path, { readOnly: true });
    expect(await byModel(store)).toEqual({ ...right, mixed: unknown });
    const [all] = await store.usageTotals(day);
    expect(all && [all.costUsd, ...shares(all)]).toEqual([0.75, ...unknown]);
    // Parts of an hour are read from the calls, which know.
    expect(await byModel(store, { ...day, toMs: startMs + 1 })).toEqual({ ...right, told: [0.25, 60, 1] });
  }
  for (let round = 0; round < 3; round++) {
    await using store = await openStore(path);
    await store.maintain();
    expect(await byModel(store)).toEqual(right);
  }
});

test("what an older version adds to our hours is covered when we are back [cost/C7]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  const db = new (loadDriver())(path);
  const reader = async () => {
    await using store = await openStore(path, { readOnly: true });
    return await byModel(store);
  };
  const maintained = async () => {
    await using store = await openStore(path);
    await store.maintain();
    return await byModel(store);
  };
  insert(db, calls);
  expect(await maintained()).toEqual(right);
  insert(db, [
    { model: "told", tokens: 100 },
    { model: "mixed", tokens: 200, cost: 1 },
  ]);
  db.exec(oldRollup);
  expect(await reader()).toEqual({ ...right, mixed: unknown, told: unknown });
  expect(await maintained()).toEqual({ ...right, mixed: [1.5, 300, 0.5], told: [0.25, 100, 0.5] });
  db.close();
});

test("calls that were deleted before leave the coverage of their hour null, with later calls too [cost/C7]", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  const db = oldFile(path, calls);
  db.exec("DELETE FROM llm_usage; DELETE FROM monitor_usage_extras");
  {
    await using store = await openStore(path);
    await store.maintain();
    expect(await byModel(store)).toEqual({ ...right, mixed: unknown });
  }
  insert(db, [
    { model: "mixed", tokens: 100, cost: 1 },
    { model: "mixed", hour: 2, tokens: 10, cost: 2 },
  ]);
  db.close();
  await using store = await openStore(path);
  await store.maintain();
  expect((await byModel(store))["mixed"]).toEqual(unknown);
  const later = { ...day, fromMs: startMs + 2 * hourMs };
  expect(await byModel(store, later)).toEqual({ mixed: [2, 10, 1] });
});

test("a ninth column counts as told, whenever it comes [cost/C7]", async () => {
  const told = { ...right, mixed: [3.5, 400, 1], none: [2, 50, 1] };
  for (const coveredFirst of [0, 1, 2]) {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const many = Array.from({ length: 12_000 }, (): Call => ({ model: "many", tokens: 2 }));
    const db = oldFile(path, [...calls, ...many], { hasNinth: false });
    migrate(db, path);
    const rollup = new Rollup(db, new UsageSums());
    for (let step = 0; step < coveredFirst; step++) expect(rollup.rollUpNext()).toBeGreaterThan(0);
    db.exec(`ALTER TABLE llm_usage ADD COLUMN cost_usd REAL;
      UPDATE llm_usage SET cost_usd = CASE model WHEN 'mixed' THEN 3 WHEN 'none' THEN 2 WHEN 'told' THEN 9 ELSE 0.5 END`);
    db.close();
    await using store = await openStore(path);
    await store.maintain();
    expect(await byModel(store), `${coveredFirst} steps`).toEqual({ ...told, many: [6_000, 24_000, 1] });
  }
});
