import { openStore, runningThreads } from "@kissbot/store";
import { type LeaderNews, startForwarding, startLeading } from "@kissbot/store/fleet";
import { PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Schemas } from "../postgres/schemas.js";

describe.skipIf(PostgresServer.missing("newest") !== null)("a monitor and a hub", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  test("lead in turn: the hub follows as the monitor ends, and tells of a host that is lost", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const url = schemas.make();
    const link = schemas.link(url);
    const store = await openStore(path);
    let news: LeaderNews | null = null;
    const forwarding = startForwarding({
      store: path,
      fleet: url,
      name: "here",
      leads: true,
      onNews: (told) => {
        news = told;
      },
    });
    await until("the monitor leads", () => news?.isLeader === true);
    const [lease] = await link.rows(
      `SELECT h.name FROM ${link.url.schema}.lease AS l JOIN ${link.url.schema}.hosts AS h USING (host_no)`,
    );
    expect(lease).toEqual({ name: "here" });
    await until("the partitions are made", async () => {
      const [row] = await link.rows<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = '${link.url.schema}.llm_usage'::regclass`,
      );
      return (row?.n ?? 0) >= 3;
    });
    const warnings: string[] = [];
    const hub = startLeading({
      fleet: url,
      name: "the hub",
      tells: ["host_silent"],
      onWarning: (sentence) => warnings.push(sentence),
    });
    await until("the hub has looked", () => hub.news.incidents !== null);
    expect(hub.news).toEqual({ isLeader: false, leader: { name: "here", isHub: false }, incidents: [] });
    await forwarding.close();
    await store.close();
    await until("the hub leads", () => hub.news.isLeader);
    expect(hub.news.leader).toEqual({ name: "the hub", isHub: true });
    await link.script(
      `UPDATE ${link.url.schema}.hosts SET state = 'up', seen_at = now() - interval '10 minutes';
 UPDATE ${link.url.schema}.lease SET since = now() - interval '1 hour'`,
    );
    await until("it tells of it", () => (hub.news.incidents?.length ?? 0) > 0);
    expect(hub.news.incidents).toMatchObject([{ kind: "host_silent", hosts: ["here"], isTold: false }]);
    await hub.close();
    expect(warnings).toEqual([]);
    expect(
      await link.rows(`SELECT expires_at <= clock_timestamp() AS free FROM ${link.url.schema}.lease`),
    ).toEqual([{ free: true }]);
    await until("no thread is left", () => runningThreads() === 0);
  });

  test("a monitor that may not lead tells of incidents from its first receiver on", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const url = schemas.make();
    const store = await openStore(path);
    let news: LeaderNews | null = null;
    const forwarding = startForwarding({
      store: path,
      fleet: url,
      name: "here",
      onNews: (told) => {
        news = told;
      },
    });
    await until("it sends", () => forwarding.status.state === "sending");
    expect(news).toBe(null);
    forwarding.setTells(["host_silent"]);
    await until("it has looked", () => news?.incidents !== undefined && news.incidents !== null);
    expect(news).toEqual({ isLeader: false, leader: null, incidents: [] });
    await forwarding.close();
    await store.close();
    await until("no thread is left", () => runningThreads() === 0);
  });

  test("a hub that is refused says why, once, without the password", async () => {
    const secret = "not-their-password";
    const warnings: string[] = [];
    const hub = startLeading({
      fleet: schemas.byTcp([schemas.server.port], "refused", secret),
      onWarning: (sentence) => warnings.push(sentence),
    });
    await until("it says so", () => warnings.length > 0);
    expect(warnings[0]).toContain("password authentication failed");
    expect(warnings.join()).not.toContain(secret);
    await hub.close();
    expect(hub.news).toEqual({ isLeader: false, leader: null, incidents: null });
  });
});
