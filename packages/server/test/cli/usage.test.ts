import { type LlmUsage, openStore, type UsageTotalJson } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeMonitor } from "./fake-monitor.js";
import { run } from "./program-run.js";

const nowMs = Date.UTC(2026, 4, 20, 12, 30);
const place = new TemporaryFolder("cli");
const database = place.file("kb.db");
const plainDatabase = place.file("plain.db");

const call = (minutesAgo: number, fields: Partial<LlmUsage>): LlmUsage => ({
  tsMs: nowMs - minutesAgo * 60_000,
  channel: "twitch/main",
  model: "gpt-5-mini-2026-01-31-preview",
  feature: "chat",
  tokensIn: 1_000,
  tokensOut: 100,
  ...fields,
});

const calls: readonly LlmUsage[] = [
  call(10, { tokensCached: 800, tokensCacheWrite: 50, costUsd: 0.5, latencyMs: 800 }),
  call(70, { tokensCached: 200, costUsd: 1.25 }),
  call(80, { model: "claude", feature: "summary", tokensIn: 9_000_000, error: "timeout" }),
  call(3_000, { model: "claude", channel: "discord/lounge", costUsd: 20 }),
];

beforeAll(async () => {
  for (const [path, llmUsage] of [
    [database, calls],
    [plainDatabase, [call(1, {})]],
  ] as const) {
    const store = await openStore(path, { now: () => nowMs });
    await store.write({ producer: "test", epoch: 1, seq: 1, llmUsage });
    await store.close();
  }
});
afterAll(() => place[Symbol.dispose]());

const argv = (...more: string[]) => ["usage", "--utc", "--no-http", "--store", database, ...more];
const plain = { NO_COLOR: "1" };

