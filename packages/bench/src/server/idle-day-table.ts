import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openStore, type Store } from "@kissbot/store";
import type { Table } from "../table.js";
import { short } from "./cell.js";
import { writtenBytesOf } from "./process-figures.js";

const bots = 50;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const sampleMs = 15_000;
const beatMs = 30_000;
/** As the monitor's writer gathers them. */
const heardMs = 14_200;
const roundsPerCommit = 20;
const features = '{"chat":true,"moderation":false}';

interface Written {
  heard: number;
  samples: number;
  rollups: number;
}

/**
 * A whole day of an idle fleet, its commits replayed one after the other: minutes tell little of
 * what happens once in five minutes, or once an hour.
 */
export async function idleDayTable(): Promise<Table> {
  const fresh = await day(0);
  const grown = await day(dayMs / sampleMs);
  const row = (database: string, { heard, samples, rollups }: Written) => [
    database,
    ...[heard, samples, rollups].map((bytes) => short(bytes / 1e6)),
    short((heard + samples + rollups) / 1e9),
  ];
  return {
    title: "A day of 50 idle bots, replayed",
    method: `The commits of a day, as the monitor groups them: who was heard, every ${heardMs / 1_000} s; ${roundsPerCommit} samples of each bot, every ${(roundsPerCommit * sampleMs) / 60_000} minutes; rollups, once an hour. \`write_bytes\` of the process, copies of the log included. The old database has a day of samples.`,
    columns: ["database", "heartbeats, MB", "samples, MB", "rollups, MB", "all, GB a day"],
    rows: [row("new", fresh), row("with a day of samples", grown)],
  };
}

async function day(samplesBefore: number): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
  try {
    await using store = await openStore(join(folder, "monitor.db"));
    const startMs = Date.now() - dayMs;
    await fill(store, samplesBefore, startMs);
    return await replay(store, startMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replay(store: Store, startMs: number): Promise<Written> {
  const life = { producer: "host", epoch: startMs };
  let seq = 0;
  const written: Written = { heard: 0, samples: 0, rollups: 0 };
  const measured = async (what: keyof Written, write: () => Promise<unknown>) => {
    const before = writtenBytesOf(process.pid);
    await write();
    written[what] += writtenBytesOf(process.pid) - before;
  };
  const all = Array.from({ length: bots }, (_, i) => i);
  const records = (of: readonly number[], atMs: number) => of.map((i) => recordOf(i, startMs, atMs));
  await store.write({ ...life, seq: ++seq, bots: records(all, startMs) });
  const commitMs = roundsPerCommit * sampleMs;
  let [samplesAtMs, rollupAtMs] = [startMs + commitMs, startMs + hourMs];
  for (let atMs = startMs + heardMs; atMs < startMs + dayMs; atMs += heardMs) {
    const heard = all.filter((i) => (atMs - startMs - (i * beatMs) / bots) % beatMs < heardMs);
    await measured("heard", () => store.write({ ...life, seq: ++seq, bots: records(heard, atMs) }));
    if (atMs >= samplesAtMs) {
      const rows = all.flatMap((i) => samplesOf(i, samplesAtMs - commitMs, roundsPerCommit));
      samplesAtMs += commitMs;
      await measured("samples", () => store.write({ ...life, seq: ++seq, botMetrics: rows }));
    }
    if (atMs >= rollupAtMs) {
      rollupAtMs += hourMs;
      await measured("rollups", () => store.maintain());
    }
  }
  return written;
}

async function fill(store: Store, rounds: number, endMs: number): Promise<void> {
  for (let from = 0; from < rounds; from += roundsPerCommit) {
    const fromMs = endMs - (rounds - from) * sampleMs;
    const botMetrics = Array.from({ length: bots }, (_, i) => samplesOf(i, fromMs, roundsPerCommit)).flat();
    await store.write({ producer: "before", epoch: 1, seq: from, botMetrics });
  }
  await store.maintain();
}

function samplesOf(bot: number, fromMs: number, rounds: number) {
  return Array.from({ length: rounds }, (_, round) => ({
    channel: channelOf(bot),
    pid: 100_000 + bot,
    rssMb: 50.25,
    cpuPct: 0.0625,
    tsMs: fromMs + round * sampleMs,
    featuresJson: features,
  }));
}

function recordOf(bot: number, sinceMs: number, lastSeenMs: number) {
  return {
    channel: channelOf(bot),
    pid: 100_000 + bot,
    status: "online" as const,
    featuresJson: features,
    registeredAtMs: sinceMs,
    lastSeenMs,
    statusSinceMs: sinceMs,
    cause: "registered",
    causeCode: "registered" as const,
    startedAtMs: sinceMs - 1_000,
    processSeen: true,
    lastCpuPct: 0.0625,
    lastRssMb: 50.25,
    intervalS: beatMs / 1_000,
  };
}

function channelOf(bot: number): string {
  return `twitch_channel_${bot}`;
}
