import { openStore, type Store, StoreError } from "@kissbot/store";
import { until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noonMs } from "./plain-fleet.js";
import { Served } from "./served.js";

let store: Store;

beforeAll(async () => {
  store = await openStore("memory:", { now: () => noonMs + 60_000 });
  const usage = { channel: "a", model: "gpt", feature: "chat", tokensIn: 100, tokensOut: 10 };
  const sample = { channel: "a", pid: 1, featuresJson: "{}" };
  await store.write({
    producer: "test",
    epoch: 1,
    seq: 1,
    statusChanges: [
      { tsMs: noonMs, channel: "a", pid: 1, from: null, to: "online", cause: "registered" },
      { tsMs: noonMs + 1, channel: "b", pid: 2, from: null, to: "online", cause: "registered" },
      {
        tsMs: noonMs + 2,
        channel: "a",
        pid: 1,
        from: "online",
        to: "dead",
        cause: "process 1 is gone",
        livedMs: 2,
      },
    ],
    botMetrics: [
      { ...sample, tsMs: noonMs, rssMb: 100, cpuPct: 5 },
      { ...sample, tsMs: noonMs + 30_000, rssMb: 50, cpuPct: 10 },
    ],
    customMetrics: [{ tsMs: noonMs, channel: "a/ü", metricName: "queue length", value: -3.5 }],
    llmUsage: [
      { ...usage, tsMs: noonMs, latencyMs: 100, costUsd: 0.25, tokensCached: 40 },
      { ...usage, tsMs: noonMs + 1, latencyMs: 300, error: "timeout" },
      { ...usage, tsMs: noonMs + 2, channel: "b", model: "claude" },
    ],
  });
});

afterAll(() => store.close());

const start = () => Served.start({ reads: () => store });

describe("/api/v1/events", () => {
  test("are the changes of status, newest first, in pages", async () => {
    await using served = await start();
    const { status, body } = await served.ask("/api/v1/events?limit=2");
    expect(status).toBe(200);
    expect(body).toEqual({
      events: [
        {
          id: 3,
          ts: "2026-05-20T12:00:00.002000+00:00",
          channel: "a",
          pid: 1,
          from_status: "online",
          to_status: "dead",
          cause: "process 1 is gone",
          cause_code: "process_gone",
          previous_pid: null,
          lived_ms: 2,
          trouble: null,
        },
        expect.objectContaining({ id: 2, channel: "b", from_status: null }),
      ],
    });
    const ids = async (query: string) =>
      ((await served.ask(`/api/v1/events?${query}`)).body as { events: { id: number }[] }).events.map(
        ({ id }) => id,
      );
    expect(await ids("status=online")).toEqual([2, 1]);
    expect(await ids("status=dead,stale")).toEqual([3]);
    expect(await ids("cause=registered,goodbye&channel=a")).toEqual([1]);
    expect(await ids("cause=process_gone&status=online")).toEqual([]);
    for (const wrong of ["status=up", "status=", "cause=registered,", "cause=Registered", "cause="]) {
      expect((await served.ask(`/api/v1/events?${wrong}`)).status).toBe(400);
    }
    expect(await ids("limit=2&before_id=2")).toEqual([1]);
    expect(await ids("after_id=0")).toEqual([3, 2, 1]);
    expect(await ids("after_id=1&limit=1")).toEqual([3]);
    expect(await ids("after_id=1&before_id=3")).toEqual([2]);
    expect(await ids("channel=a")).toEqual([3, 1]);
    expect(await ids(`from=${noonMs + 1}&to=2026-05-20T12:00:00.002000+00:00`)).toEqual([2]);
    expect(await ids("channel=nobody")).toEqual([]);
  });
});

test("events are found by the status that a bot left, and by to_status as by status [page/R25]", async () => {
  await using served = await start();
  const ids = async (query: string) => {
    const { body } = await served.ask(`/api/v1/events?${query}`);
    return (body as { events: { id: number }[] }).events.map(({ id }) => id);
  };
  expect(await ids("from_status=online")).toEqual([3]);
  expect(await ids("from_status=online,stale&to_status=dead")).toEqual([3]);
  expect(await ids("from_status=dead")).toEqual([]);
  expect(await ids("to_status=online")).toEqual([2, 1]);
  expect(await ids("to_status=dead,stale")).toEqual([3]);
  for (const wrong of ["from_status=up", "from_status=", "to_status=up", "status=dead&to_status=dead"]) {
    expect((await served.ask(`/api/v1/events?${wrong}`)).status, wrong).toBe(400);
  }
});

