import { copyFileSync } from "node:fs";
import {
  CuttingProxy,
  PostgresServer,
  postgresVersions,
  repetitions,
  TemporaryFolder,
} from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packBatch } from "../../src/packed-batch.js";
import { Monitor, numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { botRow, customRows, metricRows, usageRows } from "../rows.js";
import { numbersIn, SendingHost } from "./sending-host.js";

describe.each(postgresVersions)("PostgreSQL, the %s", (version) => {
  describe.skipIf(PostgresServer.missing(version) !== null)("as the fleet's database", () => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
    });
    afterAll(async () => {
      await schemas[Symbol.asyncDispose]();
    });

    test("has every row of the host with its sums, and the bots as they are [fleet/R2]", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.make();
      const link = schemas.link(url);
      const { schema } = link.url;
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      const change = {
        tsMs: 1,
        channel: "a",
        pid: 7,
        from: null,
        to: "online",
        cause: "registered",
      } as const;
      host.monitor.open().commitBatches([
        packBatch(
          numbered({
            bots: [botRow({ channel: "a" }), botRow({ channel: "b", status: "dead" })],
            statusChanges: [change, { ...change, from: "online", to: "dead", trouble: "no key" }],
            llmUsage: usageRows(2_345, { latencyMs: 12.5, costUsd: 0.25, tokensCached: 10 }),
            customMetrics: customRows(1_200),
            botMetrics: metricRows(1_500, { share: 0.5 }),
          }),
        ),
      ]);
      await host.drain();
      expect(host.errors).toEqual([]);
      const table = (name: string) => `${schema}.${name}`;
      expect(
        await numbersIn(
          link,
          `count(*), sum(tokens_in), sum(tokens_cached), sum(cost_usd), count(latency_ms), count(DISTINCT channel) FROM ${table("llm_usage")}`,
        ),
      ).toEqual([2_345, 234_500, 23_450, 586.25, 2_345, 20]);
      expect(
        await numbersIn(
          link,
          `sum(calls), sum(tokens_in), sum(cost_calls), sum(cost_usd) FROM ${table("usage_hours")}`,
        ),
      ).toEqual([2_345, 234_500, 2_345, 586.25]);
      for (const sums of ["metric_minutes", "metric_hours"])
        expect(await numbersIn(link, `sum(n), sum(rss_sum), sum(rss_own) FROM ${table(sums)}`)).toEqual([
          1_500, 75_000, 37_500,
        ]);
      expect(await numbersIn(link, `count(*) FROM ${table("bot_metrics")}`), "samples stay here").toEqual([
        0,
      ]);
      expect(await numbersIn(link, `count(*), sum(value) FROM ${table("custom_metrics")}`)).toEqual([
        1_200, 719_400,
      ]);
      expect(
        await link.rows(`SELECT to_status, cause_code, trouble FROM ${table("status_history")} ORDER BY id`),
      ).toEqual([
        { to_status: "online", cause_code: "registered", trouble: null },
        { to_status: "dead", cause_code: "registered", trouble: "no key" },
      ]);
      expect(await link.rows(`SELECT channel, status FROM ${table("bots")} ORDER BY channel`)).toEqual([
        { channel: "a", status: "online" },
        { channel: "b", status: "dead" },
      ]);
      expect(host.forwarder.waiting()).toEqual({ status: 0, usage: 0, custom: 0, metrics: 0 });
      await host.drain();
      expect(await numbersIn(link, `count(*) FROM ${table("llm_usage")}`), "nothing is sent twice").toEqual([
        2_345,
      ]);
    });

    test("has the prices of the calls, each once, and new ones as they come", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.make();
      const link = schemas.link(url);
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      const price = { priceId: 7, source: "s", version: "1", model: "m", priceJson: "{}", firstUsedMs: 1 };
      const priced = usageRows(3, { costUsd: 0.25, priceId: 7 });
      const write = (batch: Parameters<typeof numbered>[0]) =>
        host.monitor.open().commitBatches([packBatch(numbered(batch))]);
      write({ prices: [price], llmUsage: priced });
      await host.drain();
      host.forwarder.forget();
      write({ prices: [price, { ...price, priceId: 2 ** 48 - 1, provider: "p" }] });
      await host.drain();
      await host.drain();
      expect(host.errors).toEqual([]);
      const select = `SELECT host_no, price_id::float8, source, version, provider, model, price_json FROM ${link.url.schema}.prices ORDER BY price_id`;
      const stored = { host_no: 1, source: "s", version: "1", model: "m", price_json: "{}" };
      expect(await link.rows(select)).toEqual([
        { ...stored, price_id: 7, provider: null },
        { ...stored, price_id: 2 ** 48 - 1, provider: "p" },
      ]);
    });

    test("has each row once, however often its connection is cut before or after the answer [fleet/R2] [fleet/T4]", async () => {
      using folder = new TemporaryFolder("store");
      await using proxy = await CuttingProxy.start(schemas.server.port);
      const link = schemas.link(schemas.byTcp([proxy.port], `cuts_${version}`));
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      await host.drain();
      const rounds = repetitions({ gate: 20, long: 200 });
      for (let i = 0; i < rounds; i++) {
        host.monitor.write("usage", 7, 1 + 7 * i);
        host.monitor.write("custom", 3, 1 + 3 * i);
        proxy.cutNext(i % 2 === 0 ? "before" : "after");
        await host.drain();
      }
      expect(proxy.cuts).toBe(rounds);
      expect(host.errors.length).toBe(rounds);
      const { schema } = link.url;
      const marksSum = (n: number) => (n * (n + 1)) / 2;
      expect(
        await numbersIn(link, `count(*), count(DISTINCT tokens_in), sum(tokens_in) FROM ${schema}.llm_usage`),
      ).toEqual([7 * rounds, 7 * rounds, marksSum(7 * rounds)]);
      expect(await numbersIn(link, `sum(calls), sum(tokens_in) FROM ${schema}.usage_hours`)).toEqual([
        7 * rounds,
        marksSum(7 * rounds),
      ]);
      expect(await numbersIn(link, `count(*), count(DISTINCT value) FROM ${schema}.custom_metrics`)).toEqual([
        3 * rounds,
        3 * rounds,
      ]);
    });

    test("has every row once of a copied database and of a backup that was put back [fleet/R4] [fleet/T10]", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.make();
      const link = schemas.link(url);
      const path = folder.file("first.db");
      const before = new Monitor(path);
      before.write("usage", 400, 1);
      before.close();
      for (const copy of ["second.db", "backup.db"]) copyFileSync(path, folder.file(copy));
      {
        using first = new SendingHost(path, link);
        using second = new SendingHost(folder.file("second.db"), schemas.link(url));
        first.monitor.write("usage", 100, 1_001);
        second.monitor.write("usage", 200, 2_001);
        for (const one of [first, second, first]) await one.drain();
      }
      // The same ids again, for other rows.
      copyFileSync(folder.file("backup.db"), path);
      using restored = new SendingHost(path, link);
      restored.monitor.write("usage", 50, 3_001);
      await restored.drain();
      const { schema } = link.url;
      expect(await numbersIn(link, `count(*), count(DISTINCT tokens_in) FROM ${schema}.llm_usage`)).toEqual([
        750, 750,
      ]);
      expect(await numbersIn(link, `count(*) FROM ${schema}.hosts`)).toEqual([1]);
    });

    test("counts what retention deleted before it was sent, and passes over a row that it does not take [fleet/R6]", async () => {
      using folder = new TemporaryFolder("store");
      const link = schemas.link(schemas.make());
      const { schema } = link.url;
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      host.monitor.write("custom", 50, 1);
      host.monitor.purge("custom", 0.5);
      await host.drain();
      expect(await numbersIn(link, `count(*) FROM ${schema}.custom_metrics`)).toEqual([25]);
      expect(
        await numbersIn(link, `sum(deleted), sum(rejected) FROM ${schema}.cursors WHERE source = 'custom'`),
      ).toEqual([25, 0]);
      await link.rows(`ALTER TABLE ${schema}.llm_usage ADD CONSTRAINT picky CHECK (tokens_in <> 777)`);
      host.monitor.write("usage", 1_000, 1);
      await host.drain();
      expect(host.errors.map((error) => (error as { code?: string }).code)).toEqual(["23514"]);
      expect(await numbersIn(link, `count(*) FROM ${schema}.llm_usage`)).toEqual([999]);
      expect(
        await numbersIn(link, `sum(deleted), sum(rejected) FROM ${schema}.cursors WHERE source = 'usage'`),
      ).toEqual([0, 1]);
    });

    test("whose table is gone refuses, loses nothing, and goes on when it is there again", async () => {
      using folder = new TemporaryFolder("store");
      const link = schemas.link(schemas.make());
      const { schema } = link.url;
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      await host.drain();
      await link.rows(`ALTER TABLE ${schema}.usage_hours RENAME TO elsewhere`);
      host.monitor.write("usage", 10, 1);
      await host.drain();
      expect(host.errors.map((error) => host.receiver.failureOf(error))).toEqual(["hopeless"]);
      expect(await numbersIn(link, `count(*) FROM ${schema}.llm_usage`)).toEqual([0]);
      await link.rows(`ALTER TABLE ${schema}.elsewhere RENAME TO usage_hours`);
      await host.drain();
      expect(await numbersIn(link, `count(*) FROM ${schema}.llm_usage`)).toEqual([10]);
    });

    test("that takes no password of ours is told as refused, not as away", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.byTcp([schemas.server.port], "refused", "no password of theirs");
      using host = new SendingHost(folder.file("kissbot_monitor.db"), schemas.link(url));
      await host.drain();
      expect(host.errors.map((error) => host.receiver.failureOf(error))).toEqual(["hopeless"]);
    });
  });
});
