import { botRecord, type FleetPage, type FleetPagePlan, type StoredBot } from "../../bot.js";
import { statusFromText } from "../../bot-status.js";
import { causeCodeOf } from "../../cause-code.js";
import { byText } from "../../metric-series.js";
import { msFromText, textFromMs } from "../../timestamp.js";
import { rowFrom, selectList } from "../sql/record-statement.js";
import type { ReadConnection } from "./read-connection.js";

/** Its times are texts. */
interface OldRow extends Pick<StoredBot, "channel" | "pid" | "featuresJson"> {
  readonly status: string;
  readonly registeredAtMs: string;
  readonly lastSeenMs: string;
}

const rowOfOurs = rowFrom(botRecord, "monitor_bots");
const rowOfOld = rowFrom(botRecord, "bot_status");

/**
 * The fleet. We write both tables in one transaction, so where the old one says another pid or
 * other times, a Python monitor wrote it since: then its row is the truth, and what it has no
 * column for is unknown.
 */
export function readFleet(connection: ReadConnection): StoredBot[] {
  return fleetWhere(connection, "TRUE", []).sort((a, b) => byText(a.channel, b.channel));
}

/** In the order of SQLite, which is that of UTF-8. */
export function readFleetPage(connection: ReadConnection, { after, limit }: FleetPagePlan): FleetPage {
  const beyond = after === null ? "channel >= ?" : "channel > ?";
  const from = after ?? "";
  const tables = ["monitor_bots", "bot_status"].map(
    (table) =>
      `SELECT * FROM (SELECT channel FROM ${table} WHERE ${beyond} ORDER BY channel LIMIT ${limit + 1})`,
  );
  const names = connection.rows(`${tables.join(" UNION ")} ORDER BY channel LIMIT ${limit + 1}`, [
    from,
    from,
  ]);
  const last = names.at(limit - 1) ?? names.at(-1);
  if (last === undefined) return { bots: [], next: null };
  const bots = fleetWhere(connection, `${beyond} AND channel <= ?`, [from, last[0]]);
  return { bots, next: names.length > limit ? (last[0] as string) : null };
}

function fleetWhere(connection: ReadConnection, where: string, values: readonly unknown[]): StoredBot[] {
  const rowsOf = (table: "monitor_bots" | "bot_status") =>
    connection.rows(
      `SELECT ${selectList(botRecord, table, connection)} FROM ${table} WHERE ${where}`,
      values,
    );
  const ours = rowsOf("monitor_bots");
  const old = rowsOf("bot_status");
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
  return [...fleet.values()];
}

/**
 * A time that cannot be read counts as 1970: long ago, which asserts nothing about a live process.
 */
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
    startTold: null,
    processSeen: false,
    restarts: 0,
    lastCpuPct: null,
    lastRssMb: null,
    version: null,
    intervalS: null,
    trouble: null,
    troubleSinceMs: null,
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
