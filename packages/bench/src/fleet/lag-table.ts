import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "@kissbot/store";
import { until } from "../../../testkit/src/until.js";
import { percentileOf } from "../server/percentile.js";
import { withDatabase } from "../store/scratch.js";
import { usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import { type FleetStage, forward } from "./fleet-stage.js";

const rowsPerSecond = 200;
/** Each so many calls a change of status is written. */
const callsPerChange = 40;
/** Marks of rows that are written while others are sent. */
const liveMark = 1_000_000;

/** In milliseconds. */
interface Lags {
  readonly calls: number[];
  readonly changes: number[];
}

/** When the rows of a kind were written, and when they were seen in PostgreSQL. */
class Seen {
  readonly #writtenMs: number[] = [];
  readonly #seenMs: number[] = [];

  get isComplete(): boolean {
    return this.#seenMs.length >= this.#writtenMs.length;
  }

  noteWritten(): void {
    this.#writtenMs.push(performance.now());
  }

  /** Rows up to this one, from 0, are there. */
  noteSeen(newest: number): void {
    while (this.#seenMs.length <= newest) this.#seenMs.push(performance.now());
  }

  lags(): number[] {
    return this.#writtenMs.map((ms, i) => (this.#seenMs[i] ?? Number.NaN) - ms);
  }
}

/** From the call of `write` until the row is seen. */
async function lags(stage: FleetStage, backlog: number, seconds: number): Promise<Lags> {
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
    const calls = new Seen();
    const changes = new Seen();
    let isOver = false;
    const looking = (async () => {
      const { schema } = link.url;
      const newestCall = `SELECT coalesce(max(tokens_in), 0) - ${liveMark} FROM ${schema}.llm_usage WHERE ts >= '${new Date(nowMs).toISOString()}' AND tokens_in >= ${liveMark}`;
      const newestChange = `SELECT coalesce(max(pid), 0) - 1 FROM ${schema}.status_history`;
      while (!isOver || !calls.isComplete || !changes.isComplete) {
        calls.noteSeen(await stage.number(link, newestCall));
        changes.noteSeen(await stage.number(link, newestChange));
        await delay(2);
      }
    })();
    const sinceMs = performance.now();
    const writing: Promise<unknown>[] = [];
    for (let i = 0; i < rowsPerSecond * seconds; i++) {
      const dueMs = sinceMs + (i * 1_000) / rowsPerSecond;
      if (dueMs > performance.now()) await delay(dueMs - performance.now());
      const row = { ...usageAt(i, nowMs), tsMs: Date.now(), tokensIn: liveMark + i };
      calls.noteWritten();
      writing.push(store.write({ producer: "bench", epoch: 1, seq: ++seq, llmUsage: [row] }));
      if (i % callsPerChange !== 0) continue;
      const pid = 1 + i / callsPerChange;
      const change = { channel: "a", pid, from: "online", to: "stale", cause: "bench" } as const;
      changes.noteWritten();
      const statusChanges = [{ ...change, tsMs: Date.now() }];
      writing.push(store.write({ producer: "bench", epoch: 1, seq: ++seq, statusChanges }));
    }
    await Promise.all(writing);
    isOver = true;
    await looking;
    await forwarding.close();
    await store.close();
    return { calls: calls.lags(), changes: changes.lags() };
  });
}

export async function lagTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const seconds = isQuick ? 1 : 8;
  const backlog = isQuick ? 5_000 : 600_000;
  const rows: string[][] = [];
  for (const [name, waiting] of [
    ["nothing else waits", 0],
    [`${backlog.toLocaleString("en")} older rows wait`, backlog],
  ] as const) {
    const found = await lags(stage, waiting, seconds);
    for (const [kind, list] of [
      ["calls", found.calls],
      ["changes of status", found.changes],
    ] as const) {
      rows.push([`${kind}, ${name}`, ...[0.5, 0.99, 1].map((at) => percentileOf(list, at).toFixed(0))]);
    }
  }
  return {
    title: "From the write to the fleet database",
    method: `${rowsPerSecond} calls a second, one a write, and five changes of status, for ${seconds} s: from the call of \`write\` until another connection, which looks every few milliseconds, has seen the row in PostgreSQL. The sender looks for news four times a second.`,
    columns: ["while", "p50, ms", "p99, ms", "most, ms"],
    rows,
  };
}
