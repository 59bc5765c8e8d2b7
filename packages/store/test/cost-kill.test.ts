import { openStore, type Store, type UsageKey, type UsageQuery } from "@kissbot/store";
import { lasting, repetitions, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { dist } from "./dist.js";
import { startProgram } from "./program.js";

const kills = repetitions({ gate: 6, long: 60 });
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** As the writer has it. */
const baseMs = Date.UTC(2026, 4, 20, 12);
const now = () => baseMs;

const periods = [
  { fromMs: baseMs - 3 * dayMs, toMs: baseMs + dayMs },
  { fromMs: baseMs - 30 * hourMs - 1_234_567, toMs: baseMs - 5 * hourMs + 89 },
  { fromMs: baseMs - 7 * hourMs, toMs: baseMs - 6 * hourMs },
];
const names = ["channel", "model", "feature"] as const;
const namesOfGroups = Array.from({ length: 2 ** names.length }, (_, bits) =>
  names.filter((_, i) => (bits >> i) % 2 === 1),
);
const queries: readonly UsageQuery[] = periods.flatMap((period) =>
  namesOfGroups.flatMap((keys) => [
    { ...period, groupBy: keys },
    { ...period, groupBy: [...keys, "hour"] },
    { ...period, groupBy: [...keys, "day"] },
    { ...period, groupBy: [...keys, "day"], offsetMinutes: 345 },
  ]),
);

interface Call {
  readonly id: number;
  readonly tsMs: number;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokens: number;
  readonly cost: number | null;
  readonly isPriced: number;
}

/** The calls as they stand in the file, seen with a connection that is not the store's. */
function callsOf(path: string): Call[] {
  const db = new (loadDriver())(path);
  try {
    const text = `SELECT u.id, unixepoch(u.ts, 'subsec') * 1000 AS tsMs, u.channel, u.model, u.feature,
        u.tokens_in + u.tokens_out AS tokens, x.cost_usd AS cost, x.price_id IS NOT NULL AS isPriced
      FROM llm_usage AS u LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id ORDER BY u.id`;
    return db.prepare(text).all() as Call[];
  } finally {
    db.close();
  }
}

interface Sums {
  calls: number;
  tokens: number;
  costTokens: number;
  costCalls: number;
  costUsd: number;
  toldUsd: number;
}

/** Adds up call by call what a question asks. */
function expectedOf(calls: readonly Call[], query: UsageQuery): ReadonlyMap<string, unknown> {
  const groups = new Map<string, Sums>();
  const keys = query.groupBy ?? [];
  const offsetMs = (query.offsetMinutes ?? 0) * 60_000;
  for (const call of calls) {
    if (call.tsMs < query.fromMs || call.tsMs >= query.toMs) continue;
    const startsMs: Partial<Record<UsageKey, number>> = {
      hour: call.tsMs - (call.tsMs % hourMs),
      day: call.tsMs - ((call.tsMs + offsetMs) % dayMs),
    };
    const key = keyOf(
      names.map((name) => (keys.includes(name) ? call[name] : null)),
      keys.includes("hour") ? startsMs.hour : keys.includes("day") ? startsMs.day : null,
    );
    let sums = groups.get(key);
    if (sums === undefined) {
      sums = { calls: 0, tokens: 0, costTokens: 0, costCalls: 0, costUsd: 0, toldUsd: 0 };
      groups.set(key, sums);
    }
    sums.calls += 1;
    sums.tokens += call.tokens;
    if (call.cost === null) continue;
    sums.costCalls += 1;
    sums.costTokens += call.tokens;
    sums.costUsd += call.cost;
    if (call.isPriced === 0) sums.toldUsd += call.cost;
  }
  return new Map(
    [...groups].map(([key, { tokens, costUsd, toldUsd, ...sums }]) => [
      key,
      {
        ...sums,
        costUsd: sums.costCalls === 0 ? null : costUsd,
        costToldUsd: sums.costCalls === 0 ? null : toldUsd,
        costCoverage: tokens === 0 ? null : sums.costTokens / tokens,
      },
    ]),
  );
}

const keyOf = (of: readonly (string | null)[], tsMs: number | null | undefined) =>
  JSON.stringify([...of, tsMs]);

/** Every question about the calls that are stored is answered with what they add up to. */
async function check(store: Store, path: string, when: string): Promise<void> {
  const calls = callsOf(path);
  for (const query of queries) {
    const totals = await store.usageTotals(query);
    const found = new Map(
      [...totals].map(({ channel, model, feature, tsMs, ...total }) => {
        const { calls: count, costTokens, costCalls, costUsd, costToldUsd, costCoverage } = total;
        const sums = { calls: count, costTokens, costCalls, costUsd, costToldUsd, costCoverage };
        return [keyOf([channel, model, feature], tsMs), sums];
      }),
    );
    expect(found, `${when}, ${JSON.stringify(query)}`).toEqual(expectedOf(calls, query));
  }
}

test(
  `kill -9, ${kills} times amid writing and repricing: the coverage is the share of tokens whose cost is known, in every grouping and period [cost/C7] [cost/C8]`,
  async () => {
    using folder = new TemporaryFolder("store");
    const path = folder.file("kissbot_monitor.db");
    const repriced = new Set<number>();
    for (let epoch = 0; epoch < kills; epoch++) {
      await using program = startProgram("cost-kill-writer.mjs", dist, path, String(epoch));
      await program.prints("ready\n");
      // However slow the machine is, the first has rolled up and repriced something.
      const turns = () => program.stdout.split("\n").slice(1, -1);
      if (epoch === 0) await until("six turns of the writer", () => turns().length >= 6);
      await lasting("the writer's work before it is killed", Math.random() * 150);
      await program.kill();
      expect(program.stderr, "it ended by our hand").toBe("");
      for (const id of turns().flatMap((turn) => turn.split(" "))) if (id !== "") repriced.add(Number(id));
      await using reader = await openStore(path, { readOnly: true, now });
      await check(reader, path, `as kill ${epoch} left it`);
    }
    const calls = new Map(callsOf(path).map((call) => [call.id, call]));
    expect(repriced.size, "it did reprice").toBeGreaterThan(0);
    for (const id of repriced) {
      expect(calls.get(id), "acknowledged").toMatchObject({ cost: (id % 64) / 64, isPriced: 1 });
    }

    await using store = await openStore(path, { now });
    const unknown = [...calls.values()].filter(({ cost }) => cost === null);
    expect(unknown.length, "what is left to reprice").toBeGreaterThan(0);
    const repricings = unknown.map(({ id }) => ({ usageId: id, costUsd: 0.5, priceId: 3 }));
    const half = repricings.length >> 1;
    const batch = { producer: "kill", epoch: kills };
    await store.write({ ...batch, seq: 0, repricings: repricings.slice(0, half) });
    await check(store, path, "half repriced");
    await store.maintain();
    await check(store, path, "half repriced and rolled up");
    await store.write({ ...batch, seq: 1, repricings });
    await check(store, path, "all repriced");
    await store.maintain();
    await check(store, path, "all repriced and rolled up");
    const [all] = await store.usageTotals(periods[0] as UsageQuery);
    expect(all?.costCoverage).toBe(1);
  },
  120_000 + kills * 10_000,
);
