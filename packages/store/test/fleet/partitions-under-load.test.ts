import { PostgresServer, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { packBatch } from "../../src/packed-batch.js";
import { dropPartition, ensurePartitions, readPartitions } from "../../src/postgres/partition.js";
import { sqlStateOf } from "../../src/postgres/sql-state.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { customRows, metricRows, usageRows } from "../rows.js";
import { numbersIn, SendingHost } from "./sending-host.js";

const dayMs = 86_400_000;
const hosts = 3;
const days = repetitions({ gate: 6, long: 40 });
const mostKills = repetitions({ gate: 15, long: 100 });
const usagePerDay = 60;
const othersPerDay = 20;
/** Whoever waits longer for a lock is in the server's log. */
const mostWaitMs = 100;
/** The connection that makes partitions is killed: as its process may be, between any two steps. */
const killed = "57P01";

describe.skipIf(PostgresServer.missing("newest") !== null)("a partition that is made", () => {
  test.each(["custom_metrics", "llm_usage"] as const)(
    "while a single row of %s waits for it is no reason to pass the row over [fleet/R2] [fleet/R20]",
    async (table) => {
      using folder = new TemporaryFolder("store");
      await using schemas = await Schemas.start("newest");
      const url = schemas.make();
      const [maker, admin] = [schemas.link(url), schemas.link(url)];
      const { schema } = maker.url;
      using host = new SendingHost(folder.file("host.db"), schemas.link(url));
      await host.drain();
      const part = `${schema}.${table}_made`;
      let draining: Promise<void> | null = null;
      await maker.transaction(async (rows) => {
        await rows(`CREATE TABLE ${part} (LIKE ${schema}.${table} INCLUDING DEFAULTS)`);
        await rows(`LOCK TABLE ${schema}.${table}_rest IN EXCLUSIVE MODE`);
        host.monitor.write(table === "llm_usage" ? "usage" : "custom", 1, 1);
        draining = host.drain();
        const waits = "count(*) FROM pg_locks WHERE NOT granted";
        await until("the row waits", async () => (await numbersIn(admin, waits))[0] === 1);
        const all = "FROM ('2020-01-01') TO ('2100-01-01')";
        await rows(`ALTER TABLE ${schema}.${table} ATTACH PARTITION ${part} FOR VALUES ${all}`);
      });
      await draining;
      expect(host.errors).toEqual([]);
      expect(host.forwarder.counts.rejected).toBe(0);
      expect(await numbersIn(admin, `count(*) FROM ${part}`)).toEqual([1]);
    },
  );
});

test.skipIf(PostgresServer.missing("newest") !== null)(
  `partitions of ${days} days are made and dropped while ${hosts} hosts send, and whoever makes them is killed again and again [fleet/T15] [fleet/R20]`,
  async () => {
    using folder = new TemporaryFolder("store");
    // It writes down who waits for a lock for so long.
    await using schemas = await Schemas.start("newest", {
      log_lock_waits: "on",
      deadlock_timeout: `${mostWaitMs}ms`,
    });
    const url = schemas.make();
    const admin = schemas.link(url);
    const { schema } = admin.url;
    const sending = Array.from(
      { length: hosts },
      (_, i) => new SendingHost(folder.file(`${i}.db`), schemas.link(url), `host ${i}`),
    );
    try {
      await Promise.all(sending.map((host) => host.drain()));
      // In the past, as rows of the future would get the time of their arrival.
      const firstMs = (Math.floor(Date.now() / dayMs) - days - 4) * dayMs;
      // Of the days before, which nobody writes to any more.
      const maker = schemas.link(url);
      for (let day = days; day > 0; day -= 3) await ensurePartitions(maker, firstMs - day * dayMs);
      const old = (await readPartitions(admin)).filter(({ toMs }) => toMs !== null && toMs <= firstMs);
      expect(old.length).toBeGreaterThanOrEqual(days);

      let isOver = false;
      let kills = 0;
      const killing = (async () => {
        for (let tries = 0; !isOver && kills < mostKills; tries++) {
          const gone = await admin.rows(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE query LIKE '%kissbot partitions%' AND state <> 'idle' AND pid <> pg_backend_pid() AND $1 % 3 = 0`,
            [tries],
          );
          kills += gone.length;
        }
      })();
      const untilDone = async (work: () => Promise<unknown>) => {
        for (;;) {
          try {
            await work();
            return;
          } catch (error) {
            expect([killed, null], `${error}`).toContain(sqlStateOf(error));
          }
        }
      };
      const keeping = (async () => {
        for (let day = 0; day < days; day++) {
          await untilDone(() => ensurePartitions(maker, firstMs + day * dayMs));
          const part = old.pop();
          if (part !== undefined) await untilDone(() => dropPartition(maker, part));
        }
        for (const part of old) await untilDone(() => dropPartition(maker, part));
      })();
      const writing = sending.map(async (host) => {
        for (let day = 0; day < days + 3; day++) {
          const change = { tsMs: firstMs + day * dayMs + 1 };
          host.monitor.open().commitBatches([
            packBatch(
              numbered({
                llmUsage: usageRows(usagePerDay, change).map((row, i) => ({
                  ...row,
                  tokensIn: 1 + day * usagePerDay + i,
                })),
                customMetrics: customRows(othersPerDay).map((row) => ({ ...row, ...change })),
                botMetrics: metricRows(othersPerDay, change),
              }),
            ),
          ]);
          await host.drain();
        }
      });
      await Promise.all([keeping, ...writing]);
      isOver = true;
      await killing;
      // What could not be made without somebody waiting is made the next time.
      for (let day = 0; day < days; day++) await ensurePartitions(admin, firstMs + day * dayMs);

      expect(kills).toBeGreaterThan(0);
      expect(sending.flatMap(({ errors }) => errors)).toEqual([]);
      const all = (days + 3) * hosts;
      const marks = `count(*), count(DISTINCT (host_no,tokens_in)), sum(tokens_in) FROM ${schema}.llm_usage`;
      const perHost = (days + 3) * usagePerDay;
      expect(await numbersIn(admin, marks)).toEqual([
        hosts * perHost,
        hosts * perHost,
        (hosts * perHost * (perHost + 1)) / 2,
      ]);
      expect(await numbersIn(admin, `sum(calls) FROM ${schema}.usage_hours`)).toEqual([hosts * perHost]);
      expect(await numbersIn(admin, `count(*) FROM ${schema}.custom_metrics`)).toEqual([all * othersPerDay]);
      for (const table of ["metric_minutes", "metric_hours"])
        expect(await numbersIn(admin, `sum(n) FROM ${schema}.${table}`)).toEqual([all * othersPerDay]);
      const names = (await readPartitions(admin)).map(({ name }) => name);
      const first = new Date(firstMs).toISOString().slice(0, 10).replaceAll("-", "");
      expect(names).toContain(`custom_metrics_p${first}`);
      const waited = "still waiting for RowExclusiveLock";
      expect(schemas.server.log, `somebody waited for over ${mostWaitMs} ms`).not.toContain(waited);
      // Had somebody, it would be there.
      let waiting: Promise<void> | null = null;
      await admin.transaction(async (rows) => {
        await rows(`LOCK TABLE ${schema}.llm_usage IN ACCESS EXCLUSIVE MODE`);
        waiting = maker.script(`SELECT 1; LOCK TABLE ${schema}.llm_usage IN ROW EXCLUSIVE MODE`);
        await until("the wait is in the log", () => schemas.server.log.includes(waited));
      });
      await waiting;
    } finally {
      for (const host of sending) host[Symbol.dispose]();
    }
  },
  repetitions({ gate: 90_000, long: 600_000 }),
);