describe("/api/v1/metrics", () => {
  test("are the fleet's CPU and memory over time, with gaps that are null [page/R25]", async () => {
    await using served = await start();
    const { status, body } = await served.ask(
      `/api/v1/metrics?from=${noonMs}&to=${noonMs + 60_000}&points=4`,
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      from: "2026-05-20T12:00:00.000000+00:00",
      to: "2026-05-20T12:01:00.000000+00:00",
      bucket_ms: 15_000,
      resolution: "raw",
      points: [
        { ts: "2026-05-20T12:00:00.000000+00:00", bots: 1, cpu_pct: 5, rss_mb: 100 },
        { ts: "2026-05-20T12:00:15.000000+00:00", bots: 0, cpu_pct: null, rss_mb: null },
        { ts: "2026-05-20T12:00:30.000000+00:00", bots: 1, cpu_pct: 10, rss_mb: 50 },
        { ts: "2026-05-20T12:00:45.000000+00:00", bots: 0, cpu_pct: null, rss_mb: null },
      ],
    });
    const day = (await served.ask("/api/v1/metrics")).body as { from: string; points: object[] };
    expect(day.from).toBe("2026-05-19T12:01:00.000000+00:00");
    expect(day.points.length).toBeLessThanOrEqual(300);
    for (const wrong of ["points=0", "points=10001", "from=1h&to=2h", "channel=a"]) {
      expect((await served.ask(`/api/v1/metrics?${wrong}`)).status, wrong).toBe(400);
    }
  });
});

describe("/api/v1/bots/:channel/metric-names", () => {
  test("are the metrics that a bot logs itself [page/R25]", async () => {
    await using served = await start();
    const path = "/api/v1/bots/a%2F%C3%BC/metric-names";
    const own = {
      metric_name: "queue length",
      samples: 1,
      last_ts: "2026-05-20T12:00:00.000000+00:00",
      last_value: -3.5,
    };
    expect((await served.ask(path)).body).toEqual({ metrics: [own], truncated: false });
    // Its rows outlive a bot; one that has none is known only while it is in the fleet.
    expect((await served.ask(`${path}?from=${noonMs + 1}`)).status).toBe(404);
    served.fleet.add("a/ü");
    expect((await served.ask(`${path}?from=${noonMs + 1}`)).body).toEqual({ metrics: [], truncated: false });
    expect((await served.ask("/api/v1/bots/nobody/metric-names")).status).toBe(404);
    expect((await served.ask(`${path}?from=soon`)).status).toBe(400);
  });

  test("are at most 256, and it is said that there are more [page/R25]", async () => {
    await using many = await openStore("memory:", { now: () => noonMs + 60_000 });
    const name = (i: number) => `metric ${`${i}`.padStart(3, "0")}`;
    await many.write({
      producer: "test",
      epoch: 1,
      seq: 1,
      customMetrics: Array.from({ length: 257 }, (_, i) => ({
        channel: "a",
        tsMs: noonMs,
        value: i,
        metricName: name(i),
      })),
    });
    await using served = await Served.start({ reads: () => many });
    const { body } = await served.ask("/api/v1/bots/a/metric-names");
    const { metrics, truncated } = body as { metrics: { metric_name: string }[]; truncated: boolean };
    expect([metrics.length, metrics.at(-1)?.metric_name, truncated]).toEqual([256, name(255), true]);
  });
});

