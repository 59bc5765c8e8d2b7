import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "@kissbot/store";
import type { Table } from "../table.js";
import { short } from "./cell.js";
import { connected } from "./connected.js";
import { Monitor } from "./monitor.js";
import { writtenBytesOf } from "./process-figures.js";
import { Sleepers } from "./sleepers.js";

const bots = 50;
const beatMs = 30_000;
/** The first maintenance, a minute after the start, comes once an hour from then on. */
const settleMs = 90_000;
const measureMs = 4 * 60_000;
const dayMs = 86_400_000;
/** Of each bot, in the database that is not new: what a day leaves. */
const oldSamples = dayMs / 15_000;

/**
 * What a fleet that does nothing makes the monitor write: to a new database, and to one that has a
 * day of samples.
 */
export async function idleTable(): Promise<Table> {
  const fresh = await written(0);
  const grown = await written(oldSamples);
  const perDay = (bytes: number) => `${short((bytes / measureMs) * (dayMs / 1e9))}`;
  return {
    title: "50 idle bots, a beat each in 30 s",
    method: `Connections that are kept, processes that sleep and are looked at every 15 s, nothing else. \`write_bytes\` of the monitor's process over ${measureMs / 60_000} minutes, from ${settleMs / 1_000} s after the last registration on, carried on to a day. The old database has ${oldSamples.toLocaleString("en")} samples of each bot.`,
    columns: ["database", "written, GB a day"],
    rows: [
      ["new", perDay(fresh)],
      ["with a day of samples", perDay(grown)],
    ],
  };
}

async function written(samplesEach: number): Promise<number> {
  const monitor = await Monitor.start({ prepare: (path) => fill(path, samplesEach) });
  const sleepers = await Sleepers.start(bots);
  const beats: NodeJS.Timeout[] = [];
  try {
    for (const [i, pid] of sleepers.pids.entries()) {
      const socket = await connected(monitor.socketPath);
      socket.on("error", () => socket.destroy());
      const say = (message: object) =>
        socket.write(`${JSON.stringify({ channel: channelOf(i), pid, ...message })}\n`);
      say({ type: "register", features: { chat: true, moderation: false }, interval_s: beatMs / 1_000 });
      // Evenly over the interval, as bots are that started at different times.
      await delay(beatMs / bots / 10);
      beats.push(
        setTimeout(
          () => {
            beats.push(setInterval(() => say({ type: "heartbeat" }), beatMs));
          },
          (i * beatMs) / bots,
        ),
      );
    }
    await delay(settleMs);
    const before = writtenBytesOf(monitor.pid);
    await delay(measureMs);
    return writtenBytesOf(monitor.pid) - before;
  } finally {
    for (const timer of beats) clearTimeout(timer);
    await monitor.stop();
    await sleepers.stop();
  }
}

async function fill(path: string, samplesEach: number): Promise<void> {
  if (samplesEach === 0) return;
  await using store = await openStore(path);
  const nowMs = Date.now();
  const perBatch = 50;
  for (let from = 0; from < samplesEach; from += perBatch) {
    const botMetrics = Array.from({ length: perBatch * bots }, (_, n) => ({
      channel: channelOf(n % bots),
      pid: 1,
      rssMb: 50,
      cpuPct: 0,
      tsMs: nowMs - (samplesEach - from - Math.floor(n / bots)) * 15_000,
      featuresJson: '{"chat":true,"moderation":false}',
    }));
    await store.write({ producer: "bench", epoch: 1, seq: from, botMetrics });
  }
  await store.maintain();
}

function channelOf(bot: number): string {
  return `twitch_channel_${bot}`;
}
