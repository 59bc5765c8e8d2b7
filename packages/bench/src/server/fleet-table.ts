import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Table } from "../table.js";
import { percent, short } from "./cell.js";
import { quantile } from "./clients-table.js";
import { cores } from "./cores.js";
import { Monitor } from "./monitor.js";
import { Peer } from "./peer.js";

const bots = 10_000;
const everyMs = 15_000;
const measuredMs = 45_000;

/** What a large fleet costs in the steady state. */
export async function fleetTables(): Promise<Table[]> {
  const monitor = await Monitor.start({ flags: ["--metrics-interval", "15s"] });
  try {
    const load = await Peer.start(new URL("./bots-load.ts", import.meta.url), cores.load);
    try {
      await load.ask("fleet", { socketPath: monitor.socketPath, count: bots, everyMs });
      await delay(3_000);
      await monitor.ask("watchDelays");
      const cpu = monitor.cpuTime();
      const since = performance.now();
      const toApi: number[] = [];
      let nextScrapeMs = 0;
      while (performance.now() - since < measuredMs) {
        if (performance.now() - since >= nextScrapeMs) {
          nextScrapeMs += everyMs;
          await (await fetch(`${monitor.url}/metrics`)).text();
        }
        toApi.push(await beatToApi(monitor, toApi.length));
        await delay(200);
      }
      const wallNs = (performance.now() - since) * 1e6;
      const after = monitor.cpuTime();
      const { p99Ms, maxMs } = await monitor.ask<{ p99Ms: number; maxMs: number }>("delays");
      return [
        {
          title: "10,000 connected bots",
          method: `A heartbeat per bot and ${everyMs / 1_000} s, evenly spread; pids that no process has, sampled every 15 s; /metrics scraped every 15 s. One run of ${measuredMs / 1_000} s; the shares are of one core and include the looks at the event loop each millisecond. Beat to API: a bot of its own registers, and is asked for at /api/v1/bots?limit=1 until it is there, ${toApi.length} times. ${cores.text}`,
          columns: [
            ...["main thread", "process", "RSS MB", "event-loop delay p99 ms", "longest ms"],
            ...["beat to API p50 ms", "p99 ms"],
          ],
          rows: [
            [
              ...[percent((after.main - cpu.main) / wallNs), percent((after.all - cpu.all) / wallNs)],
              ...[monitor.residentMb(), p99Ms, maxMs, quantile(toApi, 0.5), quantile(toApi, 0.99)].map(short),
            ],
          ],
        },
      ];
    } finally {
      await load.stop();
    }
  } finally {
    await monitor.stop();
  }
}

/** Each time a new bot, which sorts before all others: so a page of one tells whether it is there. */
async function beatToApi({ socketPath, url }: Monitor, i: number): Promise<number> {
  const channel = `a${String(100_000 - i)}`;
  const socket = connect(socketPath);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const since = performance.now();
  socket.write(`${JSON.stringify({ type: "heartbeat", channel, pid: 6_000_000 + i })}\n`);
  for (;;) {
    const body = await (await fetch(`${url}/api/v1/bots?limit=1`)).text();
    const ms = performance.now() - since;
    if (body.includes(`"${channel}"`) || ms > 10_000) {
      socket.destroy();
      return ms;
    }
  }
}
