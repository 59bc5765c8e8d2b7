import { type LlmUsage, openStore, type UsageQuery, type UsageTotal } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf } from "./rows.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** So lately that nothing is deleted. */
const startMs = (Math.floor(Date.now() / dayMs) - 2) * dayMs;
const folder = new TemporaryFolder("store");
afterAll(() => folder[Symbol.dispose]());

const callAt = (minute: number, channel = "a") => ({
  tsMs: startMs + minute * minuteMs,
  channel,
  model: "model",
  feature: "feature",
  tokensIn: 1,
  tokensOut: 0,
  latencyMs: 100,
});

/** Calls of these minutes are in the rollups, and then those of others come. */
async function fileOf(name: string, rolled: readonly number[], later: readonly number[]): Promise<string> {
  const path = folder.file(`${name}.db`);
  const store = await openStore(path);
  await store.write(
    batchOf({ llmUsage: rolled.map((minute, i) => callAt(minute, i % 2 === 0 ? "a" : "b")) }),
  );
  await store.maintain();
  await store.write(batchOf({ llmUsage: later.map((minute) => callAt(minute)) }));
  await store.close();
  return path;
}

async function callsOf(path: string, query: Omit<UsageQuery, "fromMs" | "toMs">, from: number, to: number) {
  const store = await openStore(path);
  try {
    const totals = await store.usageTotals({
      ...query,
      fromMs: startMs + from * minuteMs,
      toMs: startMs + to * minuteMs,
    });
    return [...totals].reduce((sum, { calls }) => sum + calls, 0);
  } finally {
    await store.close();
  }
}

test("totals of a period that ends within an hour have just its calls, rolled up or not, later or not", async () => {
  let file = 0;
  const minutes = fc.array(fc.integer({ min: 0, max: 239 }), { minLength: 1, maxLength: 12 });
  const keys = fc.constantFrom<Omit<UsageQuery, "fromMs" | "toMs">>(
    {},
    { groupBy: ["channel"] },
    { groupBy: ["hour"] },
    { groupBy: ["day"] },
    { groupBy: ["day"], offsetMinutes: 330 },
    { groupBy: ["day"], offsetMinutes: -150 },
  );
  const bounds = fc.tuple(fc.integer({ min: 0, max: 239 }), fc.integer({ min: 1, max: 240 }));
  await fc.assert(
    fc.asyncProperty(minutes, minutes, keys, bounds, async (rolled, later, query, [from, length]) => {
      const to = from + length;
      const path = await fileOf(`${file++}`, rolled, later);
      const expected = [...rolled, ...later].filter((minute) => minute >= from && minute < to).length;
      expect(await callsOf(path, query, from, to)).toBe(expected);
    }),
    { numRuns: 15 },
  );
}, 180_000);

test("a period within the hour in which a day begins has just its calls", async () => {
  const path = await fileOf("day-break", [0], [120, 0, 122, 179]);
  const query: Omit<UsageQuery, "fromMs" | "toMs"> = { groupBy: ["day"], offsetMinutes: -150 };
  expect(await callsOf(path, query, 121, 122)).toBe(0);
  expect(await callsOf(path, query, 121, 160)).toBe(1);
  expect(await callsOf(path, query, 120, 180)).toBe(3);
});

test("a period that ends now has the hour under way from the rollups, another one its rows", async () => {
  const path = await fileOf("under-way", [61, 62, 63, 64], []);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_usage_hours SET calls = 100 * calls");
  db.close();
  expect(await callsOf(path, {}, 60, 65)).toBe(400);
  expect(await callsOf(path, {}, 0, 65)).toBe(400);
  expect(await callsOf(path, { channel: "b" }, 60, 90)).toBe(200);
  // The rollups have a later one, and then the beginning of the hour is not asked for.
  expect(await callsOf(path, {}, 60, 64)).toBe(3);
  expect(await callsOf(path, {}, 61, 66)).toBe(4);
});

