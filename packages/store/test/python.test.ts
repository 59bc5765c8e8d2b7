import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openStore, type Store } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { openReader } from "../src/sqlite/file/connection.js";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf, everything } from "./rows.js";

const script = fileURLToPath(new URL("python-monitor.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
// Where everything has to be there, its absence is a failure of these tests.
const isSkipped = !hasPython && process.env["CI"] !== "true";
if (isSkipped) console.warn("python.test.ts: SKIPPED, there is no python3 on this machine");

function python(...args: string[]): unknown {
  const done = spawnSync("python3", [script, ...args], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  return JSON.parse(done.stdout);
}

const noonMs = Date.UTC(2026, 4, 20, 12);
const now = () => noonMs;

describe.skipIf(isSkipped)("a file of the Python monitor", () => {
  test.each(["plain", "cost", "totals", "all"])(
    "variant %s: opened, used, and used by Python again",
    async (variant) => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      python(path, "create", variant);
      const schema = () => {
        const db = new (loadDriver())(path, { readonly: true });
        const rows = db
          .prepare(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '%monitor_%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
          )
          .all();
        db.close();
        return rows;
      };
      const before = schema();
      expect(before.length).toBeGreaterThanOrEqual(5);

      const store = await openStore(path, { now });
      // What Python wrote is known at once, and unknown is null.
      expect(await store.fleet()).toEqual([
        expect.objectContaining({
          channel: "old_bot",
          pid: 11,
          status: "online",
          origin: "python",
          startedAtMs: null,
          version: null,
        }),
      ]);
      const [old] = await store.fleet();
      expect(old?.registeredAtMs, "a fraction that was left out").toBe(Date.UTC(2026, 4, 20, 10));
      const totals = await store.usageTotals({ ...everything, groupBy: ["channel"] });
      expect(totals).toEqual([
        expect.objectContaining({
          channel: "old_bot",
          calls: 3,
          tokensIn: 60,
          latencyMsAvg: 15,
          latencyCalls: 2,
        }),
      ]);
      await store.maintain();
      expect(await store.usageTotals({ ...everything, groupBy: ["channel"] }), "and rolled up").toEqual(
        totals,
      );
      const hour = { fromMs: Date.UTC(2026, 4, 20, 11), toMs: noonMs, points: 1 };
      expect((await store.metricSeries(hour)).series[0]?.points[0]).toMatchObject({
        samples: 2,
        rssMbAvg: 15,
        rssMbMax: 20,
      });

      const at = { registeredAtMs: noonMs - 5, lastSeenMs: noonMs, statusSinceMs: noonMs };
      await store.write({
        producer: "p",
        epoch: 1,
        seq: 1,
        bots: [
          { channel: "new_bot", pid: 12, status: "online", featuresJson: '{"chat":true}', ...at },
          { channel: "old_bot", pid: 11, status: "stale", featuresJson: "{}", ...at },
        ],
        botMetrics: [
          { tsMs: noonMs, channel: "new_bot", pid: 12, rssMb: 1.5, cpuPct: 0, featuresJson: "{}" },
        ],
        llmUsage: [
          {
            tsMs: noonMs + 7,
            channel: "new_bot",
            model: "m",
            feature: "f",
            tokensIn: 1,
            tokensOut: 2,
            costUsd: 1,
            provider: "p",
          },
        ],
      });
      await store.write({ producer: "p", epoch: 1, seq: 2, markOldStatusOffline: true });
      await store.close();
      expect(schema(), "nothing of the old was altered").toEqual(before);

      // Python's own statements read and write what we left.
      expect(python(path, "use")).toEqual({
        statuses: [
          [
            "new_bot",
            12,
            "offline",
            '{"chat":true}',
            "2026-05-20T11:59:59.995000+00:00",
            "2026-05-20T12:00:00.000000+00:00",
          ],
          [
            "old_bot",
            11,
            "offline",
            "{}",
            "2026-05-20T11:59:59.995000+00:00",
            "2026-05-20T12:00:00.000000+00:00",
          ],
        ],
        metric: ["2026-05-20T12:00:00.000000+00:00", "new_bot", 12, 1.5, 0, "{}"],
        usage: ["2026-05-20T12:00:00.007000+00:00", "new_bot", "m", "f", 1, 2, null],
        check: "ok",
      });

      // What Python wrote while we were off is seen, rolled up in the background, and wins where it
      // is newer.
      const again = await openStore(path, { now });
      expect(
        (await again.fleet()).map(({ channel, pid, status, origin }) => [channel, pid, status, origin]),
      ).toEqual([
        ["new_bot", 77, "online", "python"],
        ["old_bot", 11, "stale", "monitor"],
      ]);
      expect((await again.usageTotals({ ...everything, channel: "python_era" }))[0]).toMatchObject({
        calls: 500,
        tokensIn: 500,
      });
      await until("the rollups have Python's rows", () => {
        const db = new (loadDriver())(path, { readonly: true });
        const rolled = db
          .prepare("SELECT total(calls) FROM monitor_usage_hours WHERE channel = 'python_era'")
          .pluck()
          .get();
        db.close();
        return rolled === 500;
      });
      expect((await again.usageTotals({ ...everything, channel: "python_era" }))[0]).toMatchObject({
        calls: 500,
        tokensIn: 500,
      });
      await again.close();
    },
  );
});

describe.skipIf(isSkipped)("a logger of the Python era that writes the table of usage itself", () => {
  const hour = Date.UTC(2026, 4, 20, 10);
  const total = async (store: Store, fromMs = hour, toMs = hour + 3_600_000) =>
    (await store.usageTotals({ fromMs, toMs }))[0];
  const told = { calls: 3, costUsd: 0.75, costCalls: 2, tokensIn: 30, latencyMsAvg: 5 };

  test("works on a file that we created, and its costs are read, before and after they are rolled up", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await using store = await openStore(path, { now });
    const ours = { channel: "ours", model: "m", feature: "f", tokensIn: 1, tokensOut: 1 };
    await store.write(batchOf({ llmUsage: [{ ...ours, tsMs: hour - 3_600_000, costUsd: 2 }] }));
    expect(python(path, "log")).toEqual({ totals: [["m", 3, 0.75]], check: "ok" });
    for (const _ of ["as rows", "rolled up"]) {
      expect(await total(store)).toMatchObject(told);
      expect(await total(store, hour + 2 * 60_000, hour + 51 * 60_000)).toMatchObject({
        calls: 1,
        costUsd: 0.5,
      });
      expect(await total(store, hour - 3_600_000, hour)).toMatchObject({
        calls: 1,
        costUsd: 2,
        costCalls: 1,
      });
      await store.maintain();
    }
    await store.write(batchOf({ llmUsage: [{ ...ours, tsMs: hour, costUsd: 1 }] }));
    expect(python(path, "log")).toEqual({ totals: [["m", 6, 1.5]], check: "ok" });
    await store.maintain();
    expect(await total(store)).toMatchObject({ calls: 7, costUsd: 2.5, costCalls: 5 });
    const summary = await store.channelSummary({ fromMs: hour, toMs: hour + 3_600_000, channel: "logger" });
    expect(summary).toMatchObject([{ calls: 6, costUsd: 1.5 }]);
    const db = openReader(path);
    expect(
      db
        .prepare("SELECT count(*) FROM llm_usage WHERE channel = 'ours' AND cost_usd IS NOT NULL")
        .pluck()
        .get(),
    ).toBe(0);
    db.close();
  });

  test("hours that were rolled up without its costs get them once", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const first = await openStore(path, { now });
    python(path, "log");
    await first.maintain();
    await first.close();
    // What a version leaves that does not read the column.
    const db = new (loadDriver())(path);
    db.exec("UPDATE monitor_usage_hours SET cost_calls = 0, cost_usd = 0");
    db.exec("DELETE FROM monitor_rollup_cursors WHERE source LIKE 'llm_usage_cost%'");
    db.close();
    for (let round = 0; round < 3; round++) {
      await using store = await openStore(path, { now });
      await store.maintain();
      expect(await total(store)).toMatchObject(told);
    }
  });

  test("what is no amount is no cost", async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    await using store = await openStore(path, { now });
    python(path, "log");
    const db = new (loadDriver())(path);
    db.exec("UPDATE llm_usage SET cost_usd = 'free' WHERE cost_usd = 0.25");
    for (const bad of ["-1", "9e999", "x'00'"]) {
      db.exec(
        `INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, cost_usd) VALUES ('2026-05-20T10:00:00.000000+00:00', 'logger', 'm', 'f', 0, 0, ${bad})`,
      );
    }
    db.close();
    for (const _ of ["as rows", "rolled up"]) {
      expect(await total(store)).toMatchObject({ calls: 6, costUsd: 0.5, costCalls: 1 });
      await store.maintain();
    }
  });
});
