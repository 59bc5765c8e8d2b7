import { statSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { medianOf } from "../median.js";
import type { Figure, Table } from "../table.js";
import { withDatabase } from "./scratch.js";

const bots = 200;
const days = 7;
const minuteMs = 60_000;
const samples = days * 24 * 60;
const endMs = Date.UTC(2026, 4, 20, 8);
const startMs = endMs - samples * minuteMs;

/**
 * A week of 200 bots at a sample a minute, written through the store; then each chart by a store
 * that was opened for it.
 */
export async function chartTables(): Promise<Table[]> {
  return await withDatabase(async (path) => {
    const now = () => endMs;
    const filling = await openStore(path, { now });
    const perBatch = 25;
    for (let from = 0; from < samples; from += perBatch) {
      const botMetrics = Array.from({ length: Math.min(perBatch, samples - from) * bots }, (_, i) => ({
        tsMs: startMs + (from + Math.floor(i / bots)) * minuteMs + (i % bots) * 100,
        channel: `channel_${i % bots}`,
        pid: 1_000 + (i % bots),
        rssMb: 50 + ((i * 31) % 400) / 4,
        cpuPct: ((i * 17) % 100) / 4,
        featuresJson: '{"chat":true}',
      }));
      await filling.write({ producer: "bench", epoch: 1, seq: from, botMetrics });
    }
    await filling.maintain();
    await filling.close();
    const bytes = statSync(path).size;

    const week = { fromMs: startMs, toMs: endMs };
    const charts: readonly (readonly [
      string,
      (store: Awaited<ReturnType<typeof openStore>>) => Promise<{ resolution: string; bucketMs: number }>,
    ])[] = [
      ["one bot, 300 points", (store) => store.metricSeries({ ...week, channels: ["channel_77"] })],
      [
        "one bot, 1 000 points",
        (store) => store.metricSeries({ ...week, channels: ["channel_77"], points: 1_000 }),
      ],
      ["the fleet, summed", (store) => store.fleetSeries(week)],
      ["the fleet, a series per bot", (store) => store.metricSeries(week)],
    ];
    const rows: string[][] = [];
    const figures: Figure[] = [];
    for (const [name, ask] of charts) {
      const times: number[] = [];
      let source = "";
      for (let run = 0; run < 5; run++) {
        const store = await openStore(path, { now });
        const since = performance.now();
        const { resolution, bucketMs } = await ask(store);
        times.push(performance.now() - since);
        source = `${resolution}, ${bucketMs / minuteMs} min`;
        await store.close();
      }
      const { median, min, max } = medianOf(times);
      figures.push({ name: `store: chart of ${name}, ms`, value: median, better: "less" });
      rows.push([name, source, median.toFixed(1), `${min.toFixed(1)}–${max.toFixed(1)}`]);
    }
    const total = bots * samples;
    return [
      {
        title: "Seven days of 200 bots at a sample a minute",
        method: `${total} rows. The first call of a store that was just opened, five times each. The file takes ${(bytes / total).toFixed(0)} bytes per row, its index and both rollups included.`,
        columns: ["chart", "read from", "first call, ms", "spread"],
        rows,
        figures,
      },
    ];
  });
}
