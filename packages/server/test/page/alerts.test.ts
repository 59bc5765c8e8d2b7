import { expect, test } from "vitest";
import { alertsFrom, factTexts } from "../../page/alerts/alerts.js";

test("the worst alert is the first, then what nobody acknowledged, then the newest", () => {
  const alert = (alert_id: string, severity: string, since: number, ack: object | null = null) => ({
    alert_id,
    severity,
    since: new Date(since).toISOString(),
    ack,
  });
  const alerts = alertsFrom([
    alert("info", "info", 9_000),
    alert("known", "critical", 8_000, { by: "a", why: "b" }),
    alert("old", "critical", 1_000),
    alert("warning", "warning", 7_000),
    alert("new", "critical", 2_000),
  ]);
  expect(alerts.map(({ id }) => id)).toEqual(["new", "old", "known", "warning", "info"]);
});

test("facts have their units, and what is not known is left out", () => {
  const facts = {
    pid: 7,
    version: null,
    lived_ms: 61_000,
    last_rss_mb: 96.4,
    last_cpu_pct: 1.25,
    restarts_1h: 0,
  };
  expect(factTexts({ ...facts, status: "dead" })).toEqual([
    "pid 7",
    "lived 1 min 1 s",
    "last rss 96 MB",
    "last cpu 1.3 %",
    "restarts 1h 0",
    "status dead",
  ]);
});

test("facts of a budget are dollars and shares, and its period is a name", () => {
  const facts = {
    budget: "bot",
    period: "2026-11-26",
    period_from_ms: 1_795_647_600_000,
    period_to_ms: 1_795_734_000_000,
    channel: "twitch/a",
    step_pct: 100,
    spent_usd: 1.667_749_999_999_8,
    limit_usd: 1,
    forecast_usd: null,
    cost_coverage: 0.918_8,
  };
  expect(factTexts(facts)).toEqual([
    "budget bot",
    "period 2026-11-26",
    "channel twitch/a",
    "step 100 %",
    "spent $1.67",
    "limit $1.00",
    "cost known of 92 % of tokens",
  ]);
});

test("an answer of something else is no alert, and lacking words are none", () => {
  expect(alertsFrom({ a: 1 })).toEqual([]);
  expect(alertsFrom([null, { told: 7, facts: [], ack: "x" }])).toMatchObject([
    { subject: "", sinceMs: null, facts: [], ack: null, told: [] },
  ]);
});
