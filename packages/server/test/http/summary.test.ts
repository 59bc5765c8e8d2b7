import { expect, test } from "vitest";
import { FleetSummary } from "../../src/http/fleet-summary.js";
import { facts, health, Served } from "./served.js";

interface Summary {
  readonly bots: object;
  readonly cpu_pct: number | null;
  readonly rss_mb: number | null;
  readonly measured_bots: number;
  readonly conflicts: number;
  readonly crash_loops: number;
  readonly in_trouble: number;
  readonly shed: number;
}

async function summaryOf(served: Served): Promise<Summary> {
  return (await served.ask("/api/v1/summary")).body;
}

test("the summary tells of the monitor what health tells, by the monitor's clock [page/R25]", async () => {
  await using served = await Served.start();
  const { status, body } = await served.ask("/api/v1/summary");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    now: "2026-05-20T12:01:00.000000+00:00",
    name: "bots-1",
    version: "1.0.0",
    build: null,
    started_at: "2026-05-20T12:00:00.000000+00:00",
    status: "degraded",
    problems: [{ code: "store_busy", since: "2026-05-20T12:00:00.000000+00:00" }],
    stale_timeout_s: 60,
    metrics_interval_s: 15,
    socket: "/tmp/kissbot_monitor.sock",
    bots: { online: 2, stale: 0, dead: 1, offline: 0 },
    lag_ms_p99: 3.1,
    lag_ms_max: 12.4,
    queue_depth: 0,
    pending_rows: 12,
    rows_lost: 2,
    rejected: 1,
    client_dropped: 4,
    connections: 3,
    viewers: 1,
  });
});

test("a fleet of which nothing was measured has no sums, and an empty one no counts [page/R25]", async () => {
  await using served = await Served.start();
  const nothing = { cpu_pct: null, rss_mb: null, measured_bots: 0 };
  expect(await summaryOf(served)).toMatchObject({ ...nothing, conflicts: 0, crash_loops: 0, in_trouble: 0 });
  served.fleet.add("a", { status: "dead", cpuPct: null, rssMb: null });
  expect(await summaryOf(served)).toMatchObject(nothing);
  served.fleet.add("b", { cpuPct: null, rssMb: 20 });
  expect(await summaryOf(served)).toMatchObject({ cpu_pct: null, rss_mb: 20, measured_bots: 1 });
});

test("what a process of several bots takes counts once in the summary [page/R25]", async () => {
  await using served = await Served.start();
  for (let i = 0; i < 12; i++) {
    served.fleet.add(`shared-${i}`, { pid: 7, cpuPct: 100, rssMb: 60 });
    served.fleet.sharers.set(`shared-${i}`, 12);
  }
  served.fleet.add("alone", { pid: 8, cpuPct: 0.5, rssMb: 12.25 });
  expect(await summaryOf(served)).toMatchObject({ cpu_pct: 100.5, rss_mb: 72.25, measured_bots: 13 });
});

test("the summary counts the bots that somebody has to look at [page/R25]", async () => {
  await using served = await Served.start();
  const trouble = { trouble: "gateway closed", troubleSinceMs: 0 };
  served.fleet.add("claimed twice", { conflict: { pid: 9, principal: "local", sinceMs: 0 } });
  served.fleet.add("comes and goes", { crashLoop: true, status: "dead", ...trouble });
  served.fleet.add("came and went", { crashLoop: true, status: "offline" });
  served.fleet.add("deaf", trouble);
  expect(await summaryOf(served)).toMatchObject({
    conflicts: 1,
    crash_loops: 1,
    in_trouble: 1,
    conditions: { dead: 1, crash_loop: 0, stale: 0, conflict: 1, trouble: 1, offline: 1, online: 0 },
  });
});

test("a message that a newer one replaced is not shed in the summary [page/R25]", async () => {
  const shed = { heartbeat: { coalesced: 7, fleet_full: 2 }, llm_usage: { queue_full: 3, too_many_pids: 1 } };
  const messages = { ...health.messages, shed };
  await using served = await Served.start();
  const summary = new FleetSummary({
    fleet: served.fleet,
    health: () => ({ ...health, messages }),
    facts: () => facts,
    turns: { nextTurn: async () => () => false },
    clock: { wallMs: () => 0 },
  });
  expect(JSON.parse(await summary.text())).toMatchObject({ shed: 6 });
});

test("the summary of a large fleet is made in turns, and callers at the same time share one [page/R25]", async () => {
  await using served = await Served.start();
  for (let i = 0; i < 1_000; i++) served.fleet.add(`bot-${i}`);
  let turns = 0;
  const summary = new FleetSummary({
    fleet: served.fleet,
    health: () => health,
    facts: () => facts,
    turns: {
      nextTurn: async () => {
        turns++;
        return () => true;
      },
    },
    clock: { wallMs: () => 0 },
  });
  const [first, second] = await Promise.all([summary.text(), summary.text()]);
  expect(first).toBe(second);
  expect(JSON.parse(first)).toMatchObject({ measured_bots: 1_000 });
  expect(turns).toBe(11);
  await summary.text();
  expect(turns).toBe(22);
});
