import { openStore, type UsageQuery } from "@kissbot/store";
import { medianOf } from "../median.js";
import type { Figure, Table } from "../table.js";
import { Database } from "./driver.js";
import { withDatabase } from "./scratch.js";
import { usageAt } from "./table-rows.js";

const calls = 500_000;
const dayMs = 86_400_000;
/** The hour has begun, and every call is of it. */
const startMs = Date.UTC(2026, 4, 20, 8);
/** Between two calls of `usageAt`. */
const gapMs = 5;
const endMs = startMs + calls * gapMs;

/** When the period of a question ended, and how many milliseconds ago. */
const questions: readonly (readonly [string, number])[] = [
  ["now", 0],
  ["10 s ago", 10_000],
  ["a minute ago", 60_000],
  ["20 minutes ago", 1_200_000],
  ["30 minutes ago", 1_800_000],
];

/**
 * What all calls of a day came to, and those of each bot, in an hour with half a million calls.
 * Bare: one statement that sums the same calls.
 */
export async function totalsTable(): Promise<Table> {
  return await withDatabase(async (path) => {
    const now = () => endMs;
    const filling = await openStore(path, { now });
    const perBatch = 5_000;
    for (let from = 0; from < calls; from += perBatch) {
      const llmUsage = Array.from({ length: perBatch }, (_, i) => usageAt(from + i, startMs));
      await filling.write({ producer: "bench", epoch: 1, seq: from, llmUsage });
    }
    await filling.maintain();
    await filling.close();

    const rows: string[][] = [];
    const figures: Figure[] = [];
    for (const [ends, agoMs] of questions) {
      for (const groupBy of [[], ["channel"]] as const) {
        const toMs = endMs - agoMs;
        const query: UsageQuery = { fromMs: toMs - dayMs, toMs, groupBy };
        const name = groupBy.length === 0 ? "of all" : "of each bot";
        const bare: number[] = [];
        const ours: number[] = [];
        for (let run = 0; run < 5; run++) {
          bare.push(bareMs(path, toMs, groupBy));
          const store = await openStore(path, { now, readOnly: true });
          const since = performance.now();
          const totals = await store.usageTotals(query);
          ours.push(performance.now() - since);
          await store.close();
          const found = [...totals].reduce((sum, total) => sum + total.calls, 0);
          if (found !== calls - agoMs / gapMs) throw new Error(`${found} calls, ${ends}`);
        }
        const [b, o] = [medianOf(bare), medianOf(ours)];
        figures.push({ name: `store: totals ${name} until ${ends}, ms`, value: o.median, better: "less" });
        rows.push([
          name,
          ends,
          `${b.median.toFixed(0)} (${b.min.toFixed(0)}–${b.max.toFixed(0)})`,
          `${o.median.toFixed(1)} (${o.min.toFixed(1)}–${o.max.toFixed(1)})`,
        ]);
      }
    }
    return {
      title: "Totals of a day that ends within a busy hour",
      method: `${calls} calls of 200 bots in the last hour, all rolled up. Store: the first question to a store that was just opened. Bare: better-sqlite3 sums the same calls in one statement, without a cost and without percentiles. Medians of five alternating runs, with their spread.`,
      columns: ["totals", "the period ended", "bare, ms", "store, ms"],
      rows,
      figures,
    };
  });
}

function bareMs(path: string, toMs: number, keys: readonly string[]): number {
  const db = new Database(path, { readonly: true });
  try {
    const names = keys.map((key) => `${key}, `).join("");
    const group = keys.length === 0 ? "" : `GROUP BY ${keys.join(", ")}`;
    const since = performance.now();
    db.prepare(
      `SELECT ${names} count(*), total(tokens_in), total(tokens_out), total(latency_ms) FROM llm_usage WHERE ts < ? ${group}`,
    ).all(new Date(toMs).toISOString().slice(0, -1));
    return performance.now() - since;
  } finally {
    db.close();
  }
}
