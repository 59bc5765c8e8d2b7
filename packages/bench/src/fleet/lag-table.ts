import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "@kissbot/store";
import { until } from "../../../testkit/src/until.js";
import { percentileOf } from "../server/percentile.js";
import { withDatabase } from "../store/scratch.js";
import { usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import { type FleetStage, forward } from "./fleet-stage.js";

const rowsPerSecond = 200;
/** Marks of rows that are written while others are sent. */
const liveMark = 1_000_000;

/** From the call of `write` until the row is seen in PostgreSQL, in milliseconds. */
async function lags(stage: FleetStage, backlog: number, seconds: number): Promise<number[]> {
  return await withDatabase(async (path) => {
    const url = await stage.schema();
    const link = stage.link(url);
    const store = await openStore(path, { maxPendingRows: backlog + 10_000 });
    const nowMs = Date.now();
    let seq = 0;
    for (let from = 0; from < backlog; from += 5_000) {
      const llmUsage = Array.from({ length: 5_000 }, (_, i) => usageAt(from + i, nowMs - 3_600_000));
      await store.write({ producer: "bench", epoch: 1, seq: ++seq, llmUsage });
    }
    const forwarding = forward(path, url);
    await until("it sends", () => forwarding.status.state !== "connecting");
    const writtenAt: number[] = [];
    const seenAt: number[] = [];
    let isOver = false;
    const looking = (async () => {
      const question = `SELECT coalesce(max(tokens_in), 0) - ${liveMark} FROM ${link.url.schema}.llm_usage WHERE ts >= '${new Date(nowMs).toISOString()}' AND tokens_in >= ${liveMark}`;
      while (!isOver || seenAt.length < writtenAt.length) {
        const newest = await stage.number(link, question);
        for (let i = seenAt.length; i <= newest; i++) seenAt.push(performance.now());
        await delay(2);
      }
    })();
    const sinceMs = performance.now();
    const writing: Promise<unknown>[] = [];
    for (let i = 0; i < rowsPerSecond * seconds; i++) {
      const dueMs = sinceMs + (i * 1_000) / rowsPerSecond;
      if (dueMs > performance.now()) await delay(dueMs - performance.now());
      const row = { ...usageAt(i, nowMs), tsMs: Date.now(), tokensIn: liveMark + i };
      writtenAt.push(performance.now());
      writing.push(store.write({ producer: "bench", epoch: 1, seq: ++seq, llmUsage: [row] }));
    }
    await Promise.all(writing);
    isOver = true;
    await looking;
    await forwarding.close();
    await store.close();
    return writtenAt.map((ms, i) => (seenAt[i] ?? 0) - ms);
  });
}

export async function lagTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const seconds = isQuick ? 1 : 8;
  const backlog = isQuick ? 5_000 : 200_000;
  const rows: string[][] = [];
  for (const [name, waiting] of [
    ["nothing else waits", 0],
    [`${backlog.toLocaleString("en")} older rows wait`, backlog],
  ] as const) {
    const found = (await lags(stage, waiting, seconds)).sort((a, b) => a - b);
    rows.push([name, ...[0.5, 0.99, 1].map((at) => percentileOf(found, at).toFixed(0))]);
  }
  return {
    title: "From the write to the fleet database",
    method: `${rowsPerSecond} calls a second, one a write, for ${seconds} s: from the call of \`write\` until another connection, which looks every few milliseconds, has seen the row in PostgreSQL. The sender looks for news four times a second.`,
    columns: ["while", "p50, ms", "p99, ms", "most, ms"],
    rows,
  };
}
