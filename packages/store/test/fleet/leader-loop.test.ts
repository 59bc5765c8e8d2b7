import { randomUUID } from "node:crypto";
import { lasting, PostgresServer, until } from "@kissbot/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { IncidentKind } from "../../src/fleet/incident.js";
import type { ToldIncident } from "../../src/fleet/incident-table.js";
import { LeaderLoop, type LeaderNews } from "../../src/fleet/leader-loop.js";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { Schemas } from "../postgres/schemas.js";

const kinds: readonly IncidentKind[] = ["host_silent", "channel_on_two_hosts"];

/** A monitor's loop whose rounds follow each other quickly. */
class Monitor {
  readonly loop: LeaderLoop;
  readonly hostId: string;
  readonly errors: unknown[] = [];
  news: LeaderNews | null = null;
  rounds = 0;
  upkeeps = 0;
  mayAct = true;
  readonly #running: Promise<void>;

  constructor(
    link: Link,
    hostId: string,
    changes: { leads?: boolean; tells?: readonly IncidentKind[] } = {},
  ) {
    this.hostId = hostId;
    this.loop = new LeaderLoop({
      link,
      holder: randomUUID(),
      hostId: () => this.hostId,
      monotonicMs: () => performance.now(),
      mayAct: () => this.mayAct,
      leads: true,
      ...changes,
      tells: () => changes.tells ?? kinds,
      upkeep: async () => {
        this.upkeeps += 1;
      },
      onNews: (news) => {
        this.news = news;
        this.rounds += 1;
      },
      onFailed: (error) => this.errors.push(error),
      pause: () => lasting("a pause", 20),
    });
    this.#running = this.loop.run();
  }

  get incidents(): readonly ToldIncident[] {
    return this.news?.incidents ?? [];
  }

  /** A whole round from now on. */
  async settled(): Promise<void> {
    const from = this.rounds;
    await until("two rounds were played", () => this.rounds > from + 1);
  }

  async stop(): Promise<void> {
    this.loop.stop();
    await this.#running;
  }
}

