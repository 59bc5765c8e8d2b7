import { type BotStatus, type StoredBot, statusFromText } from "../bot.js";
import { byText } from "../metric-series.js";
import { msFromText, textFromMs } from "../timestamp.js";
import type { ReadConnection } from "./read-connection.js";

type BotRow = [
  ...[
    channel: string,
    pid: number,
    status: BotStatus,
    featuresJson: string,
    registeredAtMs: number,
    lastSeenMs: number,
  ],
  ...[statusSinceMs: number, startedAtMs: number | null, processSeen: number, restarts: number],
  ...[version: string | null, intervalS: number | null],
];
type OldRow = [
  channel: string,
  pid: number,
  status: string,
  featuresJson: string,
  registeredAt: string,
  lastSeen: string,
];

/**
 * The fleet. We write both tables in one transaction, so where the old one says another pid or other times, a Python monitor wrote it
 * since: then its row is the truth, and what it has no column for is unknown.
 */
export function readFleet(connection: ReadConnection): StoredBot[] {
  const ours = connection.rows(
    `SELECT channel, pid, status, features_json, registered_at_ms, last_seen_ms, status_since_ms, started_at_ms, process_seen,
       restarts, version, interval_s FROM monitor_bots`,
  ) as BotRow[];
  const old = connection.rows(
    "SELECT channel, pid, status, features_json, registered_at, last_seen FROM bot_status",
  ) as OldRow[];
  const fleet = new Map(ours.map((row) => [row[0], botFromRow(row)]));
  for (const row of old) {
    const known = fleet.get(row[0]);
    if (known === undefined || !isSameWriting(known, row)) fleet.set(row[0], botFromOldRow(row));
  }
  return [...fleet.values()].sort((a, b) => byText(a.channel, b.channel));
}

function botFromRow(row: BotRow): StoredBot {
  const [channel, pid, status, featuresJson, registeredAtMs, lastSeenMs, ...rest] = row;
  const [statusSinceMs, startedAtMs, processSeen, restarts, version, intervalS] = rest;
  return {
    ...{ channel, pid, status, featuresJson, registeredAtMs, lastSeenMs, statusSinceMs, startedAtMs },
    ...{ processSeen: processSeen === 1, restarts, version, intervalS, origin: "monitor" },
  };
}

/** A time that cannot be read counts as 1970: long ago, which asserts nothing about a live process. */
function botFromOldRow([channel, pid, status, featuresJson, registeredAt, lastSeen]: OldRow): StoredBot {
  return {
    channel,
    pid,
    status: statusFromText(status),
    featuresJson,
    registeredAtMs: msFromText(registeredAt) ?? 0,
    lastSeenMs: msFromText(lastSeen) ?? 0,
    statusSinceMs: null,
    startedAtMs: null,
    processSeen: false,
    restarts: 0,
    version: null,
    intervalS: null,
    origin: "python",
  };
}

function isSameWriting(bot: StoredBot, [, pid, , , registeredAt, lastSeen]: OldRow): boolean {
  return (
    bot.pid === pid &&
    textFromMs(bot.registeredAtMs) === registeredAt &&
    textFromMs(bot.lastSeenMs) === lastSeen
  );
}
