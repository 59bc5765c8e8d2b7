import { TemporaryFolder } from "@kissbot/testkit";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { LlmUsage } from "../src/llm-usage.js";
import { LlmUsageTable } from "../src/llm-usage-table.js";
import { packBatch } from "../src/packed-batch.js";
import { prepareDatabaseFile } from "../src/sqlite/file/database-file.js";
import { openDatabase } from "../src/sqlite/file/open-database.js";
import { binsOf } from "../src/sqlite/sql/latency-functions.js";
import { rawLatency, usageColumns } from "../src/sqlite/sql/usage-sql.js";
import { OpenFile } from "../src/sqlite/write/open-file.js";
import { Rollup } from "../src/sqlite/write/rollup.js";
import { type UsageGroup, UsageSums } from "../src/sqlite/write/usage-sums.js";
import { textFromMs } from "../src/timestamp.js";
import { sumColumns } from "../src/usage-measure.js";

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const folder = new TemporaryFolder("store");
afterAll(() => folder[Symbol.dispose]());

const name = fc.constantFrom("a", "b", "c\u0000d", "ä");
const usage = fc.record({
  channel: name,
  model: name,
  feature: name,
  tsMs: fc.integer({ min: startMs, max: startMs + 3 * hourMs }),
  tokensIn: fc.nat(),
  tokensOut: fc.nat(),
  latencyMs: fc.option(
    fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
    ),
  ),
  provider: fc.option(name),
  tokensCached: fc.option(fc.nat()),
  tokensCacheWrite: fc.option(fc.nat()),
  error: fc.option(fc.constantFrom("timeout", "other")),
  costUsd: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});
const rows = fc.array(usage, { minLength: 1, maxLength: 30 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), rows }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("roll back" as const), rows }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stranger" as const), rows }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("roll up" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stranger rolls up" as const) }) },
);

/** Every column of each group, from the rows alone. */
const expected = `SELECT u.channel, unixepoch(substr(u.ts, 1, 13) || ':00:00') * 1000 AS bucket_ms, u.model, u.feature, ${usageColumns(false)}, ${binsOf(rawLatency)} AS latency_bins
  FROM llm_usage AS u LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;

test("the rollup has each row once, whoever wrote it, whatever was rolled back, and whoever rolled it up", async () => {
  let file = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const path = folder.file(`${file++}.db`);
      await prepareDatabaseFile(path, false);
      const db = await openDatabase({ path, openTimeoutMs: 1_000, tell: () => {} });
      try {
        const open = new OpenFile(db, path, 64 * 1024 * 1024);
        db.exec(
          "CREATE TRIGGER refuse BEFORE INSERT ON llm_usage WHEN NEW.channel = 'refused' BEGIN SELECT RAISE(ABORT, 'refused'); END",
        );
        const insert = db.prepare(
          "INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        );
        for (const [seq, one] of steps.entries()) {
          if (one.kind === "roll up") open.rollup.rollUpNext();
          else if (one.kind === "stranger rolls up") new Rollup(db, new UsageSums()).rollUpNext();
          else if (one.kind === "commit")
            open.commitBatches([packBatch({ producer: "p", epoch: 1, seq, llmUsage: one.rows })]);
          else if (one.kind === "roll back") {
            const last = { ...(one.rows[0] as LlmUsage), channel: "refused" };
            const batch = packBatch({ producer: "p", epoch: 1, seq, llmUsage: [...one.rows, last] });
            expect(() => open.commitBatches([batch])).toThrow("refused");
          } else {
            for (const { tsMs, channel, model, feature, tokensIn, tokensOut, latencyMs } of one.rows)
              insert.run(textFromMs(tsMs), channel, model, feature, tokensIn, tokensOut, latencyMs ?? null);
          }
        }
        while (open.rollup.waiting() > 0) open.rollup.rollUpNext();
        const rolled = db
          .prepare("SELECT * FROM monitor_usage_hours ORDER BY channel, bucket_ms, model, feature")
          .all() as Record<string, unknown>[];
        const right = db.prepare(expected).all() as Record<string, number>[];
        expect(rolled.length).toBe(right.length);
        for (const [i, group] of rolled.entries()) {
          const { cost_usd, latency_sum, ...exact } = group as Record<string, number>;
          const { cost_usd: cost, latency_sum: latency, ...rest } = right[i] as Record<string, number>;
          expect(exact).toEqual(rest);
          expect(Math.abs((cost_usd as number) - (cost as number))).toBeLessThanOrEqual(
            1e-12 * (cost as number),
          );
          expect(Math.abs((latency_sum as number) - (latency as number))).toBeLessThanOrEqual(
            1e-12 * (latency as number),
          );
        }
      } finally {
        db.close();
      }
    }),
    { numRuns: 60 },
  );
});

const plain: LlmUsage = {
  tsMs: startMs,
  channel: "a",
  model: "m",
  feature: "f",
  tokensIn: 1,
  tokensOut: 2,
  latencyMs: 1,
  tokensCached: null,
  costUsd: 0.1,
};

function add(sums: UsageSums, id: number, change: Partial<LlmUsage> = {}): void {
  const table = new LlmUsageTable(1);
  table.append([{ ...plain, ...change }]);
  sums.addUsageRow(id, table, 0);
}

const sumNamed = (group: UsageGroup | undefined, name: string) =>
  group?.sums[sumColumns.findIndex(({ column }) => column === name)];

test("what falls into too many groups is left to SQLite, and summing begins anew behind it", () => {
  const sums = new UsageSums();
  for (let id = 1; id <= 10_000; id++) add(sums, id, { channel: `c${id}` });
  expect([sums.after, sums.upTo]).toEqual([0, 10_000]);
  add(sums, 10_001);
  expect([sums.after, sums.upTo, [...sums.groups()].length]).toEqual([10_000, 10_001, 1]);
  expect(sumNamed([...sums.groups()][0], "calls")).toBe(1);
});

test("a sum keeps what plain additions round away, and stays a number past the range of one", () => {
  const sums = new UsageSums();
  const latencies = [1e16, 1, 1, 1];
  // Plainly added, each 1 is rounded away or up.
  expect(latencies.reduce((sum, latency) => sum + latency)).not.toBe(1e16 + 3);
  for (const [i, latencyMs] of latencies.entries()) add(sums, i + 1, { latencyMs });
  const [group] = [...sums.groups()];
  expect(sumNamed(group, "latency_sum")).toBe(1e16 + 3);
  expect(sumNamed(group, "cost_usd")).toBe(0.4);
  for (let id = 5; id < 8; id++) add(sums, id, { latencyMs: Number.MAX_VALUE });
  expect(sumNamed([...sums.groups()][0], "latency_sum")).toBe(Number.POSITIVE_INFINITY);
});
