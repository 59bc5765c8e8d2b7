import { lasting, PostgresServer, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { FleetHost } from "./fleet-host.js";
import { FleetHosts } from "./fleet-hosts.js";

const hostCount = repetitions({ gate: 2, long: 20 });
const botsPerHost = repetitions({ gate: 10, long: 50 });
const additive = {
  version: 1_000,
  name: "of a next version",
  sql: `ALTER TABLE llm_usage ADD COLUMN region text; ALTER TABLE bots ADD COLUMN region text;
ALTER TABLE hosts ADD COLUMN note text; CREATE TABLE regions (host_no int NOT NULL, region text NOT NULL)`,
  additive: true,
  needs: "0.8.0",
};
const breaking = {
  version: 1_001,
  name: "of a version after it",
  sql: "CREATE TABLE rearranged (host_no int NOT NULL)",
  additive: false,
  needs: "9.8.7",
};

test.skipIf(PostgresServer.missing("newest") !== null)(
  `${hostCount} monitors start at once on an empty database, and end exact after restarts one by one with a newer build, back, and with one that older ones may not write beside [fleet/T13] [fleet/R19]`,
  async (context) => {
    using folder = new TemporaryFolder("system");
    await using hosts = await FleetHosts.open(context, { count: hostCount });
    const { database, all } = hosts;
    const here = (all[0] as FleetHost).scene.project;
    const next = here.later(folder.file("next"), [additive]);
    const last = here.later(folder.file("last"), [additive, breaking]);
    const problemsOf = async ({ monitor }: FleetHost) =>
      (await monitor.health()).problems.filter(({ code }) => code.startsWith("fleet"));
    /** How many calls of each host the database has. */
    const arrived = async () =>
      new Map(
        (
          await database.rows<{ name: string; calls: number }>(
            "SELECT h.name, (SELECT count(*)::int FROM kissbot.llm_usage AS u WHERE u.host_no = h.host_no) AS calls FROM kissbot.hosts AS h",
          )
        ).map(({ name, calls }) => [name, calls]),
      );
    const allGoOn = async (when: string) => {
      const before = await arrived();
      await until(
        `calls of every host arrive ${when}`,
        async () => {
          const now = await arrived();
          return all.every(({ name }) => (now.get(name) ?? 0) > (before.get(name) ?? 0));
        },
        { timeoutMs: 60_000 },
      );
      for (const host of all) expect(await problemsOf(host), `${host.name} ${when}`).toEqual([]);
    };
    const steps = async () =>
      (await database.rows<{ version: number }>("SELECT version FROM kissbot.migrations ORDER BY 1")).map(
        ({ version }) => version,
      );

    await hosts.startMonitors();
    await until("every host is up", async () => (await arrived()).size === hostCount, { timeoutMs: 60_000 });
    const first = await steps();
    expect(first).not.toContain(additive.version);
    await hosts.startBots(botsPerHost, 1);
    await allGoOn("at first");

    for (const [i, host] of all.entries()) {
      await host.changeMonitor(next);
      if (i === Math.floor((hostCount - 1) / 2)) await allGoOn("with two builds");
    }
    await allGoOn("with the newer build");
    expect(await steps()).toEqual([...first, additive.version]);
    for (const [i, host] of [...all].reverse().entries()) {
      await host.changeMonitor(here);
      if (i === Math.floor((hostCount - 1) / 2)) await allGoOn("with two builds, backwards");
    }
    await allGoOn("with the older build beside newer tables");

    // The others have a connection, and notice it by their beat.
    const [leading, ...older] = all as [FleetHost, ...FleetHost[]];
    await leading.changeMonitor(last);
    for (const host of older) {
      await until(`${host.name} stops sending`, async () => (await problemsOf(host)).length > 0, {
        timeoutMs: 30_000,
      });
      expect(await problemsOf(host)).toMatchObject([
        {
          code: "fleet_refused",
          detail: expect.stringContaining(`@kissbot/store ${breaking.needs} or newer is needed`),
        },
      ]);
      expect((await host.monitor.health()).status).toBe("ok");
    }
    const stopped = await arrived();
    await lasting("rows that wait for an upgrade", 2_000);
    const later = await arrived();
    for (const { name } of older) expect(later.get(name), name).toBe(stopped.get(name));
    expect(later.get(leading.name)).toBeGreaterThan(stopped.get(leading.name) ?? 0);
    for (const host of older.reverse()) await host.changeMonitor(last);
    await allGoOn("after the last upgrade");

    await hosts.areOnline();
    await hosts.comeToRest();
    await hosts.endExact(botsPerHost, last);
    const calls = await hosts.countCalls();
    console.info(
      `${hostCount} hosts, ${4 * hostCount - 1} restarts with three builds: ${calls} calls, 0 differences`,
    );
  },
  repetitions({ gate: 300_000, long: 900_000 }),
);
