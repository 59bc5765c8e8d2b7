import { PostgresServer, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import { Fleet } from "./fleet.js";
import type { FleetHost } from "./fleet-host.js";
import { FleetHosts } from "./fleet-hosts.js";
import { watch } from "./watch.js";

const frozenMs = 20_000;
const baselineMs = 5_000;
const heartbeatMs = 2_000;

test.skipIf(PostgresServer.missing("newest") !== null)(
  "no bot and no reader notices a fleet database that answers nothing [fleet/T19]",
  async (context) => {
    await using hosts = await FleetHosts.open(context, { count: 1 });
    const { database, proxy } = hosts;
    await hosts.startMonitors();
    const { scene, monitor, file } = hosts.all[0] as FleetHost;
    const fleet = await Fleet.start(scene, {
      processes: 4,
      botsPerProcess: 25,
      heartbeatMs,
      callsPerSecond: 4,
      metricsPerSecond: 2,
    });
    const bots = fleet.channels.length;
    await fleet.isOnline(monitor);
    const sent = async () => (await database.numbers("SELECT count(*) FROM kissbot.llm_usage"))[0] ?? 0;
    await until("calls arrive", async () => (await sent()) > 0);
    await fleet.phase();
    const before = await watch(monitor, baselineMs, bots);
    const noticedBefore = await fleet.phase();

    proxy.hold();
    await until("the health says that it is away", async () =>
      (await monitor.health()).problems.some(({ code }) => code === "fleet_away"),
    );
    const storedBefore = file.count("llm_usage");
    const sentBefore = await sent();
    const during = await watch(monitor, frozenMs, bots);
    const noticed = await fleet.phase();
    expect((await monitor.health()).status, "it is well by itself").toBe("ok");
    expect(await sent(), "nothing came through").toBe(sentBefore);
    expect(file.count("llm_usage"), "calls are stored").toBeGreaterThan(storedBefore);
    expect((await monitor.metrics()).sum("kissbot_store_pending_rows"), "no row waits for it").toBeLessThan(
      2 * bots,
    );
    proxy.release();

    expect(during.medianMs).toBeLessThan(2 * before.medianMs + 20);
    expect(during.maxMs, "no answer waited for it").toBeLessThan(frozenMs / 10);
    expect(during.beatsPerSecond).toBeGreaterThan((0.8 * bots * 1_000) / heartbeatMs);
    expect(noticed.typical.call.p99).toBeLessThan(2 * noticedBefore.typical.call.p99 + 1);
    expect(noticed.worst.call.max, "no bot noticed").toBeLessThan(frozenMs / 20);
    await fleet.stop();
    const balance = await balanceOf([fleet], monitor, file);
    expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
    expect(balance).toMatchObject({ droppedCalls: 0, droppedMetrics: 0, shedCalls: 0, shedMetrics: 0 });
    await until("all calls are in the fleet database", async () => (await sent()) === balance.storedCalls, {
      timeoutMs: 60_000,
    });
    const changes = file.transitions().filter(({ from, to }) => from !== null || to !== "online");
    expect(changes, "every bot was online all the time").toEqual([]);
    console.info(
      `fleet database frozen for ${frozenMs} ms: /api/v1/bots median ${before.medianMs.toFixed(1)} -> ${during.medianMs.toFixed(1)} ms, ` +
        `most ${during.maxMs.toFixed(0)} ms; a call p99 ${noticedBefore.typical.call.p99.toFixed(3)} -> ${noticed.typical.call.p99.toFixed(3)} ms; ` +
        `heartbeats/s ${before.beatsPerSecond.toFixed(1)} -> ${during.beatsPerSecond.toFixed(1)}`,
    );
  },
  180_000,
);
