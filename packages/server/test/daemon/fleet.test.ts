import { writeFileSync } from "node:fs";
import { PostgresServer, RecordingLogger, until } from "@kissbot/testkit";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { fleetFrom, withPasswordFile } from "../../src/config/fleet-address.js";
import { version } from "../../src/version.js";
import { Scraped } from "../metrics/scraped.js";
import { Place } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const missing = PostgresServer.missing("newest");

async function askAs(server: PostgresServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: server.port,
    user: server.user,
    database: "postgres",
    password: server.password,
  });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function fleetOf(place: Place, server: PostgresServer, password: string) {
  const path = place.folder.file("password");
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  const address = fleetFrom(server.url());
  if (address === undefined) throw new Error("no address");
  return withPasswordFile(address, path);
}

describe.skipIf(missing !== null)("a monitor with a fleet database", () => {
  test("sends what it stores to that database", async () => {
    await using server = await PostgresServer.start();
    await using place = new Place();
    const { daemon, report } = await place.start({ fleet: fleetOf(place, server, server.password) });
    const bot = await place.connect();
    bot.send({ type: "register", channel: "a", pid: process.pid });
    await until("the bot is in the fleet database", async () => {
      const rows = await askAs(server, "SELECT channel FROM kissbot.bots");
      return rows.some(({ channel }) => channel === "a");
    });
    expect(await askAs(server, "SELECT name, state FROM kissbot.hosts")).toEqual([
      { name: "monitor of a test", state: "up" },
    ]);
    expect(daemon.health()).toMatchObject({
      status: "ok",
      problems: [],
      fleet: { url: server.url(), status: "sending", detail: null, lostRows: 0 },
    });
    await until("it leads", () => daemon.health().fleet?.isLeader === true, { timeoutMs: 30_000 });
    const scrape = async () => new Scraped(await (await fetch(`${report.http}/metrics`)).text());
    const sent = (scraped: Scraped) =>
      scraped.value("kissbot_fleet_database_rows_total", { table: "monitor_status_history" });
    await until("its sending is counted", async () => sent(await scrape()) === 1);
    const scraped = await scrape();
    const value = (name: string) => scraped.value(`kissbot_fleet_database_${name}`);
    expect([value("up"), value("leader"), value("lag_seconds")]).toEqual([1, 1, 0]);
    const skewS = async () => (await scrape()).value("kissbot_fleet_database_clock_skew_seconds");
    await until("its clock was compared", async () => (await skewS()) !== undefined, { timeoutMs: 30_000 });
    expect(Math.abs((await skewS()) ?? 9)).toBeLessThan(1);
    await server.kill();
    await until("it is counted as down", async () => {
      const after = await scrape();
      const isAway = after.value("kissbot_fleet_database_problem", { code: "fleet_away" }) === 1;
      return isAway && after.value("kissbot_fleet_database_up") === 0;
    });
    await server.resume();
    await until("it sends again", () => daemon.health().fleet?.status === "sending", { timeoutMs: 30_000 });
    await daemon.stop();
    const [host] = await askAs(server, "SELECT state, monitor_version, bots_version::int FROM kissbot.hosts");
    expect(host).toMatchObject({ state: "stopped", monitor_version: version });
    expect(host?.["bots_version"]).toBeGreaterThan(0);
  });

  test("keeps CPU and memory on its host where it was told so", async () => {
    await using server = await PostgresServer.start();
    await using place = new Place();
    const terms = { metricsIntervalMs: 100, fleetMetrics: "off", fleetMostAgeMs: 60_000 } as const;
    const { report } = await place.start({ ...terms, fleet: fleetOf(place, server, server.password) });
    const bot = await place.connect();
    const call = { type: "llm_usage", channel: "a", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 };
    bot.send({ type: "register", channel: "a", pid: process.pid });
    bot.send(call);
    const scrape = async () => new Scraped(await (await fetch(`${report.http}/metrics`)).text());
    await until("samples are stored", async () => {
      const scraped = await scrape();
      return (scraped.value("kissbot_store_rows_total", { table: "bot_metrics" }) ?? 0) > 2;
    });
    await until("the call is sent", async () => {
      const scraped = await scrape();
      return (scraped.value("kissbot_fleet_database_rows_total", { table: "llm_usage" }) ?? 0) > 0;
    });
    const pending = async (table: string) =>
      (await scrape()).value("kissbot_fleet_database_pending_rows", { table });
    expect([await pending("bot_metrics"), await pending("llm_usage")]).toEqual([0, 0]);
  });

  test("is one of two hosts there, each with its bots, until it stops", async () => {
    await using server = await PostgresServer.start();
    await using first = new Place();
    await using second = new Place();
    const monitors = [];
    for (const [place, channel] of [
      [first, "a"],
      [second, "b"],
    ] as const) {
      const fleet = fleetOf(place, server, server.password);
      monitors.push(await place.start({ fleet, displayName: `host of ${channel}` }));
      const bot = await place.connect();
      bot.send({ type: "register", channel, pid: process.pid });
    }
    const hosts = () =>
      askAs(
        server,
        "SELECT h.name, h.state, b.channel FROM kissbot.hosts AS h JOIN kissbot.bots AS b USING (host_no) ORDER BY 1",
      );
    await until("both bots are there", async () => (await hosts()).length === 2);
    await monitors[0]?.daemon.stop();
    expect(await hosts()).toEqual([
      { name: "host of a", state: "stopped", channel: "a" },
      { name: "host of b", state: "up", channel: "b" },
    ]);
  });

  test("reports a silent host once, whichever of two monitors leads, and its return once [fleet/R15]", async () => {
    await using server = await PostgresServer.start();
    await using one = new Place();
    await using other = new Place();
    await using ops = await RecordingReceiver.start("ops");
    const start = (place: Place, displayName: string) =>
      place.start({
        fleet: fleetOf(place, server, server.password),
        alerts: promptAlerts(ops),
        displayName,
      });
    const first = await start(one, "first");
    await start(other, "second");
    const sql = (text: string) => askAs(server, text);
    const patient = { timeoutMs: 60_000 };
    await until("somebody leads", async () => (await sql("SELECT FROM kissbot.lease")).length === 1, patient);
    await until("both were told that alerts are on", () => ops.notices.length === 2, patient);
    await sql(
      `INSERT INTO kissbot.hosts (host_id, name, state, beat_s, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'lost', 'up', 5, 0, 0, now(), now() - interval '10 minutes')`,
    );
    // As if the leader had watched for an hour.
    await sql("UPDATE kissbot.lease SET since = now() - interval '1 hour'");
    await until("it is told", () => ops.told.length > 0, patient);
    await until("it is marked as told", async () => {
      const [row] = await sql("SELECT told IS NOT NULL AS told FROM kissbot.incidents");
      return row?.["told"] === true;
    });
    // Whoever told it may be gone when the host is back.
    await first.daemon.stop();
    await sql("UPDATE kissbot.incidents SET teller_until = now()");
    await sql("UPDATE kissbot.hosts SET seen_at = now() WHERE name = 'lost'");
    await until("its return is told", () => ops.told.length > 1, patient);
    await until("nothing is left to tell", async () => {
      const [row] = await sql("SELECT told_end IS NOT NULL AS done FROM kissbot.incidents");
      return row?.["done"] === true;
    });
    expect(ops.told).toEqual(["down host_silent lost", "up host_silent lost"]);
    expect(ops.items[0]).toMatchObject({ subject_kind: "host", severity: "critical" });
  }, 120_000);

  test("says what the database refuses, and is ok itself [fleet/R12]", async () => {
    await using server = await PostgresServer.start();
    await using place = new Place();
    const wrong = "a wrong s3cret";
    const logger = new RecordingLogger();
    const daemon = place.daemon({ fleet: fleetOf(place, server, wrong) }, logger);
    await daemon.start();
    await until("the problem is shown", () => daemon.health().problems.length > 0);
    const { status, problems } = daemon.health();
    expect(status).toBe("ok");
    expect(problems).toMatchObject([{ code: "fleet_refused" }]);
    const [{ detail = "" } = {}] = problems;
    expect(detail).toContain(`fleet: ${server.url()}: password authentication failed`);
    const said = JSON.stringify([daemon.health(), logger.entries]);
    expect(said).not.toContain(wrong);
    expect(said).not.toContain(server.password);
  });

  test("shows one fleet with another monitor; with the database away its own part is whole and says so [fleet/R23]", async () => {
    await using server = await PostgresServer.start();
    await using here = new Place();
    await using there = new Place();
    const start = (place: Place, displayName: string) =>
      place.start({ displayName, fleet: fleetOf(place, server, server.password) });
    const first = await start(here, "first");
    await start(there, "second");
    const report = async (place: Place, channel: string) => {
      const bot = await place.connect();
      bot.send({ type: "register", channel, pid: process.pid });
    };
    await report(here, "a");
    await report(there, "b");
    type Bot = { channel: string; host: string; status: string };
    const shown = async () => {
      const { bots } = await first.get("/api/v1/bots");
      return bots.map(({ channel, host, status }: Bot) => `${host}/${channel} ${status}`);
    };
    await until("both bots are shown", async () => (await shown()).length === 2);
    expect(await shown()).toEqual(["first/a online", "second/b online"]);
    const { hosts } = await first.get("/api/v1/hosts");
    expect(hosts.map(({ host, own }: { host: string; own: boolean }) => [host, own])).toEqual([
      ["first", true],
      ["second", false],
    ]);
    await report(there, "c");
    await until("a new bot is shown", async () => (await shown()).length === 3);
    await until("an event of the other host is shown", async () => {
      const { events } = await first.get("/api/v1/events?host=second");
      return events.some(({ channel, host }: Bot) => channel === "c" && host === "second");
    });
    await server.kill();
    await until("it says so", async () => (await first.get("/api/v1/bots")).fleet.status === "away");
    await until("the others are unknown", async () => (await shown()).includes("second/b unknown"), {
      timeoutMs: 30_000,
    });
    expect(await shown()).toEqual(["first/a online", "second/b unknown", "second/c unknown"]);
    const usage = await first.get("/api/v1/llm-usage");
    expect(usage).toMatchObject({ scope: "local", fleet: { status: "away" } });
  });
});
