import { monitorEventLoopDelay } from "node:perf_hooks";
import { openStore } from "@kissbot/store";
import { percentileOf } from "../server/percentile.js";
import { withDatabase } from "../store/scratch.js";
import { usageAt } from "../store/table-rows.js";
import type { Table } from "../table.js";
import { type FleetStage, forward, untilSent } from "./fleet-stage.js";

const rowsPerCommit = 20;
const firstCommits = 50;
/** Nobody listens there. */
const absentPort = 1;

/**
 * What the host has for a fleet database. The second `alone` says how much chance is in a ratio.
 */
const cases = ["alone", "frozen", "absent", "alone again"] as const;
type Case = (typeof cases)[number];

/** What was measured of a case in all its turns. */
interface Found {
  readonly commitsMs: number[];
  readonly loopP99sMs: number[];
}

/** One commit after the other. `absent`: nobody listens where the database should be. */
async function commits(stage: FleetStage, which: Case, count: number, found: Found): Promise<void> {
  await withDatabase(async (path) => {
    const store = await openStore(path);
    let seq = 0;
    const write = () => {
      const llmUsage = Array.from({ length: rowsPerCommit }, (_, i) => usageAt(i, Date.now()));
      return store.write({ producer: "bench", epoch: 1, seq: ++seq, llmUsage });
    };
    const url = await stage.schema();
    const forwarding =
      which === "frozen"
        ? forward(path, url)
        : which === "absent"
          ? forward(path, stage.byTcp(url, absentPort))
          : null;
    for (let i = 0; i < firstCommits; i++) await write();
    if (which === "frozen" && forwarding !== null)
      await untilSent(stage, stage.link(url), forwarding, firstCommits * rowsPerCommit);
    const frozen = which === "frozen" ? stage.freeze() : [];
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    for (let i = 0; i < count; i++) {
      const since = performance.now();
      await write();
      found.commitsMs.push(performance.now() - since);
    }
    loop.disable();
    found.loopP99sMs.push(loop.percentile(99) / 1e6);
    stage.unfreeze(frozen);
    await forwarding?.close();
    await store.close();
  });
}

export async function frozenTable(stage: FleetStage, isQuick: boolean): Promise<Table> {
  const count = isQuick ? 50 : 500;
  const turns = isQuick ? 1 : 12;
  const found = Object.fromEntries(
    cases.map((which) => [which, { commitsMs: [], loopP99sMs: [] }]),
  ) as unknown as Record<Case, Found>;
  for (let turn = 0; turn < turns; turn++) {
    // Whoever goes first pays for what the turn before has left on its way to the disk.
    for (let i = 0; i < cases.length; i++) {
      const which = cases[(turn + i) % cases.length] as Case;
      await commits(stage, which, count, found[which]);
    }
  }
  const row = (name: string, figureOf: (found: Found) => number) => {
    const figures = cases.map((which) => figureOf(found[which]));
    const [alone = 1, frozen = 0, absent = 0, again = 0] = figures;
    const both = (alone + again) / 2;
    const ratios = [frozen / both, absent / both, again / alone];
    return [name, ...[both, frozen, absent, ...ratios].map((figure) => figure.toFixed(2))];
  };
  const commitAt = (share: number) => (one: Found) => percentileOf(one.commitsMs, share);
  return {
    title: "A host while its fleet database is frozen or absent",
    method: `Commits of ${rowsPerCommit} calls, one after the other: without a fleet database, with one whose processes are all stopped (SIGSTOP) once the first rows are there, with one where nobody listens, and once more without; ${turns} times in turn, ${count} commits each. Percentiles of all commits of a case; of the loop's delay, the mean of its p99s. The last column is what chance alone makes of a ratio.`,
    columns: ["figure", "alone", "frozen", "absent", "frozen to alone", "absent to alone", "alone to alone"],
    rows: [
      row("commit p50, ms", commitAt(0.5)),
      row("commit p99, ms", commitAt(0.99)),
      row("loop delay p99, ms", ({ loopP99sMs }) => loopP99sMs.reduce((a, b) => a + b) / loopP99sMs.length),
    ],
  };
}
