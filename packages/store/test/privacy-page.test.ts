import { readFileSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf, botRow, metricRows, usageRows } from "./rows.js";

const page = readFileSync(new URL("../../../docs/privacy.md", import.meta.url), "utf8");
const [, sql = ""] = /^```sql\n([\s\S]*?)^```/m.exec(page) ?? [];

/** Rows of every kind that names a bot. */
function rowsOf(channel: string) {
  const tsMs = Date.now();
  const alertId = `alert of ${channel.length}`;
  const noticeId = `notice of ${channel.length}`;
  return batchOf({
    bots: [botRow({ channel })],
    statusChanges: [
      { tsMs, channel, pid: 7, from: null, to: "online", cause: "registered", causeCode: "registered" },
    ],
    botMetrics: metricRows(5, { channel, share: 0.5 }),
    llmUsage: usageRows(5, { channel, provider: "openai", costUsd: 0.5 }),
    customMetrics: [{ tsMs, channel, metricName: "queue", value: 1 }],
    alerts: [
      {
        alertId,
        rule: "down",
        subject: channel,
        subjectKind: "bot",
        severity: "critical",
        sinceMs: tsMs,
        openedMs: tsMs,
        closedMs: null,
        outcome: null,
        cause: "process 7 is gone",
        grade: 1,
        factsJson: "{}",
        ackJson: null,
      },
      {
        alertId: `fleet of ${channel.length}`,
        rule: "losses",
        subject: `fleet ${channel.length}`,
        subjectKind: "fleet",
        severity: "warning",
        sinceMs: tsMs,
        openedMs: tsMs,
        closedMs: null,
        outcome: null,
        cause: `ever new processes claim a channel, the last one ${JSON.stringify(channel)}`,
        grade: 1,
        factsJson: "{}",
        ackJson: null,
      },
    ],
    tells: [{ receiver: "ops", alertId, phase: "told", noticeId, tsMs, grade: 1 }],
    notices: [
      {
        noticeId,
        receiver: "ops",
        kind: "news",
        state: "sent",
        madeMs: tsMs,
        settledMs: tsMs,
        attempts: 1,
        itemsJson: JSON.stringify([{ alert: alertId }]),
        body: `DOWN ${channel}`,
        plain: null,
        remoteId: null,
        detail: null,
      },
    ],
    silences: [
      {
        silenceId: `silence of ${channel.length}`,
        matchJson: JSON.stringify({ bots: [channel] }),
        fromMs: tsMs,
        untilMs: tsMs + 1_000,
        by: "kim",
        why: "deploy",
        endedMs: null,
      },
    ],
  });
}

test("the page's deletion leaves nothing of that bot in any table, and all of the others [trial/D5]", async () => {
  using folder = new TemporaryFolder("privacy");
  const path = folder.file("kissbot_monitor.db");
  {
    await using store = await openStore(path);
    await store.write(rowsOf("my_bot"));
    await store.write(rowsOf("other"));
    await store.maintain();
  }
  const before = namesIn(path);
  expect(before.get("my_bot")?.size).toBeGreaterThan(10);
  expect(before.get("my_bot")?.size).toBe(before.get("other")?.size);

  const db = new (loadDriver())(path);
  db.exec(sql);
  db.close();
  const after = namesIn(path);
  expect([...(after.get("my_bot") ?? [])]).toEqual([]);
  expect(after.get("other")).toEqual(before.get("other"));
  expect(readFileSync(path).includes("my_bot"), "in free pages").toBe(false);
  expect(after.get("orphans")).toEqual(new Set());
  await using store = await openStore(path);
  expect((await store.fleet()).map(({ channel }) => channel)).toEqual(["other"]);
}, 60_000);

/** The tables in which each name stands, in whatever column. */
function namesIn(path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const db = new (loadDriver())(path, { readonly: true });
  try {
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all();
    const found = new Map<string, Set<string>>([
      ["my_bot", new Set()],
      ["other", new Set()],
      ["orphans", new Set()],
    ]);
    for (const table of tables) {
      for (const row of db.prepare<[], object>(`SELECT * FROM ${table}`).all()) {
        const text = JSON.stringify(Object.values(row));
        for (const name of ["my_bot", "other"]) if (text.includes(name)) found.get(name)?.add(table);
      }
    }
    for (const [table, key, of] of [
      ["monitor_usage_extras", "usage_id", "llm_usage"],
      ["monitor_metric_shares", "metric_id", "bot_metrics"],
    ] as const) {
      const left = db.prepare(`SELECT 1 FROM ${table} WHERE ${key} NOT IN (SELECT id FROM ${of})`).get();
      if (left !== undefined) found.get("orphans")?.add(table);
    }
    return found;
  } finally {
    db.close();
  }
}
