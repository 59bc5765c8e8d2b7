import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { medianOf } from "../median.js";
import { percentileOf } from "../server/percentile.js";
import { withDatabase } from "../store/scratch.js";
import { usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import { spread } from "./catch-up-table.js";
import { type FleetStage, forward, untilSent } from "./fleet-stage.js";

interface Local {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopP99Ms: number;
}

const rowsPerCommit = 20;

/** One commit after the other, with or without a fleet database that has stopped to answer. */
async function commits(stage: FleetStage, count: number, isForwarding: boolean): Promise<Local> {
  return await withDatabase(async (path) => {
    const store = await openStore(path);
    let seq = 0;
    const write = () => {
      const llmUsage = Array.from({ length: rowsPerCommit }, (_, i) => usageAt(i, Date.now()));
      return store.write({ producer: "bench", epoch: 1, seq: ++seq, llmUsage });
    };
    const url = await stage.schema();
    const forwarding = isForwarding ? forward(path, url) : null;
    for (let i = 0; i < 50; i++) await write();
    if (forwarding !== null) await untilSent(stage, stage.link(url), 50 * rowsPerCommit);
    const frozen = forwarding === null ? [] : stage.freeze();
    const found: number[] = [];
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    for (let i = 0; i < count; i++) {
      const since = performance.now();
      await write();
      found.push(performance.now() - since);
    }
    loop.disable();
    for (const pid of frozen) process.kill(pid, "SIGCONT");
    await forwarding?.close();
    await store.close();
    found.sort((a, b) => a - b);
    return {
      p50Ms: percentileOf(found, 0.5),
      p99Ms: percentileOf(found, 0.99),
      loopP99Ms: loop.percentile(99) / 1e6,
    };
  });
}

export async function frozenTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const count = isQuick ? 50 : 1_000;
  const runs = isQuick ? 1 : 3;
  const alone: Local[] = [];
  const frozen: Local[] = [];
  for (let run = 0; run < runs; run++) {
    // In turn who goes first.
    for (const isForwarding of run % 2 === 0 ? [false, true] : [true, false]) {
      (isForwarding ? frozen : alone).push(await commits(stage, count, isForwarding));
    }
  }
  const row = (name: string, field: keyof Local) => [
    name,
    spread(medianOf(alone.map((one) => one[field])), 2),
    spread(medianOf(frozen.map((one) => one[field])), 2),
    spread(medianOf(frozen.map((one, i) => one[field] / (alone[i]?.[field] ?? 1))), 2),
  ];
  return {
    title: "A host while its fleet database is frozen",
    method: `${count.toLocaleString("en")} commits of ${rowsPerCommit} calls, one after the other, without a fleet database and with one whose processes are all stopped (SIGSTOP) once the first rows are there; in turn, ${runs} times, medians (least to most).`,
    columns: ["figure", "alone", "frozen fleet database", "ratio"],
    rows: [
      row("commit p50, ms", "p50Ms"),
      row("commit p99, ms", "p99Ms"),
      row("loop delay p99, ms", "loopP99Ms"),
    ],
  };
}
