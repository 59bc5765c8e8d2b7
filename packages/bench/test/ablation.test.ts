import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { afterAll, describe, expect, test, vi } from "vitest";
import { AblatedMonitors } from "../src/ablation/ablated-monitor.js";
import { worthOf } from "../src/ablation/gain.js";
import type { Trick } from "../src/ablation/trick.js";
import { tricks } from "../src/ablation/tricks.js";
import { Monitor } from "../src/server/monitor.js";
import { Database } from "../src/store/driver.js";

const monitors = new AblatedMonitors();
afterAll(() => monitors.remove());

describe("a trick that is not in the source any more fails the build", () => {
  const trick: Omit<Trick, "id" | "file" | "without"> = {
    does: "",
    instead: "",
    load: "calls",
  };
  test.each<[string, Pick<Trick, "file" | "without">, string]>([
    [
      "its file has another name",
      { file: "server/src/queue/usage-rows.ts", without: { edits: [["a", "b"]] } },
      "server/src/queue/usage-rows.ts is in no build of the monitor",
    ],
    [
      "its module has another name",
      { file: "server/src/queue/usage-rows.ts", without: { exports: ["RowChunks"] } },
      "server/src/queue/usage-rows.ts is in no build of the monitor",
    ],
    [
      "its file belongs to no monitor",
      { file: "bench/src/median.ts", without: { edits: [["sorted", "values"]] } },
      "bench/src/median.ts is in no build of the monitor",
    ],
    [
      "its piece is gone",
      { file: "store/src/dictionary.ts", without: { edits: [["no such piece", ""]] } },
      "expected once in store/src/dictionary.ts, found 0 times: no such piece",
    ],
    [
      "its piece is there twice",
      { file: "store/src/dictionary.ts", without: { edits: [["ref", ""]] } },
      "expected once in store/src/dictionary.ts, found",
    ],
    [
      "its export is gone",
      { file: "server/src/queue/row-chunks.ts", without: { exports: ["RowChunks", "UsageRows"] } },
      "server/src/queue/row-chunks.ts exports no UsageRows",
    ],
  ])("%s", async (id, where, message) => {
    await expect(monitors.command([{ ...trick, ...where, id }])).rejects.toThrow(`${id}: ${message}`);
  });
});