async function asked(...more: string[]): Promise<{ usage: UsageTotalJson[]; total: UsageTotalJson }> {
  const { code, stdout } = await run(argv("--json", ...more), { nowMs });
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("usage", () => {
  test("answers whole hours where single calls are deleted by the settings, without a monitor too", async () => {
    const environment = { KISSBOT_MONITOR_USAGE_RETENTION_DAYS: "1" };
    const { stdout } = await run(argv("--json", "--since", "15m"), { nowMs, environment });
    expect(JSON.parse(stdout)).toMatchObject({
      from: expect.stringContaining("2026-05-20T12:00:00"),
      to: expect.stringContaining("2026-05-20T13:00:00"),
    });
  });

  test("has columns for what came from caches, went to them, and failed [trial/O10]", async () => {
    const { stdout } = await run(argv("--since", "3d"), { nowMs });
    expect(stdout).toBe(`4 LLM calls in the last 3 d
$21.75 · cost of 1 % of tokens known · unpriced: claude (unknown model, 9M)

MODEL                          CALLS    ERRORS  TOKENS IN  CACHED  CACHE WRITE  TOKENS OUT               COST     P50               P95     P99
claude                             2  1 (50 %)  9,001,000       -            -         200  $20.0000 (of 1 %)       -                 -       -
gpt-5-mini-2026-01-31-preview      2         0      2,000   1,000           50         200            $1.7500  798 ms  798 ms (of 50 %)  798 ms
total                              4  1 (25 %)  9,003,000   1,000           50         400  $21.7500 (of 1 %)  798 ms  798 ms (of 25 %)  798 ms
`);
  });

  test("is called cost, too [cost/C7]", async () => {
    const { code, stdout } = await run(["cost", ...argv().slice(1), "--json"], { nowMs });
    expect(code).toBe(0);
    const { total, unpriced } = JSON.parse(stdout);
    expect(total).toMatchObject({ cost_usd: 1.75, cost_told_usd: 1.75, cost_tokens: 2_200 });
    expect(unpriced).toEqual([
      {
        model: "claude",
        provider: null,
        reason: "unknown_model",
        why: "the table of prices has no such model",
        settle: '- { model: "claude", input: DOLLARS, output: DOLLARS }',
        tokens: 9_000_100,
      },
    ]);
  });

  test("leaves out the columns that would be nothing but zeros [trial/O10]", async () => {
    const at = ["usage", "--no-http", "--store", plainDatabase];
    const { stdout } = await run(at, { nowMs });
    expect(stdout.split("\n")[3]).toBe(
      "MODEL                          CALLS  TOKENS IN  TOKENS OUT  COST  P50  P95  P99",
    );
  });

  test.each([80, 60, 40])(
    "fits %d columns: the latency gives way first, then the caches [trial/N4]",
    async (columns) => {
      const { stdout } = await run(argv("--since", "3d", "--by", "channel,model"), {
        nowMs,
        columns,
        environment: plain,
      });
      const lines = stdout.split("\n");
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
      expect(stdout).not.toMatch(/P50|P95|P99/);
      expect(stdout).toContain("CALLS");
      expect(stdout).toContain("$20.0000");
    },
  );

  test("has room for the latency that 95 % of the calls did not pass, in a terminal of 80 columns [cost/C15]", async () => {
    const path = place.file("usage-latency.db");
    const store = await openStore(path, { now: () => nowMs });
    const took = [4.2, 40, 900, 1_040, 1_050, 12_000].map((latencyMs, i) =>
      call(i, { latencyMs, costUsd: 0.5 }),
    );
    await store.write({ producer: "test", epoch: 1, seq: 1, llmUsage: took });
    await store.close();
    const lines = async (columns?: number) => {
      const screen = columns === undefined ? { nowMs } : { nowMs, columns, environment: plain };
      return (await run(["usage", "--no-http", "--store", path, "--since", "1d"], screen)).stdout
        .split("\n")
        .slice(3, 5);
    };
    expect(await lines()).toEqual([
      "MODEL                          CALLS  TOKENS IN  TOKENS OUT     COST     P50     P95     P99",
      "gpt-5-mini-2026-01-31-preview      6      6,000         600  $3.0000  882 ms  11.6 s  11.6 s",
    ]);
    expect(await lines(80)).toEqual([
      "MODEL                          CALLS  TOKENS IN  TOKENS OUT     COST     P95",
      "gpt-5-mini-2026-01-31-preview      6      6,000         600  $3.0000  11.6 s",
    ]);
  });

  test("is chosen by feature, model, bot and period [trial/O10]", async () => {
    const totalOf = async (...more: string[]) => (await asked("--since", "3d", ...more)).total.calls;
    expect(await totalOf()).toBe(4);
    expect(await totalOf("--feature", "summary")).toBe(1);
    expect(await totalOf("--feature", "chat", "--model", "claude")).toBe(1);
    expect(await totalOf("--channel", "twitch/main", "--feature", "chat")).toBe(2);
    expect((await asked("--since", "1h30m")).total.calls).toBe(3);
    expect((await asked("--since", "2026-05-20")).total.calls).toBe(3);
    expect((await asked("--since", "2026-05-18T00:00Z", "--until", "today")).total.calls).toBe(1);
    expect((await asked("--until", "2026-05-18T12:00")).total.calls).toBe(1);
  });

  test("says of which period it is [trial/O10]", async () => {
    const first = async (...more: string[]) => (await run(argv(...more), { nowMs })).stdout.split("\n")[0];
    expect(await first("--since", "90m")).toBe("3 LLM calls in the last 90 m");
    expect(await first("--since", "1h30m")).toBe("3 LLM calls in the last 1 h 30 m");
    expect(await first("--since", "1d 12h")).toBe("3 LLM calls in the last 1 d 12 h");
    expect(await first("--since", "5400")).toBe("3 LLM calls in the last 5400 s");
    expect(await first()).toBe("3 LLM calls in the last 24 h");
    expect(await first("--since", "2026-05-20")).toBe("3 LLM calls from 2026-05-20 00:00 to now (UTC)");
    expect(await first("--since", "2d", "--until", "1d")).toBe(
      "No LLM call was reported from 2026-05-18 12:30 to 2026-05-19 12:30 (UTC).",
    );
  });

  test.each([
    ["hour", "2026-05-20 12:00"],
    ["day", "2026-05-20"],
  ])("by channel, model, feature and %s: no time is cut in 80 columns [trial/N4]", async (key, time) => {
    const by = ["--by", `channel,model,feature,${key}`];
    const { stdout } = await run(argv(...by, "--since", "3d"), { nowMs, columns: 80, environment: plain });
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toContain(`  ${time}  `);
  });

  test("has its sum below also where one group of several is shown [trial/O10]", async () => {
    const lines = async (...more: string[]) =>
      (await run(argv("--since", "3d", ...more), { nowMs })).stdout.trimEnd().split("\n").slice(4);
    expect(await lines("--top", "1")).toEqual([
      expect.stringMatching(/^\S+ +2 /),
      expect.stringMatching(/^total +4 /),
    ]);
    // The sum of a single group is that group.
    expect(await lines("--feature", "summary")).toEqual([expect.stringMatching(/^claude +1 /)]);
  });

  test("stands in the order that is asked for [trial/O10]", async () => {
    const models = async (...more: string[]) =>
      (await asked("--since", "3d", "--by", "model,feature", ...more)).usage.map(
        ({ model, feature }) => `${model?.slice(0, 3)} ${feature}`,
      );
    expect(await models("--order", "cost")).toEqual(["cla chat", "gpt chat", "cla summary"]);
    expect(await models("--order", "calls")).toEqual(["gpt chat", "cla chat", "cla summary"]);
    expect(await models("--order", "tokens")).toEqual(["cla summary", "gpt chat", "cla chat"]);
    const days = (await asked("--since", "3d", "--by", "day", "--order", "time")).usage.map(({ ts }) =>
      ts?.slice(8, 10),
    );
    expect(days).toEqual(["18", "20"]);
    const byCost = (await asked("--since", "3d", "--by", "day", "--order", "cost")).usage.map(
      ({ cost_usd }) => cost_usd,
    );
    expect(byCost).toEqual([20, 1.75]);
  });

  test.each(["model", "channel", "feature", "day", "hour", "channel,model,feature"])(
    "by %s: the sums of the groups are the total [trial/O10]",
    async (by) => {
      const { usage, total } = await asked("--since", "3d", "--by", by);
      const sum = (pick: (row: UsageTotalJson) => number | null) =>
        usage.reduce((all, row) => all + (pick(row) ?? 0), 0);
      for (const name of [
        "calls",
        "errors",
        "tokens_in",
        "tokens_out",
        "tokens_cached",
        "tokens_cache_write",
        "cost_usd",
        "cost_calls",
      ] as const) {
        expect(
          sum((row) => row[name]),
          name,
        ).toBeCloseTo(total[name] ?? 0, 9);
      }
    },
  );

  test("says that there are more groups where there are more, and not where there are just as many [trial/O10]", async () => {
    const noteOf = async (top: string) => {
      const { stdout, stderr } = await run(argv("--since", "3d", "--top", top), { nowMs });
      expect(stdout).toContain("claude");
      return stderr;
    };
    expect(await noteOf("1")).toContain("Only the first 1; --top N shows more.");
    expect(await noteOf("2")).not.toContain("Only the first");
    expect((await asked("--since", "3d", "--top", "1")).usage).toHaveLength(1);
  });

  test("asks the running monitor for the same [trial/O10]", async () => {
    await using monitor = await new FakeMonitor({
      "/healthz": { body: { status: "ok" } },
      "/api/v1/llm-usage": {
        body: { from: "2026-05-20T11:30:00.000000+00:00", to: "2026-05-20T12:30:00.000000+00:00", usage: [] },
      },
    }).start();
    const at = ["usage", "--http", `${monitor.port}`, "--feature", "a b", "--order", "cost", "--since", "1h"];
    expect((await run(at, { nowMs })).code).toBe(0);
    const queries = monitor.requests.slice(-2).map(({ url }) => new URL(url, "http://x").searchParams);
    expect(queries[0]?.get("feature")).toBe("a b");
    expect(queries[0]?.get("order_by")).toBe("cost_usd");
    // The total has no order.
    expect(queries[1]?.get("order_by")).toBe(null);
  });

  test.each([
    [["--order", "price"], "--order: expected cost, calls, tokens, time"],
    [["--order", "time"], "--order: time orders groups by hour or day alone"],
    [["--since", "2027-01-01"], "is in the future"],
    [["--until", "whenever"], "--until: expected a duration ago"],
    [["--since", "1h", "--until", "1d"], "--since: expected a time before --until"],
  ])("%j is wrong usage, and the answer says why [trial/O10]", async (more, sentence) => {
    const { code, stderr } = await run(argv(...more), { nowMs });
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
