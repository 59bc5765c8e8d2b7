import { existsSync, statSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { startForwarding } from "@kissbot/store/fleet";
import { CuttingProxy, lasting, PostgresServer, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Schemas } from "../postgres/schemas.js";
import { batchOf, usageRows } from "../rows.js";
import { numbersIn } from "./sending-host.js";

const mb = 1024 * 1024;
const heldMs = repetitions({ gate: 12_000, long: 60_000 });
/** What waits for the network waits for five seconds at least. */
const boundMs = 2_500;

test.skipIf(PostgresServer.missing("newest") !== null)(
  `a black hole for ${heldMs / 1_000} s holds up no commit, and the first change of status is there within 3 s after it [fleet/T6] [fleet/R1]`,
  async () => {
    using folder = new TemporaryFolder("store");
    await using schemas = await Schemas.start("newest");
    await using proxy = await CuttingProxy.start(schemas.server.port);
    const path = folder.file("kissbot_monitor.db");
    await using store = await openStore(path);
    const direct = schemas.link(schemas.url("kissbot"));
    const forwarding = startForwarding({ store: path, fleet: schemas.byTcp([proxy.port]), name: "here" });
    let written = 0;
    const change = { channel: "a", from: "online", to: "dead", cause: "c" } as const;
    const write = async () => {
      written += 1;
      const statusChanges = [{ ...change, tsMs: Date.now(), pid: written }];
      const sinceMs = performance.now();
      expect(await store.write(batchOf({ statusChanges, llmUsage: usageRows(20) }))).toBe("applied");
      return performance.now() - sinceMs;
    };
    const newest = async () => (await numbersIn(direct, "max(pid) FROM kissbot.status_history"))[0];
    try {
      for (let i = 0; i < 20; i++) await write();
      await until("what was written before has arrived", async () => (await newest()) === written);

      proxy.hold();
      const loop = monitorEventLoopDelay({ resolution: 10 });
      loop.enable();
      const rssBefore = process.memoryUsage.rss();
      const endMs = performance.now() + heldMs;
      let slowestMs = 0;
      while (performance.now() < endMs) {
        slowestMs = Math.max(slowestMs, await write());
        await lasting("the black hole, between two writes", 20);
      }
      loop.disable();
      expect(slowestMs, "a commit").toBeLessThan(boundMs);
      expect(loop.max / 1e6, "a turn of the loop").toBeLessThan(boundMs);
      expect((process.memoryUsage.rss() - rssBefore) / mb, "memory").toBeLessThan(64);
      const wal = `${path}-wal`;
      expect(existsSync(wal) ? statSync(wal).size / mb : 0, "the WAL").toBeLessThanOrEqual(64);
      expect(forwarding.status.state).toBe("away");
      expect(forwarding.status.waiting?.status).toBeGreaterThan(0);

      await write();
      const releasedMs = performance.now();
      proxy.release();
      await until("the last change of status has arrived", async () => (await newest()) === written);
      expect(performance.now() - releasedMs, "after the black hole").toBeLessThan(3_000);
      const counts = "count(*) FROM kissbot.";
      await until(
        "all has arrived",
        async () => (await numbersIn(direct, `${counts}llm_usage`))[0] === 20 * written,
      );
      expect(await numbersIn(direct, `count(*), count(DISTINCT pid) FROM kissbot.status_history`)).toEqual([
        written,
        written,
      ]);
    } finally {
      await forwarding.close();
    }
  },
  heldMs + 90_000,
);
