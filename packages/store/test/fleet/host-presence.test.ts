import { PostgresServer } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClonedHostError, HostPresence } from "../../src/fleet/host-presence.js";
import { enterHost } from "../../src/postgres/host.js";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { Schemas } from "../postgres/schemas.js";

const facts = { waiting: 0, lagMs: 0 };
const hostId = "6a2f41a3-c54c-4a9f-8d3b-1f1d6c1f0001";
const otherId = "6a2f41a3-c54c-4a9f-8d3b-1f1d6c1f0002";

describe.skipIf(PostgresServer.missing("newest") !== null)("the row of a host", () => {
  let schemas: Schemas;
  let link: Link;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
    link = schemas.link(schemas.make());
    await migratePostgres(link);
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  const clock = { nowMs: 0, monotonicMs: 0 };
  /** A monitor that beats; each has a connection of its own, as a process has. */
  class Beating {
    readonly presence: HostPresence;
    constructor(
      readonly opening: number,
      readonly bootId = "boot-1",
      readonly id = hostId,
      readonly name = "bots-1",
      readonly machine: string | null = "machine-1",
    ) {
      this.presence = new HostPresence(schemas.link(schemas.url(link.url.schema)), {
        name,
        version: "1.2.3",
        nowMs: () => Date.now() + clock.nowMs,
        monotonicMs: () => clock.monotonicMs,
      });
    }
    async enter(): Promise<number> {
      const hostNo = await enterHost(link, { hostId: this.id, name: this.name });
      const { opening, bootId, machine } = this;
      await this.presence.enter(hostNo, { hostId: this.id, opening, bootId, machine });
      return hostNo;
    }
    async beat(times = 1) {
      let answer = { skewMs: 0, isCloned: false };
      for (let i = 0; i < times; i++) {
        clock.monotonicMs += 5_000;
        answer = await this.presence.beat(facts);
      }
      return answer;
    }
  }
  const rowOf = async (id = hostId) => {
    const [row] = await link.rows(
      `SELECT host_no, name, opening::float8 AS opening, boot_id, machine, monitor_version, beat_s, state, state_seq::float8 AS seq,
 skew_ms::float8 AS skew_ms, lag_ms::float8 AS lag_ms, waiting::float8 AS waiting, lost_rows::float8 AS lost_rows, replaced_by, clone_of,
 clock_timestamp() - seen_at < interval '5 s' AS is_seen FROM ${link.url.schema}.hosts WHERE host_id = $1`,
      [id],
    );
    return row ?? {};
  };
  /** As if so much time had passed since its last beat. */
  const age = (seconds: number, id = hostId) =>
    link.rows(
      `UPDATE ${link.url.schema}.hosts SET seen_at = seen_at - $2 * interval '1 s' WHERE host_id = $1`,
      [id, seconds],
    );
  const empty = () => link.script(`TRUNCATE ${link.url.schema}.hosts, ${link.url.schema}.cursors`);

  test("says what the host is, that it is there, and how far behind it is", async () => {
    await empty();
    const host = new Beating(1);
    const hostNo = await host.enter();
    await link.rows(
      `INSERT INTO ${link.url.schema}.cursors (host_no, source, opening, version, ranges, deleted, rejected) VALUES ($1, 'usage', 1, 1, '{}', 7, 2)`,
      [hostNo],
    );
    await age(100);
    await host.presence.beat({ waiting: 12, lagMs: 34.5 });
    expect(await rowOf()).toMatchObject({
      name: "bots-1",
      opening: 1,
      boot_id: "boot-1",
      machine: "machine-1",
      monitor_version: "1.2.3",
      beat_s: 5,
      state: "up",
      waiting: 12,
      lag_ms: 35,
      lost_rows: 9,
      clone_of: null,
      replaced_by: null,
      is_seen: true,
    });
  });

  test("has the difference of the clocks, measured at each beat", async () => {
    await empty();
    const host = new Beating(1);
    await host.enter();
    clock.nowMs = -60_000;
    const { skewMs } = await host.beat();
    clock.nowMs = 0;
    expect(Math.abs(skewMs - 60_000)).toBeLessThan(2_000);
    await host.beat();
    const { skew_ms: shown } = await rowOf();
    expect(Math.abs(Number(shown) - 60_000)).toBeLessThan(2_000);
  });

  test("is stopped after the goodbye, and no late beat changes that", async () => {
    await empty();
    const host = new Beating(1);
    const hostNo = await host.enter();
    await host.beat(2);
    const { seq } = await rowOf();
    await host.presence.leave();
    expect(await rowOf()).toMatchObject({ state: "stopped", waiting: null });
    // The statement of a dead connection, done at last.
    await link.rows(
      `UPDATE ${link.url.schema}.hosts SET state = 'up', state_seq = $2 WHERE host_no = $1 AND state_seq < $2`,
      [hostNo, seq],
    );
    expect(await rowOf()).toMatchObject({ state: "stopped" });
    const restarted = new Beating(2);
    expect(await restarted.enter()).toBe(hostNo);
    expect(await rowOf()).toMatchObject({ state: "up", opening: 2 });
  });

  test("belongs at once to a monitor that was killed and started again", async () => {
    await empty();
    const first = new Beating(1);
    const hostNo = await first.enter();
    await first.beat(5);
    const second = new Beating(2);
    expect(await second.enter()).toBe(hostNo);
    expect(await second.beat(3)).toMatchObject({ isCloned: false });
    expect(await rowOf()).toMatchObject({ opening: 2, clone_of: null });
  });

  test("belongs to the machine to which the files were moved", async () => {
    await empty();
    const first = new Beating(1);
    const hostNo = await first.enter();
    await first.beat(2);
    await age(20);
    const second = new Beating(2, "boot-2", hostId, "bots-1", "machine-2");
    expect(await second.enter()).toBe(hostNo);
    expect(await rowOf()).toMatchObject({ boot_id: "boot-2", machine: "machine-2", clone_of: null });
  });

  test("is refused to a clone on the same system within two beats, and stays refused [fleet/R17]", async () => {
    await empty();
    const first = new Beating(1);
    await first.enter();
    await first.beat(3);
    const second = new Beating(2);
    await second.enter();
    expect(await first.beat(), "takes its row back").toMatchObject({ isCloned: false });
    await expect(second.presence.beat(facts)).rejects.toThrow(ClonedHostError);
    await expect(second.enter()).rejects.toThrow("stop one of the two, or give this one a database");
    expect(await first.beat()).toMatchObject({ isCloned: true });
    expect(await rowOf()).toMatchObject({ opening: 1, state: "up" });
    expect((await rowOf())["clone_of"]).not.toBeNull();
    for (let i = 0; i < 10; i++) await first.beat();
    await expect(second.enter()).rejects.toThrow(ClonedHostError);
    for (let i = 0; i < 13; i++) expect(await first.beat()).toMatchObject({ isCloned: true });
    await first.beat();
    expect(await rowOf(), "it was not there for a minute").toMatchObject({ clone_of: null });
    await first.presence.leave();
    await second.enter();
    expect(await second.beat(3)).toMatchObject({ isCloned: false });
  });

  test("is refused to a clone on another system before it sends anything [fleet/R17]", async () => {
    await empty();
    const first = new Beating(1);
    await first.enter();
    await first.beat();
    const second = new Beating(2, "boot-2");
    await expect(second.enter()).rejects.toThrow(ClonedHostError);
    expect(await rowOf()).toMatchObject({ opening: 1, boot_id: "boot-1" });
  });

  test("is left to the other one by a monitor that was frozen meanwhile", async () => {
    await empty();
    const first = new Beating(1);
    await first.enter();
    await first.beat(3);
    await age(60);
    const second = new Beating(2, "boot-2");
    await second.enter();
    await second.beat(3);
    clock.monotonicMs += 60_000;
    await expect(first.presence.beat(facts)).rejects.toThrow(ClonedHostError);
    clock.monotonicMs -= 60_000;
    expect(await rowOf()).toMatchObject({ opening: 2 });
  });

  test("of a host that was installed anew replaces the old one, once that is silent [fleet/R17]", async () => {
    await empty();
    const old = new Beating(1);
    const oldNo = await old.enter();
    const fresh = new Beating(2, "boot-1", otherId);
    const freshNo = await fresh.enter();
    expect(freshNo, "two hosts of one name").not.toBe(oldNo);
    expect(await rowOf()).toMatchObject({ replaced_by: null });
    await age(31);
    await fresh.beat(12);
    expect(await rowOf()).toMatchObject({ replaced_by: freshNo });
    expect(await rowOf(otherId)).toMatchObject({ replaced_by: null, name: "bots-1" });
    const again = new Beating(3);
    await again.enter();
    expect(await rowOf(), "it came back").toMatchObject({ replaced_by: null, host_no: oldNo });
  });

  test("does not replace a monitor of its name that was heard beside it on the same machine [fleet/R17]", async () => {
    await empty();
    const beside = new Beating(1);
    const other = new Beating(2, "boot-1", otherId);
    await beside.enter();
    await other.enter();
    await beside.beat();
    await beside.presence.leave();
    await other.beat(12);
    expect(await rowOf()).toMatchObject({ state: "stopped", replaced_by: null });
  });

  test("tells the time of the database anew at each beat", async () => {
    await empty();
    const host = new Beating(1);
    await host.enter();
    const sentMs = Date.now();
    await host.beat();
    expect(host.presence.databaseMs).toBeGreaterThanOrEqual(sentMs - 1_000);
    expect(host.presence.databaseMs).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test("does not replace another host of its name on another machine, or on an unknown one", async () => {
    await empty();
    await new Beating(1).enter();
    await new Beating(2, "boot-2", otherId, "bots-1", null).enter();
    await age(100);
    await age(100, otherId);
    const third = new Beating(3, "boot-3", "6a2f41a3-c54c-4a9f-8d3b-1f1d6c1f0003", "bots-1", "machine-3");
    await third.enter();
    expect(await rowOf()).toMatchObject({ replaced_by: null });
    expect(await rowOf(otherId)).toMatchObject({ replaced_by: null });
  });
});
