import { lasting, PostgresServer, repetitions, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import type { FleetHost } from "./fleet-host.js";
import { FleetHosts } from "./fleet-hosts.js";

const hostCount = repetitions({ gate: 3, long: 20 });
const rounds = repetitions({ gate: 1, long: 4 });
const botsPerHost = 50;
const callsPerSecond = 1;

test.skipIf(PostgresServer.missing("newest") !== null)(
  `${hostCount} monitors of ${botsPerHost} bots on one database end exact, whatever is killed, cut, frozen or goes silent [fleet/T5] [fleet/R2]`,
  async (context) => {
    await using hosts = await FleetHosts.open(context, { count: hostCount });
    const { database, proxy, all } = hosts;
    await hosts.startMonitors();
    await hosts.startBots(botsPerHost, callsPerSecond);

    // The first one is spared: each of its calls can be accounted for.
    const spared = all[0] as FleetHost;
    let turn = 0;
    const next = () => all[1 + (turn++ % (all.length - 1))] as FleetHost;
    const troubles: Record<string, () => unknown> = {
      "PostgreSQL killed": async () => {
        await database.server.kill();
        await database.server.resume();
      },
      "cut before the server has it": () => proxy.cutNext("before"),
      "monitor killed": async () => {
        const host = next();
        await host.monitor.crash();
        await host.startMonitor();
      },
      "cut before the answer": () => proxy.cutNext("after"),
      "bots killed": async () => {
        const host = next();
        await host.killBots();
        await host.startBots(botsPerHost, callsPerSecond);
      },
      "silent connection": () => proxy.cutNext("silence"),
      "monitor frozen": async () => {
        const { monitor } = next();
        monitor.signal("SIGSTOP");
        await lasting("a frozen monitor", 2_000);
        monitor.signal("SIGCONT");
      },
      "black hole": async () => {
        proxy.hold();
        await lasting("a network that passes nothing", 2_000);
        proxy.release();
      },
    };
    const stored = async () =>
      (await database.numbers("SELECT last_value FROM kissbot.llm_usage_ids"))[0] ?? 0;
    const startedAtMs = performance.now();
    for (let round = 0; round < rounds; round++) {
      for (const [trouble, make] of Object.entries(troubles)) {
        // Its tables are made by the first monitor that reaches it.
        let before = 0;
        await until(`the database answers before: ${trouble}`, async () => {
          before = await stored();
          return true;
        });
        await until(
          `rows arrive before: ${trouble}`,
          async () => (await stored()) > before + 10 * hostCount,
          {
            timeoutMs: 60_000,
          },
        );
        await make();
      }
    }
    expect(proxy.cuts).toBe(3 * rounds);
    const troubledMs = performance.now() - startedAtMs;

    await hosts.areOnline();
    await hosts.comeToRest();
    const balance = await balanceOf([spared.bots], spared.monitor, spared.file);
    expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
    const restedAtMs = performance.now();
    await hosts.endExact(botsPerHost);
    for (const { name, file } of all) expect(file.check(), name).toBe("ok");

    const cursors = "FROM kissbot.cursors";
    expect(
      await database.numbers(`SELECT sum(deleted) AS deleted, sum(rejected) AS rejected ${cursors}`),
    ).toEqual([0, 0]);
    expect(
      await database.rows(
        "SELECT name FROM kissbot.hosts WHERE state <> 'up' OR clone_of IS NOT NULL OR replaced_by IS NOT NULL",
      ),
    ).toEqual([]);
    expect(await database.numbers("SELECT count(*) FROM kissbot.hosts")).toEqual([hostCount]);
    const calls = await hosts.countCalls();
    console.info(
      `${hostCount} hosts of ${botsPerHost} bots, ${rounds * Object.keys(troubles).length} troubles in ${Math.round(troubledMs / 1_000)} s: ` +
        `${calls} calls, 0 differences; all were there ${Math.round((performance.now() - restedAtMs) / 1_000)} s after the last kill`,
    );
  },
  repetitions({ gate: 300_000, long: 900_000 }),
);
