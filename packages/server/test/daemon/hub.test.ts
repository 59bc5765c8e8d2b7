import { readFileSync, writeFileSync } from "node:fs";
import { PostgresServer, RecordingLogger, silentLogger, until } from "@kissbot/testkit";
import pg from "pg";
import { describe, expect, test } from "vitest";
import type { FleetAddress } from "../../src/config/fleet-address.js";
import { fleetFrom, withPasswordFile } from "../../src/config/fleet-address.js";
import type { Settings } from "../../src/config/settings.js";
import { Hub } from "../../src/hub.js";
import type { Logger } from "../../src/logger.js";
import { Scraped } from "../metrics/scraped.js";
import { Place } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const page = readFileSync(new URL("../../../../docs/prometheus.md", import.meta.url), "utf8");
/** The metrics of hosts that the page names, with their types and labels. */
const documented = [...page.matchAll(/^\| `(kissbot_fleet_\w+)` \| (\w+) \|(.*?)\|/gm)]
  .map(([, name, type, labels = ""]) => [
    name,
    type,
    ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  ])
  .sort();

function namesOf(scraped: Scraped): (string | undefined)[][] {
  return [...scraped.types]
    .filter(([name]) => name.startsWith("kissbot_fleet_"))
    .map(([name, type]) => [name, type, ...Object.keys(scraped.of(name)[0]?.[0] ?? {}).sort()])
    .sort();
}

const patient = { timeoutMs: 60_000 };

/** A hub with a folder for the password of its fleet database. */
class HubPlace implements AsyncDisposable {
  readonly place = new Place();
  readonly #hubs: Hub[] = [];

  fleet(server: Pick<PostgresServer, "url" | "password">, password = server.password): FleetAddress {
    const address = fleetFrom(server.url());
    if (address === undefined) throw new Error("no address");
    this.writePassword(password);
    return withPasswordFile(address, this.place.folder.file("password"));
  }

  writePassword(password: string): void {
    writeFileSync(this.place.folder.file("password"), `${password}\n`, { mode: 0o600 });
  }

  async start(change: Partial<Settings>, logger: Logger = silentLogger): Promise<RunningHub> {
    const hub = new Hub(this.place.settings({ displayName: "the hub", ...change }), { logger });
    this.#hubs.push(hub);
    const { http } = await hub.start();
    if (http === null) throw new Error("no HTTP");
    return new RunningHub(hub, http);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.stop()));
    await this.place[Symbol.asyncDispose]();
  }
}

class RunningHub {
  readonly hub: Hub;
  readonly url: string;

