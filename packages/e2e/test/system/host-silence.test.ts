import { lasting, PostgresServer, repetitions, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { FleetHost } from "./fleet-host.js";
import { FleetHosts } from "./fleet-hosts.js";
import { NoticeServer } from "./notice-server.js";

const hostCount = 20;
const botsPerHost = 5;
const outageMs = 180_000;
const isLong = repetitions({ gate: 0, long: 1 }) === 1;

// The rule by itself is judged over 20 000 histories in `silence.test.ts`. This takes six minutes.
test.skipIf(!isLong || PostgresServer.missing("newest") !== null)(
  `${hostCount} monitors report nothing about ${outageMs / 1_000} s without their database, and a host that is killed once [fleet/T12] [fleet/R14] [fleet/R15]`,
  async (context) => {
    await using notices = await NoticeServer.start();
    await using hosts = await FleetHosts.open(context, {
      count: hostCount,
      env: { KISSBOT_MONITOR_ALERT_URL: notices.url },
    });
    const { database, all } = hosts;
    await hosts.startMonitors();
    await hosts.startBots(botsPerHost, 0.2);
    await until(
      "all are sending",
      async () =>
        (await database.numbers("SELECT count(*) FROM kissbot.bots"))[0] === hostCount * botsPerHost,
      {
        timeoutMs: 60_000,
      },
    );
    const silent = () => notices.items.filter(({ rule }) => rule === "host_silent");
    const [watcher, lost] = all as [FleetHost, FleetHost];
    type Bot = { readonly channel: string; readonly host: string; readonly status: string };
    const botsSeen = async () =>
      (JSON.parse(await watcher.monitor.text("/api/v1/bots?limit=1000")) as { bots: Bot[] }).bots;
    const statuses = async () => [...new Set((await botsSeen()).map(({ status }) => status))];

    await database.server.kill();
    await lasting("an outage of the database", outageMs);
    expect(await statuses()).not.toContain("dead");
    await database.server.resume();
    const backAtMs = performance.now();
    await until(
      "every host beats again",
      async () =>
        (
          await database.numbers("SELECT count(*) FROM kissbot.hosts WHERE seen_at > now() - interval '10 s'")
        )[0] === hostCount,
      { timeoutMs: 60_000 },
    );
    const heardMs = performance.now() - backAtMs;
    // A leader that judged by the beats alone would report all of them by now.
    await lasting("what a false notice takes", 60_000);
    expect(notices.items).toEqual([]);
    expect(await database.numbers("SELECT count(*) FROM kissbot.incidents")).toEqual([0]);
    await until("all are online again", async () => (await statuses()).join() === "online");

    await Promise.all([lost.monitor.crash(), lost.killBots()]);
    const killedAtMs = performance.now();
    await until("it is reported", () => silent().length > 0, { timeoutMs: 120_000 });
    const toldMs = performance.now() - killedAtMs;
    await lasting("another notice, by whoever leads next", 30_000);
    expect(silent()).toMatchObject([{ kind: "down", subject: lost.name, severity: "critical" }]);
    const ofLost = (await botsSeen()).filter(({ host }) => host === lost.name);
    expect(ofLost.map(({ status }) => status)).toEqual(Array(botsPerHost).fill("unknown"));
    expect((await statuses()).sort()).toEqual(["online", "unknown"]);

    await lost.startMonitor();
    await until("its return is reported", () => silent().length > 1, { timeoutMs: 60_000 });
    await lasting("another notice", 10_000);
    expect(silent().map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      `down ${lost.name}`,
      `up ${lost.name}`,
    ]);
    console.info(
      `${hostCount} hosts, ${outageMs / 1_000} s without a database: 0 notices, all heard ${Math.round(heardMs)} ms after it; ` +
        `a host killed: 1 notice after ${Math.round(toldMs / 1_000)} s, its bots unknown; its return: 1 notice`,
    );
  },
  900_000,
);
