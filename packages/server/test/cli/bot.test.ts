import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, health, nowMs } from "./bot.js";
import { FakeMonitor, freePort } from "./fake-monitor.js";
import { run } from "./program-run.js";

const place = new TemporaryFolder("bot");
const database = join(place.path, "kb.db");
let deadPort = 0;

const at = (secondsAgo: number) => timestampFromMs(nowMs - secondsAgo * 1_000);

beforeAll(async () => {
  const store = await openStore(database);
  await store.write({
    producer: "test",
    epoch: 1,
    seq: 1,
    bots: [
      {
        channel: "twitch/main",
        pid: 12,
        status: "online",
        featuresJson: '{"chat":true,"songs":false}',
        registeredAtMs: nowMs - 600_000,
        lastSeenMs: nowMs - 3_000,
        statusSinceMs: nowMs - 600_000,
        restarts: 1,
        version: "1.4.0",
        intervalS: 15,
      },
    ],
    statusChanges: [
      {
        tsMs: nowMs - 900_000,
        channel: "twitch/main",
        pid: 11,
        from: null,
        to: "online",
        cause: "registered",
      },
      {
        tsMs: nowMs - 605_000,
        channel: "twitch/main",
        pid: 11,
        from: "online",
        to: "dead",
        cause: "process 11 is gone",
        livedMs: 300_000,
      },
      {
        tsMs: nowMs - 600_000,
        channel: "twitch/main",
        pid: 12,
        from: "dead",
        to: "online",
        cause: "restarted as pid 12",
        causeCode: "restarted",
        previousPid: 11,
      },
    ],
    botMetrics: [10, 20, 60].map((cpuPct, i) => ({
      tsMs: nowMs - (i === 2 ? 7_200_000 : 60_000 * (i + 1)),
      channel: "twitch/main",
      pid: 12,
      cpuPct,
      rssMb: 100 + cpuPct,
      featuresJson: "{}",
    })),
    llmUsage: [
      {
        tsMs: nowMs - 60_000,
        channel: "twitch/main",
        model: "gpt",
        feature: "chat",
        tokensIn: 1_000,
        tokensOut: 10,
        costUsd: 0.25,
      },
      {
        tsMs: nowMs - 60_000,
        channel: "twitch/main",
        model: "gpt",
        feature: "songs",
        tokensIn: 500,
        tokensOut: 5,
      },
      {
        tsMs: nowMs - 60_000,
        channel: "another",
        model: "gpt",
        feature: "chat",
        tokensIn: 7_000,
        tokensOut: 10,
      },
    ],
  });
  await store.close();
  deadPort = await freePort();
});
afterAll(() => place[Symbol.dispose]());

const events = [
  {
    id: 3,
    ts: at(60),
    pid: 12,
    from_status: "online",
    to_status: "dead",
    cause: "process 12 is gone",
    cause_code: "process_gone",
    previous_pid: null,
    lived_ms: 540_000,
  },
  {
    id: 2,
    ts: at(600),
    pid: 12,
    from_status: "dead",
    to_status: "online",
    cause: "restarted as pid 12",
    cause_code: "restarted",
    previous_pid: 11,
    lived_ms: null,
  },
  {
    id: 1,
    ts: at(605),
    pid: 11,
    from_status: "online",
    to_status: "dead",
    cause: "process 11 is gone",
    cause_code: "process_gone",
    previous_pid: null,
    lived_ms: 300_000,
  },
].map((event) => ({ channel: "twitch/main", trouble: null, ...event }));

const down = bot("twitch/main", {
  pid: 12,
  status: "dead",
  status_since: at(60),
  status_cause: "Error: 401\u001b[31m",
  uptime_s: null,
  lived_ms: 540_000,
  cpu_pct: null,
  rss_mb: null,
  restarts: 2,
  restarts_1h: 1,
  client_dropped: 1_200,
});
const call = {
  channel: null,
  model: "gpt",
  feature: "chat",
  ts: null,
  calls: 2,
  errors: 1,
  tokens_in: 1_000,
  tokens_out: 10,
  cost_usd: 0.5,
  cost_calls: 2,
  latency_ms_avg: null,
  latency_calls: 0,
};
const point = {
  ts: at(60),
  samples: 2,
  rss_mb_avg: 100,
  rss_mb_min: 90,
  rss_mb_max: 110,
  cpu_pct_avg: 1,
  cpu_pct_min: 0.5,
  cpu_pct_max: 2,
};

