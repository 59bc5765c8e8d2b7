import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { packBatch } from "../../src/packed-batch.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { customRows, metricRows, usageRows } from "../rows.js";
import { numbersIn, SendingHost } from "./sending-host.js";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const nowMs = Date.now();
/** How far the host's clock was off when it wrote, and what becomes of the rows. */
const skews = [
  ["hour behind", -hourMs + 60_000, "own"],
  ["hour ahead", hourMs - 60_000, "own"],
  ["6 days late", -6 * dayMs, "late"],
  ["40 days late", -40 * dayMs, "late"],
  ["500 days late", -500 * dayMs, "late"],
  ["10 years behind", -10 * yearMs, "late"],
  ["2 hours ahead", 2 * hourMs, "retimed"],
  ["10 years ahead", 10 * yearMs, "retimed"],
] as const;

test.skipIf(PostgresServer.missing("newest") !== null)(
  "late rows are in their own hour, rows of the future have the time of their arrival, and both are counted [fleet/T14] [fleet/R21]",
  async () => {
    using folder = new TemporaryFolder("store");
    await using schemas = await Schemas.start("newest");
    const link = schemas.link(schemas.make());
    const { schema } = link.url;
    using host = new SendingHost(folder.file("kissbot_monitor.db"), link);
    for (const [channel, skewMs] of skews) {
      const change = { tsMs: nowMs + skewMs, channel };
      host.monitor.open().commitBatches([
        packBatch(
          numbered({
            llmUsage: usageRows(3, change),
            botMetrics: metricRows(3, change),
            customMetrics: customRows(3).map((row) => ({ ...row, ...change })),
            statusChanges: [{ ...change, pid: 1, from: null, to: "online", cause: "c" }],
          }),
        ),
      ]);
    }
    await host.drain();
    expect(host.errors).toEqual([]);

    const of = (fate: string) => skews.filter(([, , one]) => one === fate).length;
    const { counts } = host.forwarder;
    expect({ late: counts.late, retimed: counts.retimed }).toEqual({
      late: 10 * of("late"),
      retimed: 10 * of("retimed"),
    });
    const times = {
      llm_usage: "ts",
      custom_metrics: "ts",
      status_history: "ts",
      metric_minutes: "bucket",
      metric_hours: "bucket",
      usage_hours: "bucket",
    };
    const units: Readonly<Record<string, number>> = {
      metric_minutes: 60_000,
      metric_hours: hourMs,
      usage_hours: hourMs,
    };
    for (const [table, time] of Object.entries(times)) {
      for (const [channel, skewMs, fate] of skews) {
        const found = `round(date_part('epoch',min(${time}))*1000), round(date_part('epoch',max(${time}))*1000) FROM ${schema}.${table} WHERE channel = '${channel}'`;
        const [first = 0, last = 0] = await numbersIn(link, found);
        expect(first, `${table}: one hour for all of ${channel}`).toBeCloseTo(last, 0);
        const unit = units[table] ?? 1;
        if (fate !== "retimed")
          expect(first, `${table}, ${channel}`).toBe(Math.floor((nowMs + skewMs) / unit) * unit);
        else {
          expect(first, `${table}, ${channel}`).toBeGreaterThanOrEqual(Math.floor(nowMs / unit) * unit);
          expect(first, `${table}, ${channel}`).toBeLessThanOrEqual(Date.now());
        }
      }
    }
    expect(await numbersIn(link, `sum(calls) FROM ${schema}.usage_hours`)).toEqual([3 * skews.length]);
    expect(await numbersIn(link, `sum(n) FROM ${schema}.metric_hours`)).toEqual([3 * skews.length]);
  },
  60_000,
);