  constructor(hub: Hub, url: string) {
    this.hub = hub;
    this.url = url;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  async get(path: string): Promise<{ readonly status: number; readonly body: any }> {
    const response = await fetch(`${this.url}${path}`);
    return { status: response.status, body: await response.json() };
  }

  async health() {
    return (await this.get("/healthz")).body;
  }

  async scrape(): Promise<Scraped> {
    return new Scraped(await (await fetch(`${this.url}/metrics`)).text());
  }

  async shown(): Promise<string[]> {
    const { body } = await this.get("/api/v1/bots");
    return body.bots.map(
      ({ host, channel, status }: Record<string, string>) => `${host}/${channel} ${status}`,
    );
  }
}

async function report({ place }: HubPlace, channel: string): Promise<void> {
  const bot = await place.connect();
  bot.send({ type: "register", channel, pid: process.pid });
}

describe.skipIf(PostgresServer.missing("newest") !== null)("a hub", () => {
  test("shows every host without one of its own, leads them, and tells of a silent one [fleet/R26]", async () => {
    await using server = await PostgresServer.start();
    await using there = new HubPlace();
    await using here = new HubPlace();
    await using ops = await RecordingReceiver.start("ops");
    // An empty database is all that it needs: it makes the tables.
    const hub = await here.start({ fleet: here.fleet(server), alerts: promptAlerts(ops) });
    await until(
      "it leads",
      async () => (await hub.scrape()).value("kissbot_fleet_database_leader") === 1,
      patient,
    );
    expect((await hub.get("/healthz")).body).toMatchObject({
      name: "the hub",
      socket: null,
      fleet: { url: server.url(), waiting_rows: 0, leads: true, leader: { name: "the hub", hub: true } },
      bots: { online: 0, stale: 0, dead: 0, offline: 0 },
    });
    const first = await there.place.start({ displayName: "first", fleet: there.fleet(server) });
    await report(there, "a");
    await until("the bot is shown", async () => (await hub.shown()).length === 1, patient);
    await until(
      "its host knows who leads",
      async () => (await first.get("/healthz")).fleet.leader?.hub === true,
      patient,
    );
    expect((await first.get("/healthz")).fleet).toMatchObject({
      leads: false,
      leader: { name: "the hub", hub: true },
    });
    expect(await hub.shown()).toEqual(["first/a online"]);
    await until("all is well", async () => (await hub.get("/healthz")).body.status === "ok", patient);
    expect((await hub.get("/api/v1/bots/a")).body).toMatchObject({ channel: "a", host: "first" });
    expect((await hub.get("/api/v1/hosts")).body).toMatchObject({
      hosts: [{ host: "first", own: false, state: "up", leads: false, bots: { online: 1 } }],
      leader: { name: "the hub", hub: true },
      scope: "fleet",
      fleet: { status: "ok" },
    });
    await until("its start is an event", async () => {
      const { events } = (await hub.get("/api/v1/events")).body;
      return events.some(({ channel, host }: Record<string, string>) => channel === "a" && host === "first");
    });
    expect(await hub.get("/api/v1/llm-usage")).toMatchObject({ status: 200, body: { scope: "fleet" } });
    const summary = (await hub.get("/api/v1/summary")).body;
    expect(summary).toMatchObject({
      name: "the hub",
      socket: null,
      host_id: null,
      bots: { online: 0 },
      fleet_bots: { online: 1 },
    });
    // It has no part of its own.
    for (const path of ["bots", "events"])
      expect(await hub.get(`/api/v1/${path}?scope=local`), path).toMatchObject({
        status: 200,
        body: { scope: "local", [path]: [] },
      });
    const client = new pg.Client({ ...serverOf(server) });
    await client.connect();
    try {
      await client.query(
        `INSERT INTO kissbot.hosts (host_id, name, state, beat_s, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'lost', 'up', 5, 0, 0, now(), now() - interval '10 minutes')`,
      );
      // As if it had watched for an hour.
      await client.query("UPDATE kissbot.lease SET since = now() - interval '1 hour'");
      await until("it is told", () => ops.told.length > 0, patient);
      expect(ops.told).toEqual(["down host_silent lost"]);
      expect(ops.notices.at(-1)).toMatchObject({ monitor: "the hub" });
      await until("the host is counted", async () => {
        const scraped = await hub.scrape();
        return scraped.value("kissbot_fleet_hosts", { state: "silent" }) === 1;
      });
      const scraped = await hub.scrape();
      expect(scraped.value("kissbot_fleet_hosts", { state: "up" })).toBe(1);
      expect(scraped.value("kissbot_fleet_hosts", { state: "stopped" })).toBe(0);
      expect(scraped.value("kissbot_fleet_bots", { status: "online" })).toBe(1);
      expect(scraped.value("kissbot_fleet_database_up")).toBe(1);
      const hasLag = async () => (await hub.scrape()).of("kissbot_fleet_host_lag_seconds").length > 0;
      await until("the host has said what waits there", hasLag, patient);
      expect(documented).toEqual(namesOf(await hub.scrape()));
      await hub.hub.stop();
      const { rows } = await client.query(
        "SELECT (expires_at < clock_timestamp()) AS free FROM kissbot.lease",
      );
      expect(rows).toEqual([{ free: true }]);
    } finally {
      await client.end();
    }
  }, 120_000);

  test("tells nobody again what another one told right before it stopped [fleet/R15]", async () => {
    await using server = await PostgresServer.start();
    await using here = new HubPlace();
    await using ops = await RecordingReceiver.start("ops");
    const start = () => here.start({ fleet: here.fleet(server), alerts: promptAlerts(ops) });
    const first = await start();
    const client = new pg.Client({ ...serverOf(server) });
    await client.connect();
    try {
      const one = async (sql: string) => (await client.query(sql)).rows[0];
      await until("it leads", async () => (await first.health()).fleet.leads, patient);
      await client.query(
        `INSERT INTO kissbot.hosts (host_id, name, state, beat_s, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'lost', 'up', 5, 0, 0, now(), now() - interval '10 minutes')`,
      );
      await client.query("UPDATE kissbot.lease SET since = now() - interval '1 hour'");
      await until("it is told", () => ops.told.length > 0, patient);
      await first.hub.stop();
      const { told, teller } = await one("SELECT told IS NOT NULL AS told, teller FROM kissbot.incidents");
      expect(told).toBe(true);
      await client.query("UPDATE kissbot.incidents SET teller_until = now()");
      await start();
      const isTaken = async () => (await one("SELECT teller FROM kissbot.incidents")).teller !== teller;
      await until("another one has it", isTaken, patient);
      await client.query("UPDATE kissbot.hosts SET seen_at = now()");
      await until("its end is told", () => ops.told.includes("up host_silent lost"), patient);
      expect(ops.told).toEqual(["down host_silent lost", "up host_silent lost"]);
    } finally {
      await client.end();
    }
  }, 120_000);

  test("names what is wrong with its database, and goes on by itself", async () => {
    await using server = await PostgresServer.start();
    await using here = new HubPlace();
    const logger = new RecordingLogger();
    const wrong = "a wrong s3cret";
    const hub = await here.start({ fleet: here.fleet(server, wrong) }, logger);
    await until("it is refused", async () => hub.hub.health().problems.length > 0, patient);
    const health = (await hub.get("/healthz")).body;
    expect(health).toMatchObject({
      status: "degraded",
      problems: [{ code: "fleet_refused" }],
      fleet: { status: "refused" },
    });
    expect(health.problems[0].detail).toContain(`fleet: ${server.url()}: password authentication failed`);
    expect(await hub.shown()).toEqual([]);
    expect((await hub.get("/api/v1/events")).status).toBe(503);
    here.writePassword(server.password);
    await until("all is well", () => hub.hub.health().status === "ok", patient);
    await server.kill();
    await until("it is away", () => hub.hub.health().problems[0]?.code === "fleet_away", patient);
    await server.resume();
    await until("all is well again", () => hub.hub.health().status === "ok", patient);
    const said = JSON.stringify([hub.hub.health(), logger.entries]);
    expect(said).not.toContain(wrong);
    expect(said).not.toContain(server.password);
  }, 120_000);

  test("has unknown bots and no notice while the database is away [fleet/R14] [fleet/R23]", async () => {
    await using server = await PostgresServer.start();
    await using there = new HubPlace();
    await using here = new HubPlace();
    await using ops = await RecordingReceiver.start("ops");
    await there.place.start({ displayName: "first", fleet: there.fleet(server) });
    await report(there, "a");
    const hub = await here.start({ fleet: here.fleet(server), alerts: promptAlerts(ops) });
    await until("the bot is shown", async () => (await hub.shown()).includes("first/a online"), patient);
    await server.kill();
    await until("the bot is unknown", async () => (await hub.shown()).includes("first/a unknown"), patient);
    const { body } = await hub.get("/api/v1/bots");
    expect(body).toMatchObject({ scope: "fleet", fleet: { status: "away", as_of: expect.any(String) } });
    expect(body.bots[0]).toMatchObject({ reported_status: "online" });
    for (const path of ["/api/v1/llm-usage", "/api/v1/events", "/api/v1/metrics"])
      expect(await hub.get(path), path).toMatchObject({
        status: 503,
        body: { error: { code: "store_unavailable" } },
      });
    expect((await hub.scrape()).value("kissbot_fleet_hosts", { state: "unknown" })).toBe(1);
    await server.resume();
    await until("the bot is back", async () => (await hub.shown()).includes("first/a online"), patient);
    expect(ops.items.filter(({ kind }) => kind === "down")).toEqual([]);
  }, 120_000);
});

function serverOf({ port, user, password }: PostgresServer) {
  return { host: "127.0.0.1", port, user, database: "postgres", password };
}