test("each trick has a name of its own", () => {
  expect(new Set(tricks.map(({ id }) => id)).size).toBe(tricks.length);
  for (const { id } of tricks) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

test.each(tricks.map(({ id, file }) => [id, file]))("the comment of %s names its row", (id, file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  // A comment may break a line anywhere.
  const comments = text.replaceAll(/\s*\n\s*(?:\*|\/\/)\s*/g, " ");
  expect(comments).toMatch(new RegExp(`[Mm]easured[^:]*: \`pnpm bench ablation\`, \`${id}\``));
});

/**
 * As few groups as can be of which none has two tricks of one file: each is taken out as a whole.
 */
function groupsOf(all: readonly Trick[]): readonly (readonly Trick[])[] {
  const groups: Trick[][] = [];
  for (const trick of all) {
    const group = groups.find((others) => others.every(({ file }) => file !== trick.file));
    if (group === undefined) groups.push([trick]);
    else group.push(trick);
  }
  return groups;
}

const nowMs = Date.now();

test("without its tricks the monitor does the same: each line has its place, and rows, sums and answers are equal", async () => {
  const groups = groupsOf(tricks);
  expect(groups.flat()).toHaveLength(tricks.length);
  const [whole, ...others] = await Promise.all([traceOf([]), ...groups.map(traceOf)]);
  expect(whole.usage).toHaveLength(callCount);
  expect(whole.metrics).toHaveLength(metricCount);
  expect(whole.hours.length).toBeGreaterThan(50);
  expect(whole.bots).toHaveLength(37);
  expect(whole.exposition.length).toBeGreaterThan(100);
  for (const [i, other] of others.entries())
    expect(other, `without ${groups[i]?.map(({ id }) => id).join(", ")}`).toEqual(whole);
}, 300_000);

/** So many that they are rolled up at once. */
const callCount = 6_000;
const metricCount = 200;

/** Lines of every kind, the same for each monitor. */
function linesOf(): readonly string[] {
  const channels = [
    "plain",
    "käse",
    'a "quoted" \\ one',
    "emoji 🤖",
    ...Array.from({ length: 30 }, (_, i) => `bot ${i}`),
  ];
  const models = ["gpt-4o-mini", "claude-sonnet-4-5", "o3", "llama3:8b", "a modèl of one's own"];
  const features = ["chat", "title", "übersetzung", 'a "quoted" \\ one'];
  const lines: unknown[] = [
    { type: "register", channel: "this", pid: process.pid, features: { chat: true }, version: "1.2" },
    { type: "register", channel: "two processes", pid: 10_000_001, interval_s: 30 },
    { type: "heartbeat", channel: "two processes", pid: 10_000_002, interval_s: 30, rss_mb: 5, cpu_pct: 1 },
    { type: "heartbeat", channel: "two processes", pid: 10_000_001, interval_s: 30, rss_mb: 6, cpu_pct: 2 },
    { type: "register", channel: "goodbye", pid: 10_000_003 },
    { type: "unregister", channel: "goodbye", pid: 10_000_003 },
    { type: "llm_usage", channel: "", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 },
    { type: "llm_usage", channel: "a", model: "a\ud800b", feature: "f", tokens_in: 1, tokens_out: 1 },
    { type: "llm_usage", channel: "a", model: "a\u0007b", feature: "f", tokens_in: 1, tokens_out: 1 },
    { type: "no such type" },
  ];
  for (const [i, channel] of channels.entries())
    lines.push({
      type: "heartbeat",
      channel,
      pid: 10_001_000 + i,
      rss_mb: 50 + i,
      cpu_pct: i / 4,
      ts: nowMs,
    });
  for (let i = 0; i < callCount; i++) {
    lines.push({
      type: "llm_usage",
      channel: channels[(i * 7) % channels.length],
      model: models[(i * 11) % models.length],
      feature: features[(i >> 2) % features.length],
      tokens_in: 1 + ((i * 37) % 1_000),
      tokens_out: (i * 13) % 300,
      ts: nowMs - (i % 3) * 3_600_000 - (i % 50),
      ...(i % 5 === 0 ? {} : { latency_ms: [0, 1e-7, 0.3, 812.25, 1e12][i % 4] }),
      ...(i % 3 === 0 ? { tokens_cached: i % 30 === 0 ? 0 : 1, provider: "openai" } : {}),
      ...(i % 7 === 0 ? { cost_usd: i / 1_000 } : {}),
      ...(i % 11 === 0 ? { error: i % 2 === 0 ? "timeout" : "an_error_of_its_own" } : {}),
    });
  }
  for (let i = 0; i < metricCount; i++) {
    const channel = channels[i % channels.length];
    lines.push({
      type: "custom_metric",
      channel,
      metric_name: `metric ${i % 3}`,
      value: i / 8,
      ts: nowMs - i,
    });
  }
  return [...lines.map((line) => JSON.stringify(line)), "no JSON", '{"type":"heartbeat"'];
}

/** All that can be seen of a monitor without these tricks that has had the lines. */
async function traceOf(without: readonly Trick[]) {
  const monitor = await Monitor.start({
    command: await monitors.command(without),
    flags: ["--metrics-interval", "100ms"],
  });
  const db = new Database(monitor.databasePath, { readonly: true });
  try {
    const lines = linesOf();
    const socket = connect(monitor.socketPath);
    await once(socket, "connect");
    // Long chunks, and short ones, some of which end within a line.
    socket.write(`${lines.slice(0, 5_000).join("\n")}\n`);
    const rest = Buffer.from(`${lines.slice(5_000).join("\n")}\n`);
    for (let at = 0; at < rest.length; at += 211) {
      if (!socket.write(rest.subarray(at, at + 211))) await once(socket, "drain");
    }
    const { messages, counted } = await vi.waitFor(
      async () => {
        const health = await healthOf(monitor);
        expect(health.counted.lines).toBe(lines.length);
        expect(health.waiting).toBe(0);
        const { rolled, last } = db
          .prepare(
            "SELECT last_id AS rolled, (SELECT max(id) FROM llm_usage) AS last FROM monitor_rollup_cursors WHERE source = 'llm_usage'",
          )
          .get() as { rolled: number; last: number };
        expect(rolled).toBe(last);
        expect(await textOf(monitor, "/api/v1/bots")).toMatch(/"channel":"this".{0,900}"process_seen":true/);
        return health;
      },
      { timeout: 60_000, interval: 50 },
    );
    for (const [type, received] of Object.entries(messages.received)) {
      const shed = Object.values(messages.shed[type] ?? {}).reduce((sum, count) => sum + count, 0);
      expect((messages.processed[type] ?? 0) + shed, type).toBe(received);
    }
    // The second list and scrape use what the first has left.
    await textOf(monitor, "/metrics");
    const bots = withoutMoments(await textOf(monitor, "/api/v1/bots"));
    const exposition = (await textOf(monitor, "/metrics"))
      .split("\n")
      .filter((line) => /^kissbot_(?:llm|bot)_/.test(line) && !/_age_|channel="this"/.test(line))
      .sort();
    const usage = db
      .prepare(
        "SELECT u.*, x.*, NULL AS id, NULL AS usage_id, NULL AS price_id FROM llm_usage AS u LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id",
      )
      .all()
      .map((row) => JSON.stringify(row))
      .sort();
    const hours = db
      .prepare("SELECT * FROM monitor_usage_hours ORDER BY channel, bucket_ms, model, feature")
      .all()
      .map((row) => JSON.stringify(row, (_, value) => (typeof value === "number" ? rounded(value) : value)));
    const metrics = db
      .prepare("SELECT ts_ms, channel, metric_name, value FROM monitor_custom_metrics ORDER BY 1, 2, 3, 4")
      .all();
    socket.destroy();
    return { counted, bots, exposition, usage, hours, metrics, calls: messages.processed["llm_usage"] };
  } finally {
    db.close();
    await monitor.stop();
  }
}

type Counts = Readonly<Record<string, number>>;

async function healthOf(monitor: Monitor) {
  const health = JSON.parse(await textOf(monitor, "/healthz")) as {
    readonly lines: { readonly lines: number; readonly rejected: Counts; readonly ignored: number };
    readonly messages: {
      readonly received: Counts;
      readonly processed: Counts;
      readonly shed: Readonly<Record<string, Counts>>;
    };
  };
  const { waiting } = await monitor.account();
  return { messages: health.messages, counted: health.lines, waiting };
}

async function textOf(monitor: Monitor, path: string): Promise<string> {
  return (await fetch(`${monitor.url}${path}`)).text();
}

/** A list of bots without what depends on the moment, its fields in their order. */
function withoutMoments(json: string): readonly string[] {
  const { bots } = JSON.parse(json) as { readonly bots: readonly Record<string, unknown>[] };
  return bots.map((bot) =>
    JSON.stringify(bot, (field, value) => {
      const isMoment =
        /^(?:uptime_s|lived_ms)$/.test(field) ||
        (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value));
      const isMeasured = bot["channel"] === "this" && /cpu_pct|rss_mb|measured_at/.test(field);
      return isMoment || isMeasured ? "then" : value;
    }),
  );
}

/** Sums of the same numbers in another order. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

describe("the worth of a trick", () => {
  const gain = (least: number, most: number) => ({ median: (least + most) / 2, least, most });

  test("is its gain only where the lower bound is above nothing, and its memory from 10 MB on", () => {
    expect(worthOf(gain(0.01, 0.02), 0)).toBe("its gain");
    expect(worthOf(gain(0.01, 0.3), 10)).toBe("its gain; its memory");
    expect(worthOf(gain(-0.01, 0.3), 12)).toBe("its memory");
  });

  test("is nothing where it cannot be 5 %, not shown where it may be, and else what it is for besides", () => {
    expect(worthOf(gain(-0.02, 0.04), 9)).toBe("nothing");
    expect(worthOf(gain(-0.02, 0.05), 0)).toBe("not shown");
    expect(worthOf(gain(-0.02, 0.04), 0, "a stall")).toBe("a stall");
  });
});
