import { CuttingProxy, PostgresServer, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { parsePostgresUrl } from "../../src/postgres/postgres-url.js";
import { Schemas } from "../postgres/schemas.js";
import { numbersIn, SendingHost } from "./sending-host.js";

const times = repetitions({ gate: 1, long: 5 });

test.skipIf(PostgresServer.missing("newest") !== null)(
  `a standby that is behind takes over ${times} times, and has every row once [fleet/T7] [fleet/R3]`,
  async () => {
    for (let i = 0; i < times; i++) {
      using folder = new TemporaryFolder("store");
      await using schemas = await Schemas.start("newest");
      const { server } = schemas;
      await using proxy = await CuttingProxy.start(server.port);
      await using standby = await server.standby(proxy.port);
      const url = schemas.byTcp([server.port, standby.port]);
      const link = schemas.link(url);
      const follower = schemas.link(
        `postgres://${standby.user}@/postgres?host=${encodeURIComponent(standby.folder)}&port=${standby.port}`,
      );
      using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
      const { schema } = parsePostgresUrl(url);
      const calls = `count(*), count(DISTINCT tokens_in), sum(tokens_in) FROM ${schema}.llm_usage`;
      host.monitor.write("usage", 500, 1);
      host.monitor.write("status", 5, 1);
      await host.drain();
      await until("the standby has them", async () => (await numbersIn(follower, calls))[0] === 500);

      // From here on it hears nothing more of what the primary acknowledges.
      proxy.cutNext("silence");
      for (let rows = 0; proxy.cuts === 0 || rows < 3_000; rows += 500) {
        host.monitor.write("usage", 500, 501 + rows);
        host.monitor.write("custom", 20, 1 + rows);
        await host.drain();
      }
      host.monitor.write("status", 5, 6);
      host.monitor.write("usage", 7, 1_000_001);
      await host.drain();
      const [stored = 0, , sum] = await numbersIn(link, calls);
      expect(stored).toBeGreaterThanOrEqual(3_507);
      expect(host.errors).toEqual([]);

      await server.kill();
      await follower.rows("SELECT pg_promote()");
      const [there = 0] = await numbersIn(follower, calls);
      expect(there, "acknowledged rows are missing").toBeLessThan(stored);
      host.monitor.write("usage", 3, 2_000_001);
      await host.drain();
      expect(await numbersIn(link, calls)).toEqual([stored + 3, stored + 3, (sum ?? 0) + 3 * 2_000_002]);
      expect(await numbersIn(link, `sum(calls) FROM ${schema}.usage_hours`)).toEqual([stored + 3]);
      expect(await numbersIn(link, `count(*), count(DISTINCT pid) FROM ${schema}.status_history`)).toEqual([
        10, 10,
      ]);
      const customs = `count(*), count(DISTINCT value) FROM ${schema}.custom_metrics`;
      const [metrics, distinct] = await numbersIn(link, customs);
      expect(metrics).toBe(distinct);
      expect(host.forwarder.waiting()).toEqual({ status: 0, usage: 0, custom: 0, metrics: 0 });
    }
  },
  repetitions({ gate: 60_000, long: 300_000 }),
);
