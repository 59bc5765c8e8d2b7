import { medianOf } from "../median.js";
import type { Table } from "../table.js";
import { cellOf, ratiosOf } from "./cell.js";
import type { Bots } from "./client-load.js";
import { cores } from "./cores.js";
import { settle } from "./lines.js";
import { Monitor } from "./monitor.js";
import { Peer } from "./peer.js";
import { percentileOf } from "./percentile.js";

const runs = 5;
const clients = 1_000;
const processes = 4;
const beats = 20;
const headStartMs = 20;

interface Answer {
  readonly durationsMs: readonly number[];
  readonly failed: number;
}

interface Figures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly failed: number;
}

/** 1,000 bots over persistent connections that beat in the same instant. */
export async function clientsTable(): Promise<Table> {
  const ours: Figures[] = [];
  const bare: Figures[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await measure(true));
    ours.push(await measure(false));
  }
  const row = (name: string, figures: readonly Figures[]) => {
    const cell = (one: (figures: Figures) => number) => cellOf(figures.map(one));
    return [
      name,
      cell(({ p50Ms }) => p50Ms),
      cell(({ p99Ms }) => p99Ms),
      cell(({ maxMs }) => maxMs),
      String(figures.reduce((sum, { failed }) => sum + failed, 0)),
    ];
  };
  return {
    title: "1,000 bots that beat in the same instant, over their connections",
    method: `${clients.toLocaleString("en")} clients of \`@kissbot/client\` in ${processes} processes, which begin in the same instant, ${beats} times: from the call of \`heartbeat()\` to its resolution. Beside it as many bare sockets: \`JSON.stringify\` of a line, \`write\`, until its callback. All processes share the load's core, so each write waits for those before it. Failed resolved with false, over all runs. Median of ${runs} runs in turn (least to most); old clients at once are in the table above. ${cores.text}`,
    columns: ["client", "p50, ms", "p99, ms", "max, ms", "failed"],
    rows: [row("@kissbot/client", ours), row("bare socket", bare)],
    figures: (["p50Ms", "p99Ms"] as const).map((key) => ({
      name: `server: 1,000 clients that beat at once, ${key.slice(0, 3)} to bare`,
      value: medianOf(
        ratiosOf(
          ours.map((one) => one[key]),
          bare.map((one) => one[key]),
        ),
      ).median,
      better: "less",
    })),
  };
}

async function measure(bare: boolean): Promise<Figures> {
  const monitor = await Monitor.start();
  const script = new URL("./client-load.ts", import.meta.url);
  const loads = await Promise.all(Array.from({ length: processes }, () => Peer.start(script, cores.load)));
  try {
    const { socketPath } = monitor;
    const count = clients / processes;
    await Promise.all(
      loads.map((load, i) =>
        load.ask("connect", { socketPath, count, from: i * count, bare } satisfies Bots),
      ),
    );
    const durationsMs: number[] = [];
    let failed = 0;
    // The first beat measures what the compiler needs.
    for (let beat = -1; beat < beats; beat++) {
      const atMs = Date.now() + headStartMs;
      const answers = await Promise.all(loads.map((load) => load.ask<Answer>("beat", { atMs })));
      if (beat < 0) continue;
      durationsMs.push(...answers.flatMap((answer) => answer.durationsMs));
      failed += answers.reduce((sum, answer) => sum + answer.failed, 0);
    }
    await settle(monitor, clients * (beats + (bare ? 1 : 2)), performance.now());
    return {
      p50Ms: percentileOf(durationsMs, 0.5),
      p99Ms: percentileOf(durationsMs, 0.99),
      maxMs: percentileOf(durationsMs, 1),
      failed,
    };
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await monitor.stop();
  }
}
