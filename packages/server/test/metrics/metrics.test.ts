import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountingTurns } from "../counting-turns.js";
import { noonMs } from "../http/plain-fleet.js";
import { Counted } from "./counted.js";
import { Scraped } from "./scraped.js";

test("has every metric of the design, with its type and a help, and no suffix is added", async () => {
  const counted = new Counted();
  counted.fleet.add("a");
  counted.tokens.push({ channel: "a", model: "m", feature: "f", tokensIn: 3, tokensOut: 4 });
  counted.dropped.push({ channel: "a", dropped: 9 });
  const scraped = await counted.scrape();
  const value = (name: string, labels = {}) => [scraped.types.get(name), scraped.value(name, labels)];
  expect(value("kissbot_bots", { status: "online" })).toEqual(["gauge", 1]);
  expect(value("kissbot_bots", { status: "dead" })).toEqual(["gauge", 0]);
  expect(value("kissbot_lines_total")).toEqual(["counter", 10]);
  expect(value("kissbot_lines_rejected_total", { reason: "invalid_json" })).toEqual(["counter", 2]);
  expect(value("kissbot_lines_rejected_total", { reason: "truncated" })).toEqual(["counter", 0]);
  expect(value("kissbot_lines_ignored_total")).toEqual(["counter", 1]);
  expect(value("kissbot_messages_received_total", { type: "heartbeat" })).toEqual(["counter", 6]);
  expect(value("kissbot_messages_processed_total", { type: "heartbeat" })).toEqual(["counter", 4]);
  const shed = { type: "llm_usage", reason: "queue_full" };
  expect(value("kissbot_messages_shed_total", shed)).toEqual(["counter", 1]);
  expect(value("kissbot_queue_depth")).toEqual(["gauge", 1]);
  expect(value("kissbot_store_pending_rows")).toEqual(["gauge", 3]);
  expect(value("kissbot_store_rows_total", { table: "llm_usage" })).toEqual(["counter", 7]);
  expect(value("kissbot_store_rows_lost_total", { table: "llm_usage" })).toEqual(["counter", 2]);
  expect(value("kissbot_client_dropped_total", { channel: "a" })).toEqual(["counter", 9]);
  expect(value("kissbot_bot_up", { channel: "a" })).toEqual(["gauge", 1]);
  expect(value("kissbot_bot_cpu_ratio", { channel: "a" })).toEqual(["gauge", 0.125]);
  expect(value("kissbot_bot_resident_memory_bytes", { channel: "a" })).toEqual(["gauge", 96 * 1_048_576]);
  expect(value("kissbot_bot_heartbeat_age_seconds", { channel: "a" })).toEqual(["gauge", 1.5]);
  const tokens = { channel: "a", model: "m", feature: "f" };
  expect(value("kissbot_llm_tokens_total", { ...tokens, direction: "in" })).toEqual(["counter", 3]);
  expect(value("kissbot_llm_tokens_total", { ...tokens, direction: "out" })).toEqual(["counter", 4]);
  expect(value("kissbot_llm_calls_total", { ...tokens, outcome: "ok" })).toEqual(["counter", 1]);
  expect(value("kissbot_connections")).toEqual(["gauge", 5]);
  expect(value("kissbot_stream_viewers")).toEqual(["gauge", 2]);
  expect(value("kissbot_stream_viewers_dropped_total")).toEqual(["counter", 1]);
  expect([...scraped.helps.keys()].sort()).toEqual([...scraped.types.keys()].sort());
  expect([...scraped.helps.values()].filter((help) => help.length < 10)).toEqual([]);
  expect(counted.metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("the fleet's CPU and memory count a process of several bots once, and are absent where nothing is known", async () => {
  const counted = new Counted();
  const sums = async () => {
    const scraped = await counted.scrape();
    return ["kissbot_fleet_cpu_ratio", "kissbot_fleet_resident_memory_bytes"].map((name) =>
      scraped.value(name),
    );
  };
  counted.fleet.add("unknown", { cpuPct: null, rssMb: null });
  counted.fleet.add("dead", { status: "dead" });
  expect(await sums()).toEqual([undefined, undefined]);
  counted.fleet.add("alone", { cpuPct: 50, rssMb: 10 });
  for (let n = 0; n < 12; n++) {
    counted.fleet.add(`shared ${n}`, { cpuPct: 120, rssMb: 100 });
    counted.fleet.sharers.set(`shared ${n}`, 12);
  }
  const [cpu, memory] = await sums();
  expect(cpu).toBeCloseTo(1.7, 9);
  expect(memory).toBe(110 * 1_048_576);
  expect((await counted.scrape()).types.get("kissbot_fleet_cpu_ratio")).toBe("gauge");
});

test("has a line for each problem of the monitor, and none where there is none [packaging/K6]", async () => {
  const scraped = await new Counted().scrape();
  expect(scraped.types.get("kissbot_problem")).toBe("gauge");
  expect(scraped.value("kissbot_problem", { code: "store_busy" })).toBe(1);
  expect(scraped.value("kissbot_problem", { code: "socket_lost" })).toBe(1);
  const well = await new Counted({ problems: () => [] }).scrape();
  expect(well.types.get("kissbot_problem")).toBe("gauge");
  expect(well.value("kissbot_problem", { code: "store_busy" })).toBeUndefined();
});

test("has the process's own, its descriptors counted without reading their list", async () => {
  const scraped = await new Counted().scrape();
  expect(scraped.value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(scraped.value("nodejs_eventloop_lag_p99_seconds")).toBeDefined();
  expect(scraped.of("nodejs_active_handles")).toEqual([]);
  if (process.platform === "linux") {
    expect(scraped.value("process_open_fds")).toBeGreaterThan(5);
    expect(scraped.value("process_open_fds")).toBeLessThan(1000);
  }
});

test("the counters of one scrape are of one moment, so their sums are exact under load", async () => {
  let lines = 10;
  const timer = setInterval(() => lines++, 0);
  const immediate = () => {
    lines++;
    pending = setImmediate(immediate);
  };
  let pending = setImmediate(immediate);
  const counted = new Counted({
    lines: () => ({ lines, rejected: {}, ignored: 0 }),
    queue: () => ({
      received: { heartbeat: lines },
      processed: { heartbeat: lines - 3 },
      shed: { heartbeat: { coalesced: 1 } },
      depth: 2,
    }),
  });
  try {
    for (let i = 0; i < 20; i++) {
      const scraped = await counted.scrape();
      const received = scraped.sum("kissbot_messages_received_total");
      expect(scraped.value("kissbot_lines_total")).toBe(received);
      const processed = scraped.sum("kissbot_messages_processed_total");
      expect(
        processed + scraped.sum("kissbot_messages_shed_total") + scraped.sum("kissbot_queue_depth"),
      ).toBe(received);
    }
  } finally {
    clearInterval(timer);
    clearImmediate(pending);
  }
});

describe("a bot", () => {
  test("that is stale or dead stays with 0, and one that said goodbye or is dead for a day leaves", async () => {
    const counted = new Counted();
    const day = 86_400_000;
    counted.fleet.add("stale", { status: "stale" });
    counted.fleet.add("dead", { status: "dead", statusSinceMs: noonMs - day });
    counted.fleet.add("long dead", { status: "dead", statusSinceMs: noonMs - day - 1 });
    counted.fleet.add("offline", { status: "offline" });
    const scraped = await counted.scrape();
    const up = scraped.of("kissbot_bot_up").map(([{ channel }, value]) => [channel, value]);
    expect(up).toEqual([
      ["stale", 0],
      ["dead", 0],
    ]);
    const measured = scraped.of("kissbot_bot_resident_memory_bytes").map(([{ channel }]) => channel);
    expect(measured).toEqual(["stale"]);
    const heard = scraped.of("kissbot_bot_heartbeat_age_seconds").map(([{ channel }]) => channel);
    expect(heard).toEqual(["stale", "dead"]);
  });

  test("tells its restarts by their reason and whether it is in a crash loop [trial/O1]", async () => {
    const counted = new Counted();
    counted.fleet.add("well");
    counted.fleet.add("bad", { crashLoop: true, restartsBy: { crash: 16, goodbye: 2, take_over: 1 } });
    const scraped = await counted.scrape();
    expect(scraped.of("kissbot_bot_crash_loop")).toEqual([
      [{ channel: "well" }, 0],
      [{ channel: "bad" }, 1],
    ]);
    expect(scraped.of("kissbot_bot_restarts_total")).toEqual([
      [{ channel: "bad", reason: "crash" }, 16],
      [{ channel: "bad", reason: "goodbye" }, 2],
      [{ channel: "bad", reason: "take_over" }, 1],
    ]);
    expect(scraped.types.get("kissbot_bot_restarts_total")).toBe("counter");
  });

  test("tells whether it says that it does not work [trial/B4]", async () => {
    const counted = new Counted();
    counted.fleet.add("well");
    counted.fleet.add("deaf", { trouble: "gateway closed: 4004", troubleSinceMs: noonMs });
    const scraped = await counted.scrape();
    expect(scraped.of("kissbot_bot_trouble")).toEqual([
      [{ channel: "well" }, 0],
      [{ channel: "deaf" }, 1],
    ]);
    expect(scraped.of("kissbot_bot_up").map(([, value]) => value)).toEqual([1, 1]);
  });

  test("has no line for what is not known, never 0", async () => {
    const counted = new Counted();
    counted.fleet.heartbeatAge = null;
    counted.fleet.add("a", { cpuPct: null, rssMb: null });
    counted.fleet.add("b", { cpuPct: Number.NaN, rssMb: Number.POSITIVE_INFINITY });
    const scraped = await counted.scrape();
    expect(scraped.of("kissbot_bot_up")).toHaveLength(2);
    for (const name of ["cpu_ratio", "resident_memory_bytes", "heartbeat_age_seconds"]) {
      expect(scraped.of(`kissbot_bot_${name}`), name).toEqual([]);
    }
  });
});

test("whatever bots call themselves is a label's value and nothing else", async () => {
  const nasty = [
    '"',
    "\\",
    "\n",
    '\\"',
    "\\n",
    "a,model:b",
    '"} 1\nkissbot_bots 9\n#',
    "\r\u2028\u{1f980}",
    "{}",
    "__proto__",
  ];
  const name = fc.oneof(fc.constantFrom(...nasty), fc.string({ minLength: 1, unit: "grapheme" }));
  const names = fc.uniqueArray(fc.tuple(name, name, name), {
    maxLength: 20,
    selector: (key) => JSON.stringify(key),
  });
  await fc.assert(
    fc.asyncProperty(names, async (keys) => {
      const counted = new Counted();
      for (const [i, [channel, model, feature]] of keys.entries()) {
        counted.tokens.push({ channel, model, feature, tokensIn: i, tokensOut: i });
        if (counted.fleet.get(channel) === undefined) counted.dropped.push({ channel, dropped: 1 });
        counted.fleet.add(channel);
      }
      const scraped = await counted.scrape();
      const tokens = scraped.of("kissbot_llm_tokens_total").filter(([{ direction }]) => direction === "in");
      expect(tokens.map(([{ channel, model, feature }]) => [channel, model, feature])).toEqual(keys);
      const channels = [...new Set(keys.map(([channel]) => channel))];
      for (const family of ["kissbot_bot_up", "kissbot_client_dropped_total"]) {
        expect(scraped.of(family).map(([{ channel }]) => channel)).toEqual(channels);
      }
    }),
    { numRuns: 50 },
  );
});

describe("scrapes", () => {
  test("that come together share one run, and none gets values from before it asked", async () => {
    let runs = 0;
    const counted = new Counted({
      connections: () => {
        runs++;
        return 1;
      },
    });
    const first = counted.metrics.chunks();
    expect(counted.metrics.chunks()).toBe(first);
    await Promise.resolve();
    await Promise.resolve();
    counted.fleet.add("late");
    const others = Array.from({ length: 20 }, () => counted.metrics.chunks());
    expect(new Set(others).size).toBe(1);
    await first;
    const text = Buffer.concat((await others[0]) as Buffer[]).toString();
    expect(new Scraped(text).value("kissbot_bot_up", { channel: "late" })).toBe(1);
    expect(runs).toBe(2);
  });

  test("of a family of many values have a line for those that counted something, and always for the first", async () => {
    const families = [
      { name: "plain_total", help: "p", label: "is", values: ["a", "b"] },
      {
        name: "many_total",
        help: "m",
        label: "of",
        values: ["first", "second", "third"],
        sparse: "rest" as const,
      },
      { name: "known_total", help: "k", label: "by", values: ["x", "y"], sparse: "all" as const },
    ];
    const names = { channel: "a", model: "m", feature: "f" };
    const usage = () => Object.assign([{ ...names, values: [0, 0, 0, 0, 2, 0, 0.5] }], { families });
    const scraped = await new Counted({ usage }).scrape();
    expect(scraped.of("plain_total").map(([labels, value]) => [labels["is"], value])).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    expect(scraped.of("many_total").map(([labels, value]) => [labels["of"], value])).toEqual([
      ["first", 0],
      ["third", 2],
    ]);
    expect(scraped.of("known_total").map(([labels, value]) => [labels["by"], value])).toEqual([["y", 0.5]]);
  });

  test("count tokens without a price by model and reason", async () => {
    const counted = new Counted();
    for (const model of ["m0", "m1"]) counted.unpriced.push({ model, reason: "local", tokens: 2 });
    for (const tokens of [3, 4]) counted.unpriced.push({ model: "m0", reason: "ambiguous", tokens });
    counted.unpriced.push({ model: "m1", reason: "local", tokens: 5 });
    const name = "kissbot_llm_unpriced_tokens_total";
    const scraped = await counted.scrape();
    expect(scraped.types.get(name)).toBe("counter");
    expect(scraped.of(name)).toHaveLength(3);
    expect(scraped.value(name, { model: "m0", reason: "local" })).toBe(2);
    expect(scraped.value(name, { model: "m1", reason: "local" })).toBe(7);
    expect(scraped.value(name, { model: "m0", reason: "ambiguous" })).toBe(7);
  });

  test("go on after one that failed", async () => {
    let fails = true;
    const counted = new Counted({
      usage: () => {
        if (fails) throw new Error("broken");
        return Object.assign([], { families: [] });
      },
    });
    await expect(counted.metrics.text()).rejects.toThrow("broken");
    fails = false;
    expect((await counted.scrape()).value("kissbot_lines_total")).toBe(10);
  });

  test("of ten thousand bots and as many label sets are encoded in turns", async () => {
    const turns = new CountingTurns(100);
    const counted = new Counted({ turns });
    counted.fleet.heartbeatAgeS = () => {
      turns.work();
      return 1;
    };
    for (let i = 0; i < 10_000; i++) {
      counted.fleet.add(`twitch/channel "${i}"`);
      counted.tokens.push({ channel: `${i}`, model: "m", feature: "f", tokensIn: 1, tokensOut: 1 });
      counted.dropped.push({ channel: `${i}`, dropped: 1 });
    }
    const scraped = await counted.scrape();
    expect(scraped.of("kissbot_bot_heartbeat_age_seconds")).toHaveLength(10_000);
    expect(turns.most).toBeLessThanOrEqual(101);
    expect(turns.taken).toBeGreaterThanOrEqual(300);
  });
});
