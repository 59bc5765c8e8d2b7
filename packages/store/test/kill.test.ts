import { lasting, repetitions, TemporaryFolder } from "@kissbot/testkit";
import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { binsOf, defineLatencyFunctions } from "../src/sqlite/sql/latency-functions.js";
import { dist } from "./dist.js";
import { startProgram } from "./program.js";

const kills = repetitions({ gate: 10, long: 100 });
const rowsPerBatch = { usage: 40, metrics: 10 };

interface Sums {
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Everything that must hold of the file after any kill, seen with a connection that is not the
 * store's.
 */
function check(path: string, acknowledged: readonly (readonly [epoch: number, seq: number])[]): void {
  const db = new (loadDriver())(path);
  try {
    expect(db.pragma("quick_check", { simple: true })).toBe("ok");
    const runs = db.prepare("SELECT epoch, first_seq, last_seq FROM monitor_ledger").all() as {
      epoch: number;
      first_seq: number;
      last_seq: number;
    }[];
    for (const [epoch, seq] of acknowledged) {
      const held = runs.some((run) => run.epoch === epoch && run.first_seq <= seq && run.last_seq >= seq);
      expect(held, `batch ${epoch}/${seq} was acknowledged and is lost`).toBe(true);
    }
    const batches = runs.reduce((sum, run) => sum + run.last_seq - run.first_seq + 1, 0);
    const tokens = runs.reduce((sum, { first_seq, last_seq }) => {
      const seqs = Array.from({ length: last_seq - first_seq + 1 }, (_, i) => first_seq + i + 1);
      return sum + seqs.reduce((a, b) => a + b, 0) * rowsPerBatch.usage;
    }, 0);
    const one = (sql: string) => db.prepare(sql).get() as Sums;
    const usage = one("SELECT count(*) AS n, total(tokens_in) AS a, 0 AS b FROM llm_usage");
    expect(usage, "each batch once, whole").toEqual({ n: batches * rowsPerBatch.usage, a: tokens, b: 0 });
    const extras = one("SELECT count(*) AS n, 0 AS a, 0 AS b FROM monitor_usage_extras");
    expect(extras.n).toBe(usage.n);
    const metrics = one("SELECT count(*) AS n, total(rss_mb) AS a, total(cpu_pct) AS b FROM bot_metrics");
    expect(metrics.n).toBe(batches * rowsPerBatch.metrics);

    const cursor = "(SELECT last_id FROM monitor_rollup_cursors WHERE source = ";
    const rolledUsage = one(
      `SELECT count(*) AS n, total(tokens_in) AS a, 0 AS b FROM llm_usage WHERE id <= ${cursor}'llm_usage')`,
    );
    expect(one("SELECT total(calls) AS n, total(tokens_in) AS a, 0 AS b FROM monitor_usage_hours")).toEqual(
      rolledUsage,
    );
    const rolled = one(
      `SELECT count(*) AS n, total(rss_mb) AS a, total(cpu_pct) AS b FROM bot_metrics WHERE id <= ${cursor}'bot_metrics')`,
    );
    for (const table of ["monitor_metric_minutes", "monitor_metric_hours"]) {
      expect(
        one(`SELECT total(n) AS n, total(rss_sum) AS a, total(cpu_sum) AS b FROM ${table}`),
        table,
      ).toEqual(rolled);
    }
    checkLatencies(db);
  } finally {
    db.close();
  }
}

/** The latencies of the calls that are rolled up, and what the rollups say of them. */
function checkLatencies(db: Database): void {
  defineLatencyFunctions(db);
  const cursor = "(SELECT last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage')";
  const calls = `SELECT channel, ${binsOf("latency_ms")} AS bins FROM llm_usage WHERE id <= ${cursor} GROUP BY channel`;
  const hours = `SELECT channel, ${binsOf("latency_bins")} AS bins FROM monitor_usage_hours GROUP BY channel`;
  expect(db.prepare(hours).all()).toEqual(db.prepare(calls).all());
}

test(
  `kill -9, ${kills} times, every batch sent twice: nothing acknowledged is lost, nothing is stored twice, and histograms have each call once [cost/C15]`,
  async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const acknowledged: (readonly [number, number])[] = [];
    for (let epoch = 0; epoch < kills; epoch++) {
      await using program = startProgram("kill-writer.mjs", dist, path, String(epoch));
      await program.prints("ready\n");
      // However slow the machine is, half of them write something.
      if (epoch % 2 === 1) await program.prints("ready\n0\n1\n2\n");
      // Some are killed in their first batch, some amid many, some while they maintain.
      await lasting("the writer's work before it is killed", Math.random() * 150);
      await program.kill();
      expect(program.stderr, "it ended by our hand").toBe("");
      const seqs = program.stdout.split("\n").slice(1, -1).map(Number);
      acknowledged.push(...seqs.map((seq) => [epoch, seq] as const));
      if (epoch % 5 === 4) check(path, acknowledged);
    }
    expect(acknowledged.length, "it did write").toBeGreaterThan(kills);
  },
  60_000 + kills * 5_000,
);