describe("/api/v1/llm-usage", () => {
  test("is one total of the last day", async () => {
    await using served = await start();
    expect((await served.ask("/api/v1/llm-usage")).body).toEqual({
      from: "2026-05-19T12:01:00.000000+00:00",
      to: "2026-05-20T12:01:00.000000+00:00",
      group_by: [],
      usage: [
        {
          channel: null,
          model: null,
          feature: null,
          ts: null,
          calls: 3,
          errors: 1,
          tokens_in: 300,
          tokens_out: 30,
          tokens_cached: 40,
          cached_calls: 1,
          tokens_cache_write: null,
          cache_write_calls: 0,
          cost_usd: 0.25,
          cost_calls: 1,
          latency_ms_avg: 200,
          latency_calls: 2,
          cost_told_usd: 0.25,
          cost_tokens: 110,
          cost_coverage: 1 / 3,
          error_rate: 1 / 3,
          latency_ms_p50: 99.808,
          latency_ms_p95: 296.63,
          latency_ms_p99: 296.63,
          latency_percentile_calls: 2,
        },
      ],
      truncated: false,
      unpriced: ["gpt", "claude"].map((model) => ({
        model,
        provider: null,
        reason: null,
        why: null,
        settle: null,
        tokens: 110,
      })),
    });
  });

  test("says of which period it is, where that is wider than was asked for [server/F19]", async () => {
    const nowMs = noonMs + 60_000;
    await using expiring = await openStore("memory:", {
      now: () => nowMs,
      retention: { usageDays: 1 / 24 },
    });
    await using served = await Served.start({ reads: () => expiring });
    const minute = (n: number) => noonMs - 3 * 3_600_000 + n * 60_000;
    const call = { channel: "a", model: "gpt", feature: "chat", tokensIn: 1, tokensOut: 1 };
    await expiring.write({
      producer: "test",
      epoch: 1,
      seq: 1,
      llmUsage: [minute(1), minute(50)].map((tsMs) => ({ ...call, tsMs })),
    });
    const old = await served.ask(`/api/v1/llm-usage?from=${minute(30)}&to=${minute(40)}`);
    expect(old.body).toMatchObject({
      from: "2026-05-20T09:00:00.000000+00:00",
      to: "2026-05-20T10:00:00.000000+00:00",
      usage: [{ calls: 2 }],
    });
    const young = await served.ask("/api/v1/llm-usage?from=10m");
    expect(young.body).toMatchObject({
      from: "2026-05-20T11:51:00.000000+00:00",
      to: "2026-05-20T12:01:00.000000+00:00",
    });
  });

  test("has the days of another zone, and refuses those that deleted calls would be missing from [page/R7]", async () => {
    const nowMs = noonMs + 60_000;
    await using expiring = await openStore("memory:", { now: () => nowMs, retention: { usageDays: 2 } });
    await using served = await Served.start({ reads: () => expiring });
    const call = { channel: "a", model: "gpt", feature: "chat", tokensIn: 1, tokensOut: 1 };
    const midnightMs = Date.parse("2026-05-19T18:30:00Z");
    const llmUsage = [midnightMs - 1, midnightMs, midnightMs + 1].map((tsMs) => ({ ...call, tsMs }));
    await expiring.write({ producer: "test", epoch: 1, seq: 1, llmUsage });
    const days = async (query: string) => await served.ask(`/api/v1/llm-usage?group_by=day&${query}`);
    expect((await days("offset_min=330")).body).toMatchObject({
      usage: [
        { ts: "2026-05-18T18:30:00.000000+00:00", calls: 1 },
        { ts: "2026-05-19T18:30:00.000000+00:00", calls: 2 },
      ],
    });
    expect((await days("offset_min=-300")).body).toMatchObject({
      usage: [{ ts: "2026-05-19T05:00:00.000000+00:00", calls: 3 }],
    });
    expect((await days("from=7d&offset_min=120")).status).toBe(200);
    const refused = await days("from=7d&offset_min=330");
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      error: { code: "invalid_parameter", message: expect.stringContaining("kept for 2 days only") },
    });
  });

  test("is null, not 0, for what no call told", async () => {
    await using served = await start();
    const { body } = await served.ask("/api/v1/llm-usage?channel=b&group_by=model,day");
    expect(body).toMatchObject({
      group_by: ["model", "day"],
      usage: [
        {
          model: "claude",
          ts: "2026-05-20T00:00:00.000000+00:00",
          calls: 1,
          tokens_cached: null,
          cost_usd: null,
          latency_ms_avg: null,
        },
      ],
    });
  });

  test("is ordered and cut, and says that it was cut", async () => {
    await using served = await start();
    const { body } = await served.ask("/api/v1/llm-usage?group_by=channel&top=1&order_by=cost_usd");
    expect(body).toMatchObject({ usage: [{ channel: "a", calls: 2 }], truncated: true });
    const all = await served.ask("/api/v1/llm-usage?group_by=channel&top=2&model=gpt&feature=chat");
    expect(all.body).toMatchObject({ usage: [{ channel: "a" }], truncated: false });
  });
});