test("percentiles of an hour that an older version rolled up are those of its calls", async () => {
  const path = await fileOf("older", [60, 61, 62], []);
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_usage_hours SET latency_bins = NULL WHERE channel = 'a'");
  db.close();
  await using store = await openStore(path, { readOnly: true });
  const [total] = await store.usageTotals({
    fromMs: startMs + 60 * minuteMs,
    toMs: startMs + 63 * minuteMs,
    percentiles: true,
  });
  expect(total).toMatchObject({ calls: 3, latencyPercentileCalls: 3 });
});

/**
 * More calls of one hour than are read one by one, of all kinds. Some come late, behind others of
 * their time; the last 300 come after a rollup.
 */
const busyHour = lateOnes(
  Array.from({ length: 8_000 }, (_, i): LlmUsage => {
    const cost = i % 3 === 0 ? {} : { costUsd: (i % 977) / 7_000 };
    return {
      tsMs: startMs + 2 * hourMs + Math.floor((i * 0.85 * hourMs) / 8_000),
      channel: `channel_${i % 3}`,
      model: i % 5 === 0 ? "m" : "n",
      feature: i < 7_000 ? "chat" : "title",
      tokensIn: i % 1_000,
      tokensOut: i % 80,
      ...(i % 7 === 0 ? {} : { latencyMs: i % 11 === 0 ? 0 : 0.1 + (i % 700) }),
      ...(i % 13 === 0 ? { error: "timeout" } : {}),
      ...cost,
    };
  }),
);

/** Every 97th call behind the 7,000th. */
function lateOnes(calls: readonly LlmUsage[]): LlmUsage[] {
  const isLate = (i: number) => i < 5_000 && i % 97 === 0;
  const late = calls.filter((_, i) => isLate(i));
  const others = calls.filter((_, i) => !isLate(i));
  return [...others.slice(0, 7_000), ...late, ...others.slice(7_000)];
}

/**
 * What two answers do not have in common. In which order doubles were added makes no difference.
 */
function differences(found: Iterable<UsageTotal>, expected: Iterable<UsageTotal>): unknown[] {
  const rest = new Map([...expected].map((total) => [groupOf(total), total]));
  const other = [...found].filter((total) => {
    const group = groupOf(total);
    const same = rest.get(group);
    rest.delete(group);
    return same === undefined || !isSame(total, same);
  });
  return [...other, ...rest.values()];
}

const groupOf = ({ channel, model, feature, tsMs }: UsageTotal) => [channel, model, feature, tsMs].join(" ");

function isSame(one: UsageTotal, other: UsageTotal): boolean {
  return Object.entries(one).every(([name, value]) => {
    const second = other[name as keyof UsageTotal];
    if (typeof value !== "number" || typeof second !== "number") return value === second;
    return Math.abs(value - second) <= 1e-9 * Math.max(value, second);
  });
}

