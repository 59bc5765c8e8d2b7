import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FleetDatabase } from "../../src/fleet/fleet-database.js";
import { packBatch } from "../../src/packed-batch.js";
import { defaultFleetRetention } from "../../src/postgres/fleet-retention.js";
import { openPostgresStore } from "../../src/postgres/postgres-store.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { botRow, usageRows } from "../rows.js";
import { numbersIn, SendingHost } from "./sending-host.js";

describe.skipIf(PostgresServer.missing("newest") !== null)("a fleet database", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(async () => {
    await schemas[Symbol.asyncDispose]();
  });

  test("is made once, with the partitions of the days to come", async () => {
    using database = new FleetDatabase(schemas.make());
    const { versions, partitions } = await database.migrate();
    expect(versions).toContain(1);
    expect(partitions.length).toBeGreaterThan(10);
    expect(await database.migrate()).toEqual({ versions: [], partitions: [] });
  });

  test("forgets a host with its bots, keeps its calls, and has all of it again when it comes back", async () => {
    using folder = new TemporaryFolder("store");
    const url = schemas.make();
    const link = schemas.link(url);
    const { schema } = link.url;
    using host = new SendingHost(folder.file("kissbot_monitor.db"), link, "old_server");
    host.monitor
      .open()
      .commitBatches([packBatch(numbered({ bots: [botRow({ channel: "a" })], llmUsage: usageRows(3) }))]);
    await host.drain();
    using database = new FleetDatabase(url);
    expect(await database.forget("nobody")).toEqual({ outcome: "unknown" });
    expect(await database.forget("old_server")).toMatchObject({
      outcome: "up",
      seenAgoS: expect.any(Number),
    });
    await link.rows(`UPDATE ${schema}.hosts SET seen_at = clock_timestamp() - interval '31 s'`);
    const [{ host_id: hostId } = { host_id: "" }] = await link.rows<{ host_id: string }>(
      `SELECT host_id::text AS host_id FROM ${schema}.hosts`,
    );
    expect(await database.forget(hostId.toUpperCase())).toEqual({ outcome: "forgotten", hostId, bots: 1 });
    expect(await database.forget("old_server")).toEqual({ outcome: "unknown" });
    expect(await numbersIn(link, `count(*) FROM ${schema}.bots`)).toEqual([0]);
    expect(await numbersIn(link, `count(*) FROM ${schema}.llm_usage`)).toEqual([3]);

    // The sender has lived through it, and does not know.
    host.monitor.open().commitBatches([packBatch(numbered({ bots: [botRow({ channel: "b" })] }))]);
    for (let i = 0; i < 2; i++) await host.drain();
    expect(await numbersIn(link, `count(*) FROM ${schema}.bots`)).toEqual([2]);
    expect(await numbersIn(link, `count(*) FROM ${schema}.llm_usage`)).toEqual([3]);
  });

  test("asks for the id where two hosts have one name", async () => {
    const url = schemas.make();
    using database = new FleetDatabase(url);
    await database.migrate();
    const link = schemas.link(url);
    await link.rows(`INSERT INTO ${link.url.schema}.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at)
 SELECT gen_random_uuid(), 'twin', 'stopped', 0, 0, now(), now() FROM generate_series(1, 2)`);
    const answer = await database.forget("twin");
    expect(answer).toMatchObject({ outcome: "ambiguous", hostIds: [expect.any(String), expect.any(String)] });
    const [first = ""] = answer.outcome === "ambiguous" ? answer.hostIds : [];
    expect(await database.forget(first)).toMatchObject({ outcome: "forgotten", bots: 0 });
  });

  test("keeps rows as long as was set, for all hosts", async () => {
    using folder = new TemporaryFolder("store");
    const url = schemas.make();
    const link = schemas.link(url);
    using database = new FleetDatabase(url);
    await database.migrate();
    expect(await database.retention()).toEqual(defaultFleetRetention);
    using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
    const tsMs = Date.now() - 100 * 86_400_000;
    host.monitor
      .open()
      .commitBatches([packBatch(numbered({ llmUsage: [...usageRows(4, { tsMs }), ...usageRows(2)] }))]);
    await host.drain();
    expect((await database.keep()).deleted.llmUsage).toBe(0);
    await database.setRetention({ usageDays: 99 });
    expect(await database.retention()).toEqual({ ...defaultFleetRetention, usageDays: 99 });
    expect((await database.keep()).deleted.llmUsage).toBe(4);
    await database.setRetention({ usageDays: null, minuteDays: null });
    expect(await database.retention()).toEqual({
      ...defaultFleetRetention,
      usageDays: null,
      minuteDays: null,
    });
    for (const days of [0, -1, 1.5, Number.NaN, 36_501])
      await expect(database.setRetention({ usageDays: days })).rejects.toMatchObject({
        code: "invalid_option",
      });
    expect((await database.keep()).deleted.llmUsage).toBe(0);
  });

  test("keeps rows as long as was set, also where a store of its own is maintained", async () => {
    using folder = new TemporaryFolder("store");
    const url = schemas.make();
    const link = schemas.link(url);
    const { schema } = link.url;
    using database = new FleetDatabase(url);
    await database.migrate();
    using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
    const tsMs = Date.now() - 100 * 86_400_000;
    host.monitor.open().commitBatches([packBatch(numbered({ llmUsage: usageRows(4, { tsMs }) }))]);
    await host.drain();
    // Its retention and its clock are not those of the fleet.
    const retention = { usageDays: 1, metricsDays: null };
    const nowMs = Date.now() - 50 * 86_400_000;
    await using store = await openPostgresStore(url, { retention, now: () => nowMs });
    expect(await store.maintain()).toMatchObject({ deleted: { llmUsage: 0 }, withheldUntilMs: null });
    const [last = 0] = await numbersIn(link, `value FROM ${schema}.marks WHERE name = 'maintenance_last'`);
    expect(last).toBeGreaterThan(Date.now() - 86_400_000);
    await database.setRetention({ usageDays: 99 });
    expect(await store.maintain()).toMatchObject({ deleted: { llmUsage: 4 }, withheldUntilMs: null });
  });

  test("goes by the retention that was set before any host came", async () => {
    const url = schemas.make();
    using database = new FleetDatabase(url);
    await database.migrate();
    await database.setRetention({ usageDays: 99 });
    await using store = await openPostgresStore(url, { retention: { usageDays: 1 } });
    const tsMs = Date.now() - 50 * 86_400_000;
    await store.write(numbered({ llmUsage: usageRows(4, { tsMs }) }));
    expect((await store.maintain()).deleted.llmUsage).toBe(0);
  });

  test("that cannot be reached rejects as busy, and one without tables as refused", async () => {
    using away = new FleetDatabase("postgres://u:secret@127.0.0.1:1/d");
    const failure = await away.retention().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "busy" });
    expect(String(failure)).not.toContain("secret");
    using empty = new FleetDatabase(schemas.make());
    await expect(empty.retention()).rejects.toMatchObject({ code: "refused" });
  });
});
