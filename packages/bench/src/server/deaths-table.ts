import { setTimeout as delay } from "node:timers/promises";
import type { Table } from "../table.js";
import { cellOf, short } from "./cell.js";
import { cores } from "./cores.js";
import { DeathStream } from "./death-stream.js";
import { HeldBot } from "./held-bot.js";
import { Monitor } from "./monitor.js";
import { percentileOf } from "./percentile.js";

const bots = 200;
const runs = 3;
const lives = 15;
const lifeMs = 900;
const pauseMs = 100;

/** How soon a death is told, and whether each is of a bot that is restarted at once. */
export async function deathsTable(): Promise<Table> {
  const toldMs: number[][] = [];
  const told: number[] = [];
  for (let run = 0; run < runs; run++) {
    toldMs.push(await withMonitor(killAll));
    told.push(await withMonitor(crashLoop));
  }
  return {
    title: "Deaths",
    method: `From \`kill -9\` of a bot until its change to dead is in the stream, of ${bots} bots that are all seen and die one after the other, each a process that holds one connection. And of ${lives} lives of one bot in ${(lives * (lifeMs + pauseMs)) / 1_000} s, each killed, how many ends are in the history. Median of ${runs} runs (least to most). ${cores.text}`,
    columns: ["figure", "measured"],
    rows: [
      [
        "kill to event p50, ms",
        cellOf(
          toldMs.map((ms) => percentileOf(ms, 0.5)),
          short,
        ),
      ],
      [
        "kill to event p99, ms",
        cellOf(
          toldMs.map((ms) => percentileOf(ms, 0.99)),
          short,
        ),
      ],
      [`deaths told, of ${lives}`, cellOf(told, String)],
    ],
  };
}

async function withMonitor<T>(measure: (monitor: Monitor) => Promise<T>): Promise<T> {
  const monitor = await Monitor.start();
  try {
    return await measure(monitor);
  } finally {
    await monitor.stop();
  }
}

async function killAll(monitor: Monitor): Promise<number[]> {
  const fleet: HeldBot[] = [];
  const stream = await DeathStream.open(monitor.url);
  try {
    for (let bot = 0; bot < bots; bot++) fleet.push(await HeldBot.start(monitor.socketPath, `bot-${bot}`));
    await untilSeen(monitor);
    const toldMs: number[] = [];
    for (const bot of fleet) {
      const death = stream.death(bot.channel);
      const sinceMs = performance.now();
      bot.kill();
      toldMs.push((await death) - sinceMs);
      await delay(Math.random() * 100);
    }
    return toldMs;
  } finally {
    for (const bot of fleet) bot.kill();
    stream.close();
  }
}

async function untilSeen(monitor: Monitor): Promise<void> {
  for (;;) {
    const body = (await (await fetch(`${monitor.url}/api/v1/bots`)).json()) as {
      readonly bots: readonly { readonly process_seen: boolean }[];
    };
    if (body.bots.length === bots && body.bots.every(({ process_seen }) => process_seen)) return;
    await delay(100);
  }
}

async function crashLoop(monitor: Monitor): Promise<number> {
  for (let life = 0; life < lives; life++) {
    const bot = await HeldBot.start(monitor.socketPath, "loop");
    await delay(lifeMs);
    bot.kill();
    await delay(pauseMs);
  }
  // The last one has no successor: the end of its connection tells it.
  await delay(1_000);
  const answer = await fetch(`${monitor.url}/api/v1/events?channel=loop&status=dead&limit=1000`);
  return ((await answer.json()) as { readonly events: readonly unknown[] }).events.length;
}