describe("/api/v1/bots/:channel/metrics", () => {
  test("is a series with a gap where nothing was measured", async () => {
    await using served = await start();
    const path = `/api/v1/bots/a/metrics?from=${noonMs}&to=${noonMs + 45_000}&points=3`;
    const { status, body } = await served.ask(path);
    expect(status).toBe(200);
    const none = {
      rss_mb_avg: null,
      rss_mb_min: null,
      rss_mb_max: null,
      cpu_pct_avg: null,
      cpu_pct_min: null,
      cpu_pct_max: null,
    };
    expect(body).toEqual({
      channel: "a",
      from: "2026-05-20T12:00:00.000000+00:00",
      to: "2026-05-20T12:00:45.000000+00:00",
      bucket_ms: 15_000,
      resolution: "raw",
      points: [
        {
          ts: "2026-05-20T12:00:00.000000+00:00",
          samples: 1,
          rss_mb_avg: 100,
          rss_mb_min: 100,
          rss_mb_max: 100,
          cpu_pct_avg: 5,
          cpu_pct_min: 5,
          cpu_pct_max: 5,
        },
        { ts: "2026-05-20T12:00:15.000000+00:00", samples: 0, ...none },
        expect.objectContaining({ ts: "2026-05-20T12:00:30.000000+00:00", samples: 1, cpu_pct_avg: 10 }),
      ],
    });
  });

  test("is a metric of the bot's own, also of one that never registered", async () => {
    await using served = await start();
    const path = `/api/v1/bots/${encodeURIComponent("a/ü")}/metrics?custom=queue%20length&from=${noonMs}&points=1`;
    expect((await served.ask(path)).body).toEqual({
      channel: "a/ü",
      from: "2026-05-20T12:00:00.000000+00:00",
      to: "2026-05-20T12:01:00.000000+00:00",
      bucket_ms: 60_000,
      metric_name: "queue length",
      points: [{ ts: "2026-05-20T12:00:00.000000+00:00", samples: 1, avg: -3.5, min: -3.5, max: -3.5 }],
    });
  });

  test("is all gaps for a bot without samples, and nothing for nobody", async () => {
    await using served = await start();
    served.fleet.add("new");
    expect((await served.ask("/api/v1/bots/new/metrics?points=1")).status).toBe(200);
    expect((await served.ask("/api/v1/bots/nobody/metrics?points=1")).status).toBe(404);
    expect((await served.ask("/api/v1/bots/nobody/metrics?custom=x")).status).toBe(404);
  });
});

const reading = [
  "/api/v1/events",
  "/api/v1/llm-usage",
  "/api/v1/bots/a/metrics",
  "/api/v1/bots/a/metrics?custom=x",
];

describe("a store that", () => {
  test("is not open is said to be so, and the fleet is shown all the same", async () => {
    await using served = await Served.start();
    served.fleet.add("a");
    for (const path of reading) {
      const { status, body } = await served.ask(path);
      expect({ status, body }, path).toMatchObject({
        status: 503,
        body: { error: { code: "store_not_open" } },
      });
    }
    for (const path of ["/api/v1/bots", "/api/v1/bots/a", "/healthz"])
      expect((await served.ask(path)).status).toBe(200);
  });

  test("was closed is not open either", async () => {
    const closed = await openStore("memory:");
    await closed.close();
    await using served = await Served.start({ reads: () => closed });
    expect((await served.ask("/api/v1/events")).body).toMatchObject({ error: { code: "store_not_open" } });
  });

  test("fails gives its error, and no secret of the program", async () => {
    const failing = {
      ...store,
      statusHistory: () => Promise.reject(new StoreError("corrupt", "the file is corrupt")),
    };
    await using served = await Served.start({ reads: () => failing as never });
    const { status, body } = await served.ask("/api/v1/events");
    expect({ status, body }).toEqual({
      status: 503,
      body: { error: { code: "store_unavailable", message: "the file is corrupt" } },
    });
    const broken = { ...store, statusHistory: () => Promise.reject(new Error("at /home/secret.ts:3")) };
    await using other = await Served.start({ reads: () => broken as never });
    const answer = await other.ask("/api/v1/events");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("secret");
    expect(other.log.errors).toHaveLength(1);
  });

  test("does not answer holds up nobody else, times out, and is not asked ever more", async () => {
    let asked = 0;
    const release: (() => void)[] = [];
    const stalled = {
      statusHistory: () =>
        new Promise((resolve) => {
          asked++;
          release.push(() => resolve([]));
        }),
    };
    await using served = await Served.start({ reads: () => stalled as never, readTimeoutMs: 200 });
    const codes = async (count: number) => {
      const replies = await Promise.all(Array.from({ length: count }, () => served.ask("/api/v1/events")));
      return replies.map(({ body }) => (body as { error: { code: string } }).error.code);
    };
    const first = codes(16);
    await until("two are under way, and the others wait", () => asked === 2);
    expect((await served.ask("/api/v1/bots")).status).toBe(200);
    const refused = await served.ask("/api/v1/events");
    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(new Set(await first)).toEqual(new Set(["store_timeout"]));
    await until("nobody waits any more", async () => (await codes(1))[0] === "busy");
    expect(await codes(3)).toEqual(["busy", "busy", "busy"]);
    for (const one of release) one();
    await until("it is asked again", async () => (await codes(1))[0] === "store_timeout");
    // Those that waited were taken back when they had timed out.
    expect(asked).toBeLessThan(16);
  });
});
