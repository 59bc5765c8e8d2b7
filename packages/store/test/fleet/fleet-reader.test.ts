import { PostgresServer, postgresVersions, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FleetDatabase } from "../../src/fleet/fleet-database.js";
import { FleetReader } from "../../src/fleet/fleet-reader.js";
import { packBatch } from "../../src/packed-batch.js";
import type { UsageQuery } from "../../src/usage-totals.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { botRow, customRows, everything, metricRows, usageRows } from "../rows.js";
import { SendingHost } from "./sending-host.js";

describe.each(postgresVersions)("PostgreSQL, the %s", (version) => {
  describe.skipIf(PostgresServer.missing(version) !== null)("read as a database of several hosts", () => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
    });
    afterAll(async () => {
      await schemas[Symbol.asyncDispose]();
    });

    test("has its hosts with the bots, changes, calls and samples of each and of all", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.make();
      const link = schemas.link(url);
      using first = new SendingHost(folder.file("first.db"), link, "first");
      using second = new SendingHost(folder.file("second.db"), schemas.link(url), "second");
      const nowMs = Date.now();
      for (const [i, host] of [first, second].entries()) {
        const channel = i === 0 ? "a" : "b";
        const change = {
          tsMs: nowMs,
          channel,
          pid: 7,
          from: null,
          to: "online",
          cause: "registered",
        } as const;
        host.monitor.open().commitBatches([
          packBatch(
            numbered({
              bots: [botRow({ channel }), botRow({ channel: "shared", status: "stale" })],
              statusChanges: [change],
              llmUsage: usageRows(10 * (i + 1), { channel }),
              customMetrics: customRows(5),
              botMetrics: metricRows(20, { channel: "shared", rssMb: 10 }),
            }),
          ),
        ]);
        await host.drain();
        expect(host.errors).toEqual([]);
      }
      const reader = new FleetReader(url);
      const { hosts, nowMs: databaseMs } = await reader.hosts();
      expect(Math.abs(databaseMs - Date.now())).toBeLessThan(60_000);
      expect(hosts.map(({ name, writtenState, replacedBy }) => [name, writtenState, replacedBy])).toEqual([
        ["first", "up", null],
        ["second", "up", null],
      ]);
      const [one, two] = hosts.map(({ hostNo }) => hostNo) as [number, number];
      const bots = async (...hostNos: number[]) =>
        (await reader.botsPage({ hostNos, since: null, after: null })).map(
          ({ hostNo, bot }) => [hostNo, bot.channel, bot.status] as const,
        );
      const ofOne = [
        [one, "a", "online"],
        [one, "shared", "stale"],
      ] as const;
      const ofTwo = [
        [two, "b", "online"],
        [two, "shared", "stale"],
      ] as const;
      expect(await bots(one)).toEqual(ofOne);
      expect(await bots(one, two)).toEqual([...ofOne, ...ofTwo]);
      expect((await reader.botsMoment()).counts).toEqual(
        new Map([
          [one, 2],
          [two, 2],
        ]),
      );

      const all = await reader.statusHistory(null, {});
      expect(all.map(({ channel, hostNo }) => [channel, hostNo])).toEqual([
        ["b", two],
        ["a", one],
      ]);
      expect((await reader.statusHistory(one, {})).map(({ channel }) => channel)).toEqual(["a"]);

      const calls = async (hostNo: number | null) =>
        (await reader.usageTotals(hostNo, everything, nowMs)).map((total) => total.calls);
      expect(await calls(null)).toEqual([30]);
      expect(await calls(one)).toEqual([10]);
      expect(await calls(two)).toEqual([20]);

      const recent = { fromMs: nowMs - 600_000, toMs: nowMs + 60_000 };
      const samples = async (hostNo: number | null) => {
        const { resolution, series } = await reader.metricSeries(
          hostNo,
          { ...recent, channels: ["shared"] },
          nowMs,
        );
        expect(resolution, "samples stay on their hosts").toBe("minute");
        return series[0]?.points.reduce((sum, point) => sum + point.samples, 0);
      };
      expect(await samples(one)).toBe(20);
      expect(await samples(null)).toBe(40);
      const { points } = await reader.fleetSeries(two, recent, nowMs);
      expect(points.some(({ rssMb }) => rssMb === 10)).toBe(true);
      const custom = await reader.customSeries(null, { ...recent, channel: "a", metricName: "m" });
      expect(custom.points.reduce((sum, point) => sum + point.samples, 0)).toBe(10);

      await link.rows(`UPDATE ${link.url.schema}.hosts SET state = 'forgotten' WHERE host_no = $1`, [one]);
      expect((await reader.hosts()).hosts.map(({ name }) => name)).toEqual(["second"]);
      reader.close();
    });

    test("asks for nothing that the fleet's retention may have deleted", async () => {
      using folder = new TemporaryFolder("store");
      const url = schemas.make();
      const link = schemas.link(url);
      using host = new SendingHost(folder.file("a.db"), link, "first");
      const [dayMs, hourMs, minuteMs] = [86_400_000, 3_600_000, 60_000];
      const nowMs = Date.now();
      const hour = Math.floor(nowMs / hourMs) * hourMs - 40 * dayMs;
      const call = { tsMs: hour + 30 * minuteMs, channel: "a" };
      host.monitor.open().commitBatches([
        packBatch(
          numbered({
            llmUsage: usageRows(3, call),
            botMetrics: metricRows(2, { tsMs: nowMs - 20 * dayMs, channel: "a", rssMb: 10 }),
          }),
        ),
      ]);
      await host.drain();
      expect(host.errors).toEqual([]);
      const reader = new FleetReader(url);
      const part = { fromMs: hour + 10 * minuteMs, toMs: hour + 20 * minuteMs };
      const callsIn = async (query: UsageQuery) => (await reader.usageTotals(null, query, nowMs))[0]?.calls;
      const resolutionOf = async (days: number) => {
        const fromMs = nowMs - days * dayMs;
        const query = { fromMs, toMs: fromMs + dayMs, channels: ["a"] };
        const { resolution, series } = await reader.metricSeries(null, query, nowMs);
        return [resolution, series[0]?.points.reduce((sum, { samples }) => sum + samples, 0)];
      };
      const indian = {
        fromMs: hour - dayMs,
        toMs: hour + dayMs,
        groupBy: ["day"],
        offsetMinutes: 330,
      } as const;
      expect(await reader.usagePeriod(part, nowMs)).toEqual(part);
      expect(await callsIn(part)).toBe(0);
      expect(await callsIn(indian)).toBe(3);
      expect(await resolutionOf(20.5)).toEqual(["minute", 2]);

      const database = new FleetDatabase(url);
      await database.setRetention({ usageDays: 30, minuteDays: 14 });
      await database.keep();
      await database.close();
      const whole = { fromMs: hour, toMs: hour + hourMs };
      expect(await reader.usagePeriod(part, nowMs)).toEqual(whole);
      expect(await callsIn(part)).toBe(3);
      await expect(callsIn(indian)).rejects.toMatchObject({ code: "invalid_query" });
      expect(await resolutionOf(20.5)).toEqual(["hour", 2]);
      reader.close();
    });

    test("names what is wrong: no table, no hosts, no server", async () => {
      const url = schemas.make();
      const reader = new FleetReader(url);
      await expect(reader.hosts()).rejects.toMatchObject({ code: "refused" });
      reader.close();
      using folder = new TemporaryFolder("store");
      using host = new SendingHost(folder.file("a.db"), schemas.link(url));
      await host.drain();
      const link = schemas.link(url);
      await link.rows(`DELETE FROM ${link.url.schema}.hosts`);
      const empty = new FleetReader(url);
      expect((await empty.hosts()).hosts).toEqual([]);
      empty.close();
      const secret = "not-their-password";
      const nobody = new FleetReader(schemas.byTcp([1], "kissbot", secret));
      const failure = await nobody.hosts().catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "busy" });
      expect(String((failure as Error).message)).not.toContain(secret);
      nobody.close();
    });
  });
});
