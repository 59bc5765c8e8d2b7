import { PostgresServer, postgresVersions } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dropPartition,
  ensurePartitions,
  partitionedTables,
  readPartitions,
  spanOf,
} from "../../src/postgres/partition.js";
import { openPostgresStore } from "../../src/postgres/postgres-store.js";
import { Schemas } from "./schemas.js";

const noonMs = Date.UTC(2026, 4, 20, 12);
const dayMs = 86_400_000;
const rowAt = (seq: number, tsMs: number) => ({
  producer: "p",
  epoch: 1,
  seq,
  botMetrics: [{ tsMs, channel: "a", pid: 1, rssMb: 1, cpuPct: 1, featuresJson: "{}" }],
  llmUsage: [{ tsMs, channel: "a", model: "m", feature: "f", tokensIn: 1, tokensOut: 1 }],
});

test("a day and a month have their names and bounds", () => {
  const [day] = partitionedTables;
  const month = partitionedTables.find(({ unit }) => unit === "month");
  expect(day && spanOf(day, noonMs)).toEqual({
    name: "bot_metrics_p20260520",
    fromMs: Date.UTC(2026, 4, 20),
    toMs: Date.UTC(2026, 4, 21),
  });
  expect(month && spanOf(month, Date.UTC(2026, 11, 31, 23))).toEqual({
    name: "metric_hours_p202612",
    fromMs: Date.UTC(2026, 11),
    toMs: Date.UTC(2027, 0),
  });
});

