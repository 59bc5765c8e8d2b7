import { randomUUID } from "node:crypto";
import { CuttingProxy, PostgresServer, repetitions, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FleetReader } from "../../src/fleet/fleet-reader.js";
import { Lease } from "../../src/fleet/lease.js";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { hasPooler, Pooler } from "../postgres/pooler.js";
import { Schemas } from "../postgres/schemas.js";
import { LeasePeer } from "./lease-peer.js";

const peerCount = 8;
const lastsMs = repetitions({ gate: 1_500, long: 15_000 });
const upsets = repetitions({ gate: 6, long: 30 });

describe.skipIf(PostgresServer.missing("newest") !== null)("the leader's lease", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  async function migrated(url = schemas.make()): Promise<Link> {
    const link = schemas.link(url);
    await migratePostgres(link);
    return link;
  }

  function leaseOn(link: Link, monotonicMs = () => performance.now()): Lease {
    return new Lease(link, { holder: randomUUID(), hostId: () => null, monotonicMs });
  }

  test("names its holder: a hub by what it said itself, a host as it is called", async () => {
    const url = schemas.make();
    const link = await migrated(url);
    const { schema } = link.url;
    const options = { holder: randomUUID(), hostId: () => null, monotonicMs: () => performance.now() };
    const hub = new Lease(link, { ...options, hubName: "the hub" });
    const other = leaseOn(link);
    const reader = new FleetReader(url);
    const shown = async () => (await reader.hosts()).leader;
    expect([await shown(), hub.leader]).toEqual([null, null]);
    await hub.renew();
    await other.renew();
    const named = { name: "the hub", isHub: true };
    expect([await shown(), hub.leader, other.leader]).toEqual([named, named, named]);
    await hub.release();
    expect([await shown(), hub.leader]).toEqual([null, null]);
    // As an older version does, which knows nothing of names.
    await link.script(`UPDATE ${schema}.lease SET token = token + 1, expires_at = now() + interval '20 s'`);
    await other.isFree();
    const unnamed = { name: null, isHub: true };
    expect([await shown(), other.leader]).toEqual([unnamed, unnamed]);
    await link.script(
      `INSERT INTO ${schema}.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'first', 'up', 0, 0, now(), now());
 UPDATE ${schema}.lease SET host_no = (SELECT host_no FROM ${schema}.hosts)`,
    );
    await other.isFree();
    const host = { name: "first", isHub: false };
    expect([await shown(), other.leader]).toEqual([host, host]);
    // A reader may be newer than the tables.
    await link.script(
      `ALTER TABLE ${schema}.lease DROP COLUMN hub_name, DROP COLUMN hub_token; UPDATE ${schema}.lease SET host_no = 0`,
    );
    expect(await shown()).toEqual(unnamed);
    reader.close();
  });

  test("has one holder, who keeps it by renewing; the next gets a higher token", async () => {
    const link = await migrated();
    const [one, other] = [leaseOn(link), leaseOn(link)];
    const first = await one.renew();
    expect(first).toMatchObject({ token: 1 });
    expect(await other.renew()).toBeNull();
    expect(other.freeInMs).toBeGreaterThan(10_000);
    expect(await one.renew()).toMatchObject({ token: 1, sinceMs: first?.sinceMs });
    expect([one.isHeld, other.isHeld]).toEqual([true, false]);
    await one.release();
    expect(one.isHeld).toBe(false);
    expect(await other.renew()).toMatchObject({ token: 2 });
    expect(await one.renew()).toBeNull();
  });

  test("its holder stops two seconds early, by its own clock", async () => {
    let nowMs = 0;
    const lease = leaseOn(await migrated(), () => nowMs);
    await lease.renew();
    nowMs = 12_999;
    expect(lease.isHeld).toBe(true);
    nowMs = 13_000;
    expect(lease.isHeld).toBe(false);
  });

  test("of twenty that want it at once, one gets it", async () => {
    const url = schemas.make();
    await migrated(url);
    const leases = Array.from({ length: 20 }, () => leaseOn(schemas.link(url)));
    const terms = await Promise.all(leases.map((lease) => lease.renew()));
    expect(terms.filter((term) => term !== null)).toHaveLength(1);
  });

  test("a step of a clock starts the watch anew, and no lease lasts for hours", async () => {
    let stepMs = 0;
    const link = await migrated();
    const lease = leaseOn(link, () => performance.now() + stepMs);
    const first = await lease.renew();
    stepMs = 5_000;
    const second = await lease.renew();
    expect(second?.token).toBe(first?.token);
    expect(second?.sinceMs).toBeGreaterThan(first?.sinceMs ?? 0);
    expect((await lease.renew())?.sinceMs).toBe(second?.sinceMs);
    // As if the database's clock was set back by an hour.
    await link.script(`UPDATE ${link.url.schema}.lease SET expires_at = expires_at + interval '1 hour'`);
    expect(await leaseOn(link).renew()).toMatchObject({ token: 2 });
  });

  test(`${peerCount} peers, some behind a pooler, frozen, cut off and killed: one acts at a time, and the next follows in time [fleet/T11] [fleet/R13]`, async () => {
    const url = schemas.make();
    const link = await migrated(url);
    const { schema } = link.url;
    await link.script(
      `CREATE TABLE ${schema}.acts (id bigint GENERATED ALWAYS AS IDENTITY, holder uuid, token bigint)`,
    );
    await using pooler = hasPooler ? await Pooler.start(schemas.server, 2) : null;
    await using proxy = await CuttingProxy.start(schemas.server.port);
    const ports = [schemas.server.port, proxy.port, pooler?.port ?? schemas.server.port];
    const waits = { connectMs: lastsMs, statementMs: lastsMs / 2 };
    const peerAt = (i: number) =>
      new LeasePeer(schemas.link(schemas.byTcp([ports[i % 3] as number], schema), waits), lastsMs);
    const peers = Array.from({ length: peerCount }, (_, i) => peerAt(i));
    const gone: LeasePeer[] = [];
    const leading = async () => {
      const [row] = await link.rows<{ holder: string; token: number; left: number }>(
        `SELECT holder::text, token::int, extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS left FROM ${schema}.lease`,
      );
      return row ?? { holder: "", token: 0, left: 0 };
    };
    const takeOversMs: number[] = [];
    for (let i = 0; i < upsets; i++) {
      await until("somebody leads", async () => (await leading()).left > 0, { timeoutMs: 4 * lastsMs });
      const before = await leading();
      const at = peers.findIndex(({ holder }) => holder === before.holder);
      const leader = peers[at] as LeasePeer;
      const upset = i % 3;
      if (upset === 0) leader.freeze(2 * lastsMs);
      else if (upset === 1 && leader.link.url.hosts[0]?.port === proxy.port) {
        // What is cut off may be another's question, after which nothing need follow.
        proxy.cutNext("silence");
        continue;
      } else {
        gone.push(leader);
        peers[at] = peerAt(at);
        await leader.kill();
      }
      const sinceMs = performance.now();
      await until("another one leads", async () => (await leading()).token > before.token, {
        timeoutMs: 4 * lastsMs,
      });
      takeOversMs.push(performance.now() - sinceMs);
    }
    await until("those that were frozen have tried to go on", () =>
      [...peers, ...gone].some(({ lateTries }) => lateTries > 0),
    );
    await Promise.all(peers.map((peer) => peer.stop().catch(() => undefined)));
    for (const tookMs of takeOversMs) expect(tookMs).toBeLessThan(lastsMs + 1_000);
    const all = [...peers, ...gone];
    expect(
      all.reduce((sum, { lateActs }) => sum + lateActs, 0),
      "a former leader's write",
    ).toBe(0);
    const acts = await link.rows<{ holder: string; token: number }>(
      `SELECT holder::text, token::int FROM ${schema}.acts ORDER BY id`,
    );
    const tokens = acts.map(({ token }) => token);
    expect(new Set(tokens).size, "how many leaders acted").toBeGreaterThan(1);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    const holders = new Map<number, Set<string>>();
    for (const { holder, token } of acts) holders.set(token, (holders.get(token) ?? new Set()).add(holder));
    expect([...holders.values()].every((set) => set.size === 1)).toBe(true);
    const sorted = takeOversMs.map(Math.round).sort((a, b) => a - b);
    console.info(
      `a lease of ${lastsMs} ms, ${upsets} upsets: ${acts.length} acts under ${holders.size} tokens, ${sorted.length} take-overs, ` +
        `median ${sorted[sorted.length >> 1]} ms, longest ${sorted.at(-1)} ms`,
    );
  }, 900_000);
});
