import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { moveCursor, Statement } from "../../../store/src/postgres/statement.js";
import { addUsage } from "../../../store/src/postgres/usage-parts.js";
import { RecordTable } from "../../../store/src/record-table.js";
import { records } from "../../../store/src/records.js";
import { type Median, medianOf } from "../median.js";
import { withDatabase } from "../store/scratch.js";
import { usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import { DelayingProxy } from "./delaying-proxy.js";
import { type FleetStage, forward, untilSent } from "./fleet-stage.js";

const batchRows = 5_000;
const farMs = 30;
const mb = 1_048_576;
const startMs = Date.now() - 3_600_000;

interface CatchUp {
  readonly rate: number;
  readonly processUsPerRow: number;
  readonly backendUsPerRow: number;
  readonly mainBusy: number;
  readonly loopP99Ms: number;
  readonly rssMb: number;
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** A file with so many calls that were never sent. */
async function fill(path: string, rows: number): Promise<void> {
  const store = await openStore(path, { maxPendingRows: rows });
  for (let from = 0; from < rows; from += 5_000) {
    const llmUsage = range(from, Math.min(5_000, rows - from)).map((i) => usageAt(i, startMs));
    await store.write({ producer: "bench", epoch: 1, seq: 1 + from, llmUsage });
  }
  await store.close();
}

/** The whole way: from the file, by its thread, to the last row with its sums. */
async function catchUp(stage: FleetStage, path: string, rows: number, port?: number): Promise<CatchUp> {
  const url = await stage.schema();
  const link = stage.link(url);
  const rssBefore = process.memoryUsage.rss();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const busyBefore = performance.eventLoopUtilization();
  const cpuBefore = process.cpuUsage();
  const sinceMs = Date.now();
  const forwarding = forward(path, port === undefined ? url : stage.byTcp(url, port));
  const elapsedMs = (await untilSent(stage, link, forwarding, rows)) - sinceMs;
  const cpu = process.cpuUsage(cpuBefore);
  const { active } = performance.eventLoopUtilization(busyBefore);
  loop.disable();
  const rssMb = (process.memoryUsage.rss() - rssBefore) / mb;
  const backendMs = await stage.backendMs(link, "kissbot-monitor");
  await forwarding.close();
  return {
    rate: (rows / elapsedMs) * 1_000,
    processUsPerRow: (cpu.user + cpu.system) / rows,
    backendUsPerRow: (backendMs / rows) * 1_000,
    mainBusy: active / elapsedMs,
    loopP99Ms: loop.percentile(99) / 1e6,
    rssMb,
  };
}

/** The same statement without a file to read from: the table is made before. */
async function bareRate(stage: FleetStage, rows: number): Promise<number> {
  const url = await stage.schema();
  const link = stage.link(url);
  const { schema } = link.url;
  await link.script(`INSERT INTO ${schema}.cursors VALUES (1, 'usage', 1, 0, '{}')`);
  const tables = range(0, rows / batchRows).map((b) => {
    const table = new RecordTable(records.llmUsage, batchRows);
    table.append(range(b * batchRows, batchRows).map((i) => usageAt(i, startMs)));
    return table;
  });
  const since = performance.now();
  for (const [b, table] of tables.entries()) {
    const statement = new Statement(schema);
    const place = { hostNo: 1, source: "usage", opening: 1, version: b };
    moveCursor(statement, place, [1, (b + 1) * batchRows]);
    addUsage(statement, table);
    await link.rows(statement.text("SELECT (SELECT count(*) FROM moved)::int AS moved"), statement.values);
  }
  return (rows / (performance.now() - since)) * 1_000;
}

export async function catchUpTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const rows = isQuick ? 5_000 : 200_000;
  const farRows = isQuick ? 2_000 : 100_000;
  const runs = isQuick ? 1 : 3;
  const bare: number[] = [];
  const near: CatchUp[] = [];
  const far: CatchUp[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await bareRate(stage, rows));
    await withDatabase(async (path) => {
      await fill(path, rows);
      near.push(await catchUp(stage, path, rows));
    });
    await withDatabase(async (path) => {
      await fill(path, farRows);
      await using proxy = await DelayingProxy.start(stage.server.port, farMs);
      far.push(await catchUp(stage, path, farRows, proxy.port));
    });
  }
  const ratio = medianOf(near.map(({ rate }, i) => rate / (bare[i] ?? 1)));
  const of = (list: readonly CatchUp[], field: keyof CatchUp) => medianOf(list.map((one) => one[field]));
  return {
    title: "Catching up with a fleet database",
    method: `${rows.toLocaleString("en")} calls of 200 bots that a file has and PostgreSQL lacks, one connection, statements of up to 5,000 rows with their sums by the hour, fsync on. Bare: the same statement with tables that are made before, without file and thread, in turn. Process: all its threads. Backend: that of the connection. Busy: the main thread, which starts the thread and hears its status. From the start of the thread to the commit of the last statement. With a round trip of ${farMs} ms: ${farRows.toLocaleString("en")} calls, and the proxy's work counts as the process's. Medians of ${runs} (least to most).`,
    columns: ["figure", "measured"],
    rows: [
      ["bare, rows/s", thousands(medianOf(bare))],
      ["whole way, rows/s", thousands(of(near, "rate"))],
      ["whole way to bare", spread(ratio, 2)],
      ["process, µs a row", spread(of(near, "processUsPerRow"), 1)],
      ["backend, µs a row", spread(of(near, "backendUsPerRow"), 1)],
      ["main thread, busy, %", spread(scaled(of(near, "mainBusy"), 100), 1)],
      ["loop delay p99, ms", spread(of(near, "loopP99Ms"), 1)],
      ["resident memory, MB more", spread(of(near, "rssMb"), 0)],
      [`round trip ${farMs} ms, rows/s`, thousands(of(far, "rate"))],
    ],
    figures: [{ name: "fleet: catching up, rows/s to bare", value: ratio.median, better: "more" }],
  };
}

const scaled = ({ median, min, max }: Median, by: number): Median => ({
  median: median * by,
  min: min * by,
  max: max * by,
});
export const spread = ({ median, min, max }: Median, digits: number) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
const thousands = ({ median, min, max }: Median) => `${k(median)} (${k(min)}–${k(max)})`;
const k = (value: number) => `${(value / 1_000).toFixed(1)} k`;
