import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openStore } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/driver.js";
import { everything } from "./rows.js";

const script = fileURLToPath(new URL("python-monitor.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("python.test.ts: SKIPPED, there is no python3 on this machine");

function python(...args: string[]): unknown {
  const done = spawnSync("python3", [script, ...args], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  return JSON.parse(done.stdout);
}

const noonMs = Date.UTC(2026, 4, 20, 12);
const now = () => noonMs;

describe.skipIf(!hasPython)("a file of the Python monitor", () => {
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
        ...{ producer: "p", epoch: 1, seq: 1 },
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

      // What Python wrote while we were off is seen, rolled up in the background, and wins where it is newer.
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