function monitorWith(change: Record<string, unknown> = {}) {
  const answers = {
    "/healthz": { body: health },
    "/api/v1/bots": { body: { bots: [down, bot("discord/1")] } },
    "/api/v1/bots/twitch%2Fmain": { body: down },
    "/api/v1/bots/twitch%2Fmain/metrics": {
      body: { points: [point, { ...point, samples: 0, cpu_pct_avg: null }] },
    },
    "/api/v1/bots/twitch%2Fmain/metric-names": {
      body: {
        metrics: [{ metric_name: "viewers", samples: 3, last_ts: at(5), last_value: 42 }],
        truncated: false,
      },
    },
    "/api/v1/events": { body: { events } },
    "/api/v1/llm-usage": { body: { from: at(86_400), to: at(0), usage: [call] } },
    ...change,
  };
  return new FakeMonitor(answers as never).start();
}

const view = (monitor: FakeMonitor, ...more: string[]) =>
  run(["bot", "twitch/main", "--utc", "--http", `${monitor.port}`, ...more], { nowMs });

describe("bot", () => {
  test("tells all of one bot: why, since when, its lives, what it takes and costs [trial/O10]", async () => {
    await using monitor = await monitorWith();
    const { code, stdout, stderr } = await view(monitor);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "Bot        twitch/main
      Status     dead for 1 m, since 2026-05-20 11:59:00 (UTC)
      Why        Error: 401\\x1b[31m
      Process    pid 12, lived 9 m, started 2026-05-20 11:00:00
      Heard      12 s ago, 2026-05-20 11:59:48; it beats every 30 s
      Version    1.0.0
      Features   chat
      Restarts   2, 1 in the last hour
      Lost       1,200 usage and metric lines, as its client says

      MEASURED           NOW  LEAST  AVERAGE    MOST  SAMPLES
      CPU, last hour       -  0.5 %    1.0 %   2.0 %        2
      CPU, last 24 h       -  0.5 %    1.0 %   2.0 %        2
      Memory, last hour    -  90 MB   100 MB  110 MB        2
      Memory, last 24 h    -  90 MB   100 MB  110 MB        2

      PID  BEGAN (UTC)          LIVED  ENDED                GAP  HOW
       12  2026-05-20 11:50:00    9 m  2026-05-20 11:59:00  1 m  process 12 is gone
       11  2026-05-20 11:44:55    5 m  2026-05-20 11:49:55  5 s  process 11 is gone

      MODEL  FEATURE  CALLS, 24 H  ERRORS  TOKENS IN  TOKENS OUT     COST
      gpt    chat               2       1      1,000          10  $0.5000

      METRIC   LAST VALUE  AT (UTC)             SAMPLES
      viewers          42  2026-05-20 11:59:55        3
      "
    `);
  });

  test("asks the history for this bot alone, newest first", async () => {
    await using monitor = await monitorWith();
    await view(monitor);
    const queries = monitor.requests.map(({ url }) => new URL(url, "http://x"));
    for (const path of ["/api/v1/events", "/api/v1/llm-usage"]) {
      const asked = queries.filter(({ pathname }) => pathname === path);
      expect(asked.length).toBeGreaterThan(0);
      for (const { searchParams } of asked) expect(searchParams.get("channel")).toBe("twitch/main");
    }
  });

  test("is the same as bots CHANNEL, and --json has all of it [trial/O10]", async () => {
    await using monitor = await monitorWith();
    const one = await view(monitor, "--json");
    const other = await run(["bots", "twitch/main", "--json", "--http", `${monitor.port}`], { nowMs });
    expect(other).toEqual(one);
    for (const character of "\u001b\u202e\u0007") expect(one.stdout).not.toContain(character);
    expect(JSON.parse(one.stdout)).toMatchObject({
      source: { kind: "monitor" },
      bot: { channel: "twitch/main", status: "dead" },
      lives: [
        {
          pid: 12,
          began: at(600),
          ended: at(60),
          lived_ms: 540_000,
          end_code: "process_gone",
          gap_ms: 60_000,
        },
        { pid: 11, began: at(905), ended: at(605), lived_ms: 300_000, gap_ms: 5_000 },
      ],
      last_hour: { samples: 2, cpu_pct_avg: 1, rss_mb_max: 110 },
      last_24_h: { samples: 2 },
      custom_metrics: [{ metric_name: "viewers", last_value: 42 }],
      usage: { rows: [{ model: "gpt", feature: "chat", calls: 2 }], total: { calls: 2 } },
    });
  });

  test("that is not there is told with the nearest one, and ends in 1 [trial/O10]", async () => {
    await using monitor = await monitorWith();
    const http = ["--http", `${monitor.port}`];
    const { code, stdout, stderr } = await run(["bot", "twich/main", ...http], { nowMs });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe('error: there is no bot "twich/main"; did you mean "twitch/main"?\n');
    expect((await run(["bots", "zzz", ...http], { nowMs })).stderr).toBe(
      'error: there is no bot "zzz"; kissbot-monitor bots lists those that there are\n',
    );
    expect((await run(["bot", ...http])).code).toBe(2);
  });

  test("is shown without its history where the store does not answer; what is missing is told", async () => {
    const refusal = { status: 503, body: { error: { code: "store_not_open", message: "no store is open" } } };
    await using monitor = await monitorWith({ "/api/v1/events": refusal, "/api/v1/llm-usage": refusal });
    const { code, stdout, stderr } = await view(monitor);
    expect(code).toBe(0);
    expect(stdout).toContain("Status     dead for 1 m");
    expect(stderr).toContain("its history cannot be read: no store is open");
    const json = JSON.parse((await view(monitor, "--json")).stdout);
    expect(json).toMatchObject({ lives: null, usage: null, last_hour: { samples: 2 } });
  });

  test("of a monitor of an earlier version has no metrics of its own", async () => {
    await using monitor = await monitorWith({ "/api/v1/bots/twitch%2Fmain/metric-names": undefined });
    const { code, stdout, stderr } = await view(monitor, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout).custom_metrics).toBeNull();
  });

  test("shows what the config file says of it, from the database too, and is chosen by its labels", async () => {
    const config = join(place.path, "words.yaml");
    writeFileSync(
      config,
      'monitoring:\n  bots:\n    - { match: "twitch/*", note: Ask Kim first., runbook: "https://wiki.example.org/bots", labels: { team: streams, tier: 1 } }\n',
    );
    const at = ["--http", `${deadPort}`, "--store", database, "--config", config];
    const one = await run(["bot", "twitch/main", "--utc", ...at], { nowMs });
    expect(one.stdout).toContain(
      [
        "Note       Ask Kim first.",
        "Runbook    https://wiki.example.org/bots",
        "Labels     team=streams, tier=1",
        "",
      ].join("\n"),
    );
    const chosen = async (label: string) => {
      const { stdout } = await run(["bots", "--label", label, "--json", ...at], { nowMs });
      return (JSON.parse(stdout) as { bots: readonly object[] }).bots;
    };
    expect(await chosen("team=streams")).toMatchObject([
      { channel: "twitch/main", note: "Ask Kim first.", labels: { team: "streams", tier: "1" } },
    ]);
    expect(await chosen("team=other")).toEqual([]);
    await using monitor = await monitorWith();
    const words = { note: "From\u001b the monitor", runbook: "https://a.example", labels: { team: "b" } };
    await using told = await monitorWith({
      "/api/v1/bots/twitch%2Fmain": { body: { ...bot("twitch/main"), ...words } },
    });
    expect((await view(told)).stdout).toContain("Note       From\\x1b the monitor\n");
    expect((await view(monitor)).stdout).not.toContain("Note ");
  });

  test("comes from the database where no monitor answers [trial/O10]", async () => {
    const argv = ["bot", "twitch/main", "--utc", "--http", `${deadPort}`, "--store", database];
    const { code, stdout, stderr } = await run(argv, { nowMs });
    expect(code).toBe(0);
    expect(stderr).toContain(`Read from ${database} instead`);
    expect(stdout).toMatchInlineSnapshot(`
      "Bot        twitch/main
      Status     online for 10 m, since 2026-05-20 11:50:00 (UTC)
      Why        restarted as pid 12
      Process    pid 12
      Heard      3 s ago, 2026-05-20 11:59:57; it beats every 15 s
      Version    1.4.0
      Features   chat; off: songs
      Restarts   1

      MEASURED           NOW   LEAST  AVERAGE    MOST  SAMPLES
      CPU, last hour       -    10 %     15 %    20 %        2
      CPU, last 24 h       -    10 %     30 %    60 %        3
      Memory, last hour    -  110 MB   115 MB  120 MB        2
      Memory, last 24 h    -  110 MB   130 MB  160 MB        3

      PID  BEGAN (UTC)          LIVED  ENDED                GAP  HOW
       12  2026-05-20 11:50:00   10 m  still lives            -
       11  2026-05-20 11:45:00    5 m  2026-05-20 11:49:55  5 s  process 11 is gone

      MODEL  FEATURE  CALLS, 24 H  ERRORS  TOKENS IN  TOKENS OUT               COST
      gpt    chat               1       0      1,000          10            $0.2500
      gpt    songs              1       0        500           5                  -
      total                     2       0      1,500          15  $0.2500 (of 67 %)
      "
    `);
    const missing = await run(["bot", "twitch/mian", "--http", `${deadPort}`, "--store", database], {
      nowMs,
    });
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('did you mean "twitch/main"?');
  });

  test.each([40, 80, 120])("fits in %i columns", async (columns) => {
    await using monitor = await monitorWith();
    const options = { nowMs, columns, environment: { NO_COLOR: "1" } };
    const { stdout } = await run(["bot", "twitch/main", "--http", `${monitor.port}`], options);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
  });
});
