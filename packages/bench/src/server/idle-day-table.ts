import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "@kissbot/store";
import type { Table } from "../table.js";
import { BareIdleDay } from "./bare-idle-day.js";
import { short } from "./cell.js";
import { type IdleCommit, idleChannel, idleCommits, idleDay, idleSamples } from "./idle-day.js";
import { writtenBytesOf } from "./process-figures.js";

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
  const { dayMs, heardMs, roundsPerCommit, sampleMs } = idleDay;
  const aDay = dayMs / sampleMs;
  const rows: string[][] = [];
  for (const [database, before] of [
    ["new", 0],
    ["with a day of samples", aDay],
  ] as const) {
    for (const [writer, replayed] of [
      ["", replay],
      [", bare", bareReplay],
    ] as const) {
      const { heard, samples, rollups } = await day(before, replayed);
      const megabytes = [heard, samples, rollups].map((bytes) => short(bytes / 1e6));
      rows.push([`${database}${writer}`, ...megabytes, short((heard + samples + rollups) / 1e9)]);
    }
  }
  return {
    title: "A day of 50 idle bots, replayed",
    method: `The commits of a day, as the monitor groups them: who was heard, every ${heardMs / 1_000} s; ${roundsPerCommit} samples of each bot, every ${(roundsPerCommit * sampleMs) / 60_000} minutes; rollups, once an hour. \`write_bytes\` of the process, copies of the log included. The old database has a day of samples. Bare: better-sqlite3 in place of the store. At the same times it changes \`last_seen\` of the same bots and adds the same samples, in the same tables and index. It copies the log whenever it has 8 MB, and writes nothing else. So that is what these tables take at such intervals.`,
    columns: ["database", "heartbeats, MB", "samples, MB", "rollups, MB", "all, GB a day"],
    rows,
  };
}

/** The day that begins then, into the database at that path. */
type Replay = (path: string, startMs: number) => Promise<Written>;

async function day(samplesBefore: number, replayed: Replay): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
  const path = join(folder, "monitor.db");
  try {
    const startMs = Date.now() - idleDay.dayMs;
    await fill(path, samplesBefore, startMs);
    return await replayed(path, startMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replay(path: string, startMs: number): Promise<Written> {
  await using store = await openStore(path);
  const life = { producer: "host", epoch: startMs };
  let seq = 0;
  return await written(startMs, async (commit) => {
    if (commit.kind === "rollups") return await store.maintain();
    const rows =
      commit.kind === "heard"
        ? { bots: commit.bots.map((i) => recordOf(i, startMs, commit.atMs)) }
        : { botMetrics: samplesOfAll(commit.fromMs) };
    return await store.write({ ...life, seq: ++seq, ...rows });
  });
}

async function bareReplay(path: string, startMs: number): Promise<Written> {
  const bare = new BareIdleDay(path);
  try {
    return await written(startMs, async (commit) => bare.write(commit));
  } finally {
    bare.close();
  }
}

async function written(startMs: number, write: (commit: IdleCommit) => Promise<unknown>): Promise<Written> {
  const all: Written = { heard: 0, samples: 0, rollups: 0 };
  for (const commit of idleCommits(startMs)) {
    const before = writtenBytesOf(process.pid);
    await write(commit);
    all[commit.kind] += writtenBytesOf(process.pid) - before;
  }
  return all;
}

/** Writes all bots and `rounds` rounds of samples, and rolls them up. */
async function fill(path: string, rounds: number, endMs: number): Promise<void> {
  await using store = await openStore(path);
  const { bots, roundsPerCommit, sampleMs } = idleDay;
  const all = Array.from({ length: bots }, (_, i) => recordOf(i, endMs, endMs));
  await store.write({ producer: "before", epoch: 1, seq: 1, bots: all });
  for (let from = 0; from < rounds; from += roundsPerCommit) {
    const botMetrics = samplesOfAll(endMs - (rounds - from) * sampleMs);
    await store.write({ producer: "before", epoch: 1, seq: 2 + from, botMetrics });
  }
  await store.maintain();
}

function samplesOfAll(fromMs: number) {
  return Array.from({ length: idleDay.bots }, (_, i) => idleSamples(i, fromMs)).flat();
}

function recordOf(bot: number, sinceMs: number, lastSeenMs: number) {
  return {
    channel: idleChannel(bot),
    pid: 100_000 + bot,
    status: "online" as const,
    featuresJson: idleDay.features,
    registeredAtMs: sinceMs,
    lastSeenMs,
    statusSinceMs: sinceMs,
    cause: "registered",
    causeCode: "registered" as const,
    startedAtMs: sinceMs - 1_000,
    processSeen: true,
    lastCpuPct: 0.0625,
    lastRssMb: 50.25,
    intervalS: idleDay.beatMs / 1_000,
  };
}