describe.skipIf(PostgresServer.missing("newest") !== null).each(postgresVersions)(
  "in the %s PostgreSQL",
  (version) => {
    let schemas: Schemas;
    beforeAll(async () => {
      // It writes down who waits for a lock for so long.
      schemas = await Schemas.start(version, { log_lock_waits: "on", deadlock_timeout: "300ms" });
    });
    afterAll(() => schemas[Symbol.asyncDispose]());

    test("partitions take over the rows that came before them, and are made once", async () => {
      const url = schemas.make();
      await using store = await openPostgresStore(url);
      await store.write(rowAt(1, noonMs));
      await store.write(rowAt(2, noonMs - 5 * dayMs));
      const link = schemas.link(url);
      const made = await Promise.all([
        ensurePartitions(link, noonMs),
        ensurePartitions(schemas.link(url), noonMs),
      ]);
      expect(new Set(made.flat()).size).toBe(made.flat().length);
      expect(made.flat()).toContain("llm_usage_p202605");
      expect(await ensurePartitions(link, noonMs)).toEqual([]);
      const counts = await link.rows(
        `SELECT tableoid::regclass::text AS part, count(*)::int AS rows FROM ${link.url.schema}.bot_metrics GROUP BY 1 ORDER BY 1`,
      );
      expect(counts.map(({ part, rows }) => [`${part}`.split(".")[1], rows])).toEqual([
        ["bot_metrics_p20260520", 1],
        ["bot_metrics_rest", 1],
      ]);
      expect((await store.usageTotals({ fromMs: 0, toMs: noonMs + 1 }))[0]?.calls).toBe(2);
    });

    test("nobody waits for long for one while another reads for long [fleet/R20]", async () => {
      const url = schemas.make();
      await using store = await openPostgresStore(url);
      await store.write(rowAt(1, noonMs));
      const link = schemas.link(url);
      await ensurePartitions(link, noonMs);
      const reader = schemas.link(url);
      const part = (await readPartitions(link)).find(({ name }) => name === "llm_usage_p202605");
      let written = 0;
      await reader.snapshot(async (rows) => {
        await rows(`SELECT count(*) FROM ${link.url.schema}.llm_usage`);
        const dropping = part === undefined ? Promise.resolve(true) : dropPartition(link, part);
        let isOver = false;
        const over = dropping.finally(() => {
          isOver = true;
        });
        for (; !isOver; written++) await store.write(rowAt(written + 2, noonMs));
        expect(await over).toBe(false);
      });
      expect(written).toBeGreaterThan(0);
      // The lock is given up after 80 ms, if this machine is not too busy to notice.
      expect(schemas.server.log).not.toContain("still waiting for RowExclusiveLock");
      expect(part !== undefined && (await dropPartition(link, part))).toBe(true);
    });

    test("beside a large rest they are made ahead, without looking through it while others wait [fleet/R20]", async () => {
      const url = schemas.make();
      await using store = await openPostgresStore(url);
      const admin = schemas.link(url);
      const { schema, user } = admin.url;
      await admin.script(`INSERT INTO ${schema}.custom_metrics (host_no, ts, channel, metric_name, value)
 SELECT 1, '2020-01-01'::timestamptz + i * interval '1 s', 'a', 'm', i FROM generate_series(1, 30000) AS i`);
      await admin.script(`ALTER ROLE ${user} SET log_min_messages = debug1`);
      try {
        const made = await ensurePartitions(schemas.link(url), noonMs);
        const ofCustom = made.filter((name) => name.startsWith("custom_metrics"));
        // The day of now has begun, and may have rows in the rest.
        expect(ofCustom).toEqual(["21", "22", "23"].map((day) => `custom_metrics_p202605${day}`));
        expect(made).toContain("llm_usage_p202605");
        const implied = `default partition "custom_metrics_rest" is implied by existing constraints`;
        expect(schemas.server.log.split(implied)).toHaveLength(4);
      } finally {
        await admin.script(`ALTER ROLE ${user} RESET log_min_messages`);
      }
      const checks = `SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = '${schema}.custom_metrics_rest'::regclass`;
      expect(await admin.rows(checks)).toEqual([]);

      // One whose process was killed after its first step is made the next time.
      const day = Date.UTC(2026, 4, 24);
      const { from, to, name } = { from: "2026-05-24", to: "2026-05-25", name: "custom_metrics_p20260524" };
      const left = `${name}_not_here CHECK (NOT (ts IS NOT NULL AND ts >= '${from}' AND ts < '${to}')) NOT VALID`;
      await admin.script(`ALTER TABLE ${schema}.custom_metrics_rest ADD CONSTRAINT ${left}`);
      const writing = store.write({
        producer: "p",
        epoch: 1,
        seq: 1,
        customMetrics: [{ tsMs: day, channel: "a", metricName: "m", value: 1 }],
      });
      expect(await ensurePartitions(schemas.link(url), noonMs + dayMs)).toContain(name);
      expect(await writing).toBe("applied");
      expect(await admin.rows(checks)).toEqual([]);
      expect(await admin.rows(`SELECT value FROM ${schema}.${name}`)).toEqual([{ value: 1 }]);

      // One whose day has begun refuses no row any longer.
      const begun = `custom_metrics_p20260520_not_here CHECK (NOT (ts IS NOT NULL AND ts >= '2026-05-20' AND ts < '2026-05-21')) NOT VALID`;
      await admin.script(`ALTER TABLE ${schema}.custom_metrics_rest ADD CONSTRAINT ${begun}`);
      expect(await ensurePartitions(schemas.link(url), noonMs)).toEqual([]);
      expect(await admin.rows(checks)).toEqual([]);
    });

    test("a partition past its retention is dropped, and its rows are counted", async () => {
      const url = schemas.make();
      const clock = { nowMs: noonMs };
      await using store = await openPostgresStore(url, { now: () => clock.nowMs });
      await store.write(rowAt(1, noonMs));
      await store.maintain();
      clock.nowMs += 9 * dayMs;
      expect((await store.maintain()).deleted.botMetrics).toBe(1);
      const names = (await readPartitions(schemas.link(url))).map(({ name }) => name);
      expect(names).not.toContain("bot_metrics_p20260520");
      expect(names).toContain("bot_metrics_p20260529");
      expect(
        (await store.metricSeries({ fromMs: noonMs - dayMs, toMs: noonMs + dayMs })).series,
      ).toHaveLength(1);
    });

    test("a partition of millions is not counted before it is dropped", async () => {
      const url = schemas.make();
      const clock = { nowMs: noonMs };
      await using store = await openPostgresStore(url, { now: () => clock.nowMs });
      await store.write(rowAt(1, noonMs));
      await store.maintain();
      const admin = schemas.link(url);
      await admin.rows(
        "UPDATE pg_class SET reltuples = 5e6, relpages = pg_relation_size(oid) / 8192 WHERE oid = $1::regclass",
        [`"${admin.url.schema}".bot_metrics_p20260520`],
      );
      clock.nowMs += 9 * dayMs;
      expect((await store.maintain()).deleted.botMetrics).toBe(5_000_000);
    });

    test("a partition that cannot be dropped keeps no other from its end", async () => {
      const url = schemas.make();
      const clock = { nowMs: noonMs };
      await using store = await openPostgresStore(url, { now: () => clock.nowMs });
      await store.write(rowAt(1, noonMs));
      await store.write(rowAt(2, noonMs + dayMs));
      await store.maintain();
      const admin = schemas.link(url);
      const schema = `"${admin.url.schema}"`;
      await admin.rows(`CREATE VIEW ${schema}.looks AS SELECT * FROM ${schema}.bot_metrics_p20260520`);
      clock.nowMs += 9 * dayMs;
      await expect(store.maintain()).rejects.toThrow();
      const names = (await readPartitions(admin)).map(({ name }) => name);
      expect(names).toContain("bot_metrics_p20260520");
      expect(names).not.toContain("bot_metrics_p20260521");
      await admin.rows(`DROP VIEW ${schema}.looks`);
      await store.maintain();
      expect((await readPartitions(admin)).map(({ name }) => name)).not.toContain("bot_metrics_p20260520");
    });
  },
);