describe.skipIf(PostgresServer.missing("newest") !== null)("the leader's round", () => {
  let schemas: Schemas;
  const monitors: Monitor[] = [];
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterEach(async () => {
    await Promise.all(monitors.splice(0).map((monitor) => monitor.stop()));
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  function monitorOn(url: string, changes = {}): Monitor {
    const monitor = new Monitor(schemas.link(url), randomUUID(), changes);
    monitors.push(monitor);
    return monitor;
  }

  async function fleet(): Promise<{
    url: string;
    sql: (text: string) => Promise<Record<string, unknown>[]>;
  }> {
    const url = schemas.make();
    const link = schemas.link(url);
    await migratePostgres(link);
    const sql = (text: string) => link.rows(text.replaceAll("@", `${link.url.schema}.`));
    return { url, sql };
  }

  const addHost = (name: string, seen: string) =>
    `INSERT INTO @hosts (host_id, name, state, beat_s, state_seq, bots_version, connected_at, seen_at)
 VALUES ('${randomUUID()}', '${name}', 'up', 5, 0, 0, now(), now() ${seen}) RETURNING host_no`;
  /** As if the leader had watched for an hour. */
  const watched = "UPDATE @lease SET since = now() - interval '1 hour'";
  const addBot = (hostNo: unknown, channel: string, status = "online") =>
    `INSERT INTO @bots (host_no, channel, pid, status, features_json, registered_at, last_seen, status_since, process_seen, restarts)
 VALUES (${hostNo}, '${channel}', 1, '${status}', '[]', now(), now(), now(), true, 0)`;

  test("a host that is silent is one incident, told by one monitor, and its return is its end [fleet/R15]", async () => {
    const { url, sql } = await fleet();
    const [host] = await sql(addHost("lost", "- interval '10 minutes'"));
    await sql(addBot(host?.["host_no"], "x"));
    const both = [monitorOn(url), monitorOn(url)];
    await until("somebody leads", () => both.some(({ news }) => news?.isLeader === true));
    await Promise.all(both.map((monitor) => monitor.settled()));
    expect(
      both.map(({ incidents }) => incidents),
      "nobody has watched for 30 s",
    ).toEqual([[], []]);
    await sql(watched);
    await until("it is found", () => both.some(({ incidents }) => incidents.length > 0));
    const teller = both.find(({ incidents }) => incidents.length > 0) as Monitor;
    await Promise.all(both.map((monitor) => monitor.settled()));
    expect(both.flatMap(({ incidents }) => incidents)).toMatchObject([
      { kind: "host_silent", hosts: ["lost"], channel: "", bots: 1, outcome: null, isTold: false },
    ]);
    const { incidentId } = teller.incidents[0] as ToldIncident;
    teller.loop.mark([{ incidentId, mark: "told" }]);
    await until("it is marked", () => teller.incidents[0]?.isTold === true);
    await sql("UPDATE @hosts SET seen_at = now()");
    await until("its end is found", () => teller.incidents[0]?.outcome === "over");
    teller.loop.mark([{ incidentId, mark: "ended" }]);
    await until("nothing is left to tell", () => teller.incidents.length === 0);
    await Promise.all(both.map((monitor) => monitor.settled()));
    expect(await sql("SELECT count(*)::int AS n, count(told_end)::int AS ended FROM @incidents")).toEqual([
      { n: 1, ended: 1 },
    ]);
    expect(both.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await sql("SELECT status FROM @bots"), "no bot is dead by that").toEqual([{ status: "online" }]);
  });

  test("a restart of the watch, as after an outage of the database, neither opens nor ends [fleet/R14]", async () => {
    const { url, sql } = await fleet();
    await sql(addHost("lost", "- interval '10 minutes'"));
    const monitor = monitorOn(url);
    await until("it leads", () => monitor.news?.isLeader === true);
    await sql(watched);
    await until("it is found", () => monitor.incidents.length > 0);
    await sql("UPDATE @lease SET since = now()");
    // The round under way may have read the lease before.
    await monitor.settled();
    await sql(addHost("other", "- interval '10 minutes'"));
    await monitor.settled();
    expect(monitor.incidents).toMatchObject([{ hosts: ["lost"], outcome: null }]);
  });

  test("a channel on two hosts is an incident with both names, told where the leader has no receiver [fleet/R18]", async () => {
    const { url, sql } = await fleet();
    const leader = monitorOn(url, { tells: [] });
    await until("it leads", () => leader.news?.isLeader === true);
    for (const name of ["two", "one"]) {
      const [host] = await sql(addHost(name, "+ interval '1 hour'"));
      await sql(addBot(host?.["host_no"], "shared"));
      await sql(addBot(host?.["host_no"], `own of ${name}`));
    }
    const teller = monitorOn(url, { leads: false });
    await teller.settled();
    await leader.settled();
    expect(teller.incidents).toEqual([]);
    // What the leader finds after a minute; `incident.test.ts` has the minute.
    await sql(`INSERT INTO @incidents (kind, host_no, channel, host_nos, token, since, opened)
 SELECT 'channel_on_two_hosts', 0, 'shared', array_agg(host_no), 1, now(), now() FROM @hosts WHERE name IN ('one', 'two')`);
    await until("it is told", () => teller.incidents.length === 1);
    await leader.settled();
    expect(teller.incidents[0]).toMatchObject({ hosts: ["one", "two"], channel: "shared", outcome: null });
    expect(leader.incidents).toEqual([]);
    await sql("UPDATE @bots SET status = 'offline' WHERE channel = 'shared' AND host_no = 1");
    await until("it is over", () => teller.incidents[0]?.outcome === "over");
  });

  test("a teller that is gone is followed after its time, by one that knows what was told", async () => {
    const { url, sql } = await fleet();
    await sql(addHost("lost", "- interval '10 minutes'"));
    const first = monitorOn(url);
    await until("it leads", () => first.news?.isLeader === true);
    await sql(watched);
    await until("it is found", () => first.incidents.length === 1);
    const { incidentId } = first.incidents[0] as ToldIncident;
    first.loop.mark([{ incidentId, mark: "told" }]);
    await until("it is marked", () => first.incidents[0]?.isTold === true);
    await first.stop();
    const second = monitorOn(url);
    await second.settled();
    expect(second.news?.isLeader, "the lease was released").toBe(true);
    expect(second.incidents).toEqual([]);
    await sql("UPDATE @incidents SET teller_until = now()");
    await until("it is taken over", () => second.incidents.length === 1);
    expect(second.incidents[0]).toMatchObject({ incidentId, isTold: true, outcome: null });
  });

  test("what was told just before a stop is known before another one may lead [fleet/R15]", async () => {
    const { url, sql } = await fleet();
    await sql(addHost("lost", "- interval '10 minutes'"));
    const first = monitorOn(url);
    await until("it leads", () => first.news?.isLeader === true);
    await sql(watched);
    await until("it is found", () => first.incidents.length === 1);
    const { incidentId } = first.incidents[0] as ToldIncident;
    first.loop.mark([{ incidentId, mark: "told" }]);
    await first.stop();
    expect(first.errors).toEqual([]);
    expect(
      await sql("SELECT i.told <= l.expires_at AS before FROM @incidents AS i CROSS JOIN @lease AS l"),
    ).toEqual([{ before: true }]);
  });

  test("one that may not act gives up the lease, and times ahead are mended", async () => {
    const { url, sql } = await fleet();
    await sql(addHost("ahead", "+ interval '1 hour'"));
    const monitor = monitorOn(url);
    await until("it leads", () => monitor.news?.isLeader === true);
    await until("the time is mended", async () => {
      const [row] = await sql("SELECT seen_at <= clock_timestamp() AS mended FROM @hosts");
      return row?.["mended"] === true;
    });
    monitor.mayAct = false;
    await until("it gave up", () => monitor.news?.isLeader === false);
    expect(await sql("SELECT expires_at <= clock_timestamp() AS free FROM @lease")).toEqual([{ free: true }]);
  });

  test("keeps the database up once an hour, as the leader alone", async () => {
    const { url } = await fleet();
    const [leader, other] = [monitorOn(url), monitorOn(url, { leads: false })];
    await until("it leads", () => leader.news?.isLeader === true);
    await Promise.all([leader.settled(), other.settled()]);
    expect([leader.upkeeps, other.upkeeps]).toEqual([1, 0]);
  });

  test("goes on after an outage of the database", async () => {
    const { url } = await fleet();
    const monitor = monitorOn(url);
    await until("it leads", () => monitor.news?.isLeader === true);
    await schemas.server.kill();
    await until("it knows nothing", () => monitor.news?.incidents === null);
    await schemas.server.resume();
    await until("it leads again", () => monitor.news?.isLeader === true && monitor.news.incidents !== null);
    expect(monitor.errors.length).toBeGreaterThan(0);
  });
});
