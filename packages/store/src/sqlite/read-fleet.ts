import { botRecord, type StoredBot } from "../bot.js";
import { statusFromText } from "../bot-status.js";
import { causeCodeOf } from "../cause-code.js";
import { byText } from "../metric-series.js";
import { msFromText, textFromMs } from "../timestamp.js";
import type { ReadConnection } from "./read-connection.js";
import { rowFrom, selectList } from "./record-statement.js";

/** Its times are texts. */
interface OldRow extends Pick<StoredBot, "channel" | "pid" | "featuresJson"> {
  readonly status: string;
  readonly registeredAtMs: string;
  readonly lastSeenMs: string;
}

const rowOfOurs = rowFrom(botRecord, "monitor_bots");
const rowOfOld = rowFrom(botRecord, "bot_status");

/**
 * The fleet. We write both tables in one transaction, so where the old one says another pid or other times, a Python monitor wrote it
 * since: then its row is the truth, and what it has no column for is unknown.
 */
export function readFleet(connection: ReadConnection): StoredBot[] {
  const ours = connection.rows(`SELECT ${selectList(botRecord, "monitor_bots")} FROM monitor_bots`);
  const old = connection.rows(`SELECT ${selectList(botRecord, "bot_status")} FROM bot_status`);
  const fleet = new Map<string, StoredBot>();
  for (const values of ours) {
    const { cause, causeCode, ...row } = rowOfOurs(values) as unknown as StoredBot;
    const code = cause === null ? null : causeCodeOf(causeCode, cause);
    fleet.set(row.channel, { ...row, cause, causeCode: code, origin: "monitor" });
  }
  for (const values of old) {
    const row = rowOfOld(values) as unknown as OldRow;
    const known = fleet.get(row.channel);
    if (known === undefined || !isSameWriting(known, row)) fleet.set(row.channel, botFromOldRow(row));
  }
  return [...fleet.values()].sort((a, b) => byText(a.channel, b.channel));
}

/** A time that cannot be read counts as 1970: long ago, which asserts nothing about a live process. */
function botFromOldRow({ channel, pid, status, featuresJson, ...times }: OldRow): StoredBot {
  return {
    channel,
    pid,
    status: statusFromText(status),
    featuresJson,
    registeredAtMs: msFromText(times.registeredAtMs) ?? 0,
    lastSeenMs: msFromText(times.lastSeenMs) ?? 0,
    statusSinceMs: null,
    cause: null,
    causeCode: null,
    previousPid: null,
    livedMs: null,
    startedAtMs: null,
    processSeen: false,
    restarts: 0,
    lastCpuPct: null,
    lastRssMb: null,
    version: null,
    intervalS: null,
    origin: "python",
  };
}

function isSameWriting(bot: StoredBot, { pid, registeredAtMs, lastSeenMs }: OldRow): boolean {
  return (
    bot.pid === pid &&
    textFromMs(bot.registeredAtMs) === registeredAtMs &&
    textFromMs(bot.lastSeenMs) === lastSeenMs
  );
}