test("totals of any period that begins or ends in a busy hour are those of its calls", async () => {
  await using store = await openStore(folder.file("busy.db"));
  await using model = await openStore("memory:");
  for (const one of [store, model]) {
    await one.write(batchOf({ llmUsage: busyHour.slice(0, -300) }));
    await one.maintain();
    await one.write(batchOf({ llmUsage: busyHour.slice(-300) }));
  }
  const busyMs = startMs + 2 * hourMs;
  const moment = fc.oneof(
    fc.integer({ min: 0, max: hourMs }),
    fc.integer({ min: Math.floor(0.6 * hourMs), max: Math.floor(0.9 * hourMs) }),
    fc.integer({ min: -hourMs, max: 2 * hourMs }),
  );
  const periods = fc
    .tuple(fc.oneof(fc.constant(-hourMs), moment), moment)
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other) + 1] as const);
  const names = fc.subarray(["channel", "model", "feature"] as const);
  const times = fc.constantFrom<
    Pick<UsageQuery, "offsetMinutes"> & { readonly time: readonly ("hour" | "day")[] }
  >({ time: [] }, { time: ["hour"] }, { time: ["day"] }, { time: ["day"], offsetMinutes: 330 });
  const filter = fc.constantFrom({}, { channel: "channel_1" }, { model: "m" }, { feature: "title" });
  await fc.assert(
    fc.asyncProperty(periods, names, times, filter, async ([from, to], keys, { time, ...zone }, only) => {
      const query = {
        fromMs: busyMs + from,
        toMs: busyMs + to,
        groupBy: [...keys, ...time],
        ...zone,
        ...only,
      };
      expect(differences(await store.usageTotals(query), await model.usageTotals(query))).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);

test("a period that ended a moment ago has the hour under way from the rollups, less the calls since", async () => {
  const path = folder.file("moment.db");
  {
    await using store = await openStore(path);
    await store.write(batchOf({ llmUsage: busyHour }));
    await store.maintain();
  }
  const db = new (loadDriver())(path);
  db.exec("UPDATE monitor_usage_hours SET calls = calls + 1000000, covered_calls = covered_calls + 1000000");
  db.close();
  await using store = await openStore(path, { readOnly: true });
  const callsUntil = async (end: number) => {
    const [total] = await store.usageTotals({
      fromMs: startMs,
      toMs: startMs + 2 * hourMs + end,
      channel: "channel_0",
    });
    return total?.calls ?? 0;
  };
  const ofChannel = busyHour.filter(({ channel }) => channel === "channel_0");
  const last = (ofChannel.at(-10)?.tsMs ?? 0) - startMs - 2 * hourMs;
  const groups = new Set(ofChannel.map(({ model, feature }) => `${model} ${feature}`)).size;
  expect(await callsUntil(last)).toBe(groups * 1_000_000 + ofChannel.length - 10);
  expect(await callsUntil(hourMs)).toBe(groups * 1_000_000 + ofChannel.length);
});

/** A file with the busy hour in the rollups, in which a program did something before that. */
async function busyFile(name: string, before: string, after = ""): Promise<string> {
  const path = folder.file(`${name}.db`);
  const change = (sql: string) => {
    const db = new (loadDriver())(path);
    db.exec(sql);
    db.close();
  };
  await (await openStore(path)).close();
  change(before);
  const store = await openStore(path);
  await store.write(batchOf({ llmUsage: busyHour }));
  await store.maintain();
  await store.close();
  change(after);
  return path;
}

/** The busy hour has calls until its 51st minute: those since are fewer than those before. */
const momentAgo = { fromMs: startMs, toMs: startMs + 2 * hourMs + 50 * minuteMs };
const callsUntilThen = busyHour.filter(({ tsMs }) => tsMs < momentAgo.toMs);

test("a call whose time has another form is not taken out of an hour that it is not in", async () => {
  const day = new Date(startMs).toISOString().slice(0, 10);
  const times = [`${day}T03:00+00:00`, `${day}T02:59`, `${day} 02:59:00`, day, `${day}T03`];
  const rows = times.map((ts) => `('${ts}', 'channel_0', 'm', 'chat', 1, 1)`);
  const path = await busyFile(
    "forms",
    `INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out) VALUES ${rows.join(", ")}`,
  );
  await using store = await openStore(path, { readOnly: true });
  const [total] = await store.usageTotals(momentAgo);
  // Of the forms of the hour itself, the one with a blank cannot be told from one within the
  // period.
  expect(total?.calls).toBe(callsUntilThen.length + 1);
});

test("a cost that is not in the rollups yet is not taken out of them", async () => {
  const path = await busyFile(
    "told-late",
    "",
    `UPDATE llm_usage SET cost_usd = 0.5;
     INSERT OR REPLACE INTO monitor_rollup_cursors (source, last_id) VALUES ('llm_usage_cost', 0);
     INSERT OR REPLACE INTO monitor_rollup_cursors (source, last_id)
       SELECT 'llm_usage_cost_until', last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage'`,
  );
  await using store = await openStore(path, { readOnly: true });
  const [total] = await store.usageTotals(momentAgo);
  const expected = callsUntilThen.reduce((sum, { costUsd = 0.5 }) => sum + (costUsd ?? 0.5), 0);
  expect(total?.costUsd).toBeCloseTo(expected, 6);
});

test("calls are not taken out of a sum that has no room for what is left", async () => {
  const path = await busyFile("large", "");
  const huge = { ...(busyHour.at(-1) as LlmUsage), costUsd: 1e15, latencyMs: 1e300, channel: "channel_1" };
  {
    await using store = await openStore(path);
    await store.write(batchOf({ llmUsage: [huge] }));
    await store.maintain();
  }
  await using store = await openStore(path, { readOnly: true });
  const [total] = await store.usageTotals(momentAgo);
  const sumOf = (value: (call: LlmUsage) => number | null | undefined) =>
    callsUntilThen.reduce((sum, call) => sum + (value(call) ?? 0), 0);
  expect(total?.costUsd).toBeCloseTo(
    sumOf(({ costUsd }) => costUsd),
    9,
  );
  expect((total?.latencyMsAvg ?? 0) * (total?.latencyCalls ?? 0)).toBeCloseTo(
    sumOf(({ latencyMs }) => latencyMs),
    3,
  );
});

test("the groups of an hour less the calls since are in the order that was asked for, and cut there", async () => {
  const path = await busyFile("order", "");
  await using store = await openStore(path, { readOnly: true });
  await using model = await openStore("memory:");
  await model.write(batchOf({ llmUsage: busyHour }));
  for (const orderBy of ["calls", "tokens", "costUsd"] as const) {
    const query: UsageQuery = { ...momentAgo, groupBy: ["channel", "model", "feature"], orderBy, top: 5 };
    const namesIn = (totals: Iterable<UsageTotal>) => [...totals].map(groupOf);
    expect(namesIn(await store.usageTotals(query))).toEqual(namesIn(await model.usageTotals(query)));
  }
});

test("what is left of sums that are equal is nothing, and never less", async () => {
  const path = folder.file("residue.db");
  const llmUsage = Array.from({ length: 4_000 }, (_, i) => ({
    ...callAt(120 + i / 100, `channel_${i % 7}`),
    latencyMs: i < 3_000 ? 0 : 0.1 + i / 3,
    costUsd: i < 3_000 ? 0 : 0.1 + i / 7,
  }));
  await using store = await openStore(path);
  await store.write(batchOf({ llmUsage }));
  await store.maintain();
  const totals = await store.usageTotals({
    fromMs: startMs,
    toMs: startMs + 150 * minuteMs,
    groupBy: ["channel"],
  });
  expect(totals.length).toBe(7);
  for (const { latencyMsAvg, costUsd } of totals) {
    expect(latencyMsAvg).toBeGreaterThanOrEqual(0);
    expect(latencyMsAvg).toBeLessThan(1e-9);
    expect(costUsd).toBeGreaterThanOrEqual(0);
    expect(costUsd).toBeLessThan(1e-9);
  }
});

test("days that begin within a busy hour have the calls of their half of it", async () => {
  await using store = await openStore(folder.file("halves.db"));
  await using model = await openStore("memory:");
  const rows = [0, 24].flatMap((hour) =>
    Array.from({ length: 6_000 }, (_, i) => ({
      ...callAt((18 + hour) * 60 + i / 100, `channel_${i % 5}`),
      tokensIn: i,
    })),
  );
  // What came late stands behind what is of another day.
  const llmUsage = [...rows.filter((_, i) => i % 50 > 0), ...rows.filter((_, i) => i % 50 === 0)];
  for (const one of [store, model]) {
    await one.write(batchOf({ llmUsage }));
    await one.maintain();
  }
  for (const groupBy of [["day"], ["channel", "day"]] as const) {
    const query: UsageQuery = { fromMs: startMs, toMs: startMs + 2 * dayMs, groupBy, offsetMinutes: 330 };
    const found = await store.usageTotals(query);
    expect([...found].reduce((sum, { calls }) => sum + calls, 0)).toBe(12_000);
    expect(differences(found, await model.usageTotals(query))).toEqual([]);
  }
});
