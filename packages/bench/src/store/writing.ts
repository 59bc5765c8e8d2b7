import { openStore } from "@kissbot/store";
import { type Median, medianOf } from "../median.js";
import type { Figure, Table } from "../table.js";
import { Database } from "./driver.js";
import { withDatabase } from "./scratch.js";
import { metricAt, usageAt } from "./table-rows.js";

const startMs = Date.UTC(2026, 4, 20, 8);
const runs = 3;
/** Batches that are under way at once, as the server's worker keeps them. */
const inFlight = 4;

interface Kind {
  readonly table: "llm_usage" | "bot_metrics";
  readonly columns: readonly string[];
  readonly values: (i: number) => unknown[];
  readonly batch: (from: number, count: number) => object;
}

const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 23)}000+00:00`;
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

const kinds: readonly Kind[] = [
  {
    table: "llm_usage",
    columns: ["ts", "channel", "model", "feature", "tokens_in", "tokens_out", "latency_ms"],
    values: (i) => {
      const row = usageAt(i, startMs);
      return [iso(row.tsMs), row.channel, row.model, row.feature, row.tokensIn, row.tokensOut, row.latencyMs];
    },
    batch: (from, count) => ({ llmUsage: range(from, count).map((i) => usageAt(i, startMs)) }),
  },
  {
    table: "bot_metrics",
    columns: ["ts", "channel", "pid", "rss_mb", "cpu_pct", "features_json"],
    values: (i) => {
      const row = metricAt(i, startMs);
      return [iso(row.tsMs), row.channel, row.pid, row.rssMb, row.cpuPct, row.featuresJson];
    },
    batch: (from, count) => ({ botMetrics: range(from, count).map((i) => metricAt(i, startMs)) }),
  },
];

/**
 * Rows per second of the loop anybody would write: the same table and index, WAL, FULL, one
 * transaction per batch, no rollups and no ledger.
 */
async function bareRate(kind: Kind, rows: number, batchRows: number): Promise<number> {
  return await withDatabase(async (path) => {
    await (await openStore(path)).close();
    const db = new Database(path);
    db.pragma("synchronous = FULL");
    const insert = db.prepare(
      `INSERT INTO ${kind.table} (${kind.columns.join(", ")}) VALUES (${kind.columns.map(() => "?").join(", ")})`,
    );
    const batches = range(0, rows / batchRows).map((b) => range(b * batchRows, batchRows).map(kind.values));
    const commit = db.transaction((values: unknown[][]) => {
      for (const row of values) insert.run(row);
    });
    const since = performance.now();
    for (const values of batches) commit(values);
    const elapsedMs = performance.now() - since;
    db.close();
    return (rows / elapsedMs) * 1_000;
  });
}

interface StoreRun {
  readonly rate: number;
  readonly mainNsPerRow: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

/**
 * The whole work: until every batch is acknowledged, and `maintain()` has rolled up the last row.
 */
async function storeRun(kind: Kind, rows: number, batchRows: number): Promise<StoreRun> {
  return await withDatabase(async (path) => {
    const store = await openStore(path, { now: () => startMs, maxPendingRows: rows });
    const batches = range(0, rows / batchRows).map((b) => kind.batch(b * batchRows, batchRows));
    const delays: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      delays.push(Math.max(0, now - last - 1));
      last = now;
    }, 1);
    let inCallsMs = 0;
    let next = 0;
    const worker = async () => {
      for (let b = next++; b < batches.length; b = next++) {
        const called = performance.now();
        const writing = store.write({ producer: "bench", epoch: 1, seq: b, ...batches[b] });
        inCallsMs += performance.now() - called;
        await writing;
      }
    };
    const since = performance.now();
    await Promise.all(range(0, inFlight).map(worker));
    await store.maintain();
    const elapsedMs = performance.now() - since;
    clearInterval(timer);
    await store.close();
    delays.sort((a, b) => a - b);
    return {
      rate: (rows / elapsedMs) * 1_000,
      mainNsPerRow: (inCallsMs / rows) * 1e6,
      delayP99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0,
      delayMaxMs: delays.at(-1) ?? 0,
    };
  });
}

const thousands = ({ median, min, max }: Median) => `${k(median)} (${k(min)}–${k(max)})`;
const k = (value: number) => `${(value / 1_000).toFixed(1)} k`;

/** Batch sizes from one row up, and how many rows each run writes. */
const sizes: readonly (readonly [batchRows: number, rows: number])[] = [
  [1, 2_000],
  [100, 40_000],
  [1_000, 100_000],
  [5_000, 100_000],
];

export async function writingTables(): Promise<Table[]> {
  const rows: string[][] = [];
  const figures: Figure[] = [];
  for (const kind of kinds) {
    for (const [batchRows, count] of sizes) {
      const bare: number[] = [];
      const store: StoreRun[] = [];
      for (let run = 0; run < runs; run++) {
        bare.push(await bareRate(kind, count, batchRows));
        store.push(await storeRun(kind, count, batchRows));
      }
      const ratios = medianOf(store.map(({ rate }, i) => rate / (bare[i] ?? 1)));
      const name = `store: ${kind.table}, ${batchRows} a batch, rows/s to bare`;
      figures.push({ name, value: ratios.median, better: "more" });
      rows.push([
        kind.table,
        String(batchRows),
        thousands(medianOf(bare)),
        thousands(medianOf(store.map(({ rate }) => rate))),
        `${ratios.median.toFixed(2)} (${ratios.min.toFixed(2)}–${ratios.max.toFixed(2)})`,
        medianOf(store.map(({ mainNsPerRow }) => mainNsPerRow)).median.toFixed(0),
        medianOf(store.map(({ delayP99Ms }) => delayP99Ms)).median.toFixed(1),
        medianOf(store.map(({ delayMaxMs }) => delayMaxMs)).median.toFixed(1),
      ]);
    }
  }
  return [
    {
      title: "Rows committed",
      method:
        "Bare: better-sqlite3 in one thread, the same table and index, WAL, synchronous FULL, one transaction per batch. Store: ledger and rollups included, four batches under way, until the last row is rolled up. 200 bots; medians of three alternating runs, with their spread. Main thread: time inside the calls of write.",
      columns: [
        "table",
        "batch",
        "bare, rows/s",
        "store, rows/s",
        "ratio",
        "main thread, ns/row",
        "loop delay p99, ms",
        "max, ms",
      ],
      rows,
      figures,
    },
  ];
}
