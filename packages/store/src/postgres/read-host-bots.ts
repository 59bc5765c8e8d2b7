import { botRecord, type StoredBot } from "../bot.js";
import { causeCodeOf } from "../cause-code.js";
import { storableText } from "./binary-array.js";
import { numberIn, type ReadScope, textIn } from "./read-scope.js";
import { quoted } from "./record-columns.js";
import { readerOf } from "./record-reader.js";

const bots = readerOf(botRecord);

/** A bot with the number of its host. */
export interface HostBot {
  readonly hostNo: number;
  readonly bot: StoredBot;
}

/** A moment of the database: bots that were written after it can be asked for. */
export interface BotsMark {
  /** Which server answered, since when it runs. */
  readonly server: string;
  /** As `pg_current_snapshot()` says it. */
  readonly snapshot: string;
}

/** The moment of an answer, and how many bots each host had then. */
export interface BotsMoment {
  readonly mark: BotsMark;
  readonly counts: ReadonlyMap<number, number>;
}

export interface BotsPagePlan {
  /** Only bots of these hosts. */
  readonly hostNos: readonly number[];
  /** Only bots that were written after this moment; null for all. */
  readonly since: BotsMark | null;
  /** Only those behind this one; null for the first page. */
  readonly after: HostBot | null;
  readonly limit: number;
}

export async function readBotsMoment({ rows, schema }: ReadScope): Promise<BotsMoment> {
  const found = await rows(
    `SELECT pg_current_snapshot()::text AS snapshot,
 extract(epoch FROM pg_postmaster_start_time())::text || ' ' || coalesce(inet_server_addr()::text, '') AS server, b.host_no, b.bots
 FROM (SELECT 1) AS one LEFT JOIN (SELECT host_no, count(*)::float8 AS bots FROM ${quoted(schema)}.bots GROUP BY host_no) AS b ON TRUE`,
  );
  const first = found[0] ?? {};
  return {
    mark: { server: textIn(first, "server"), snapshot: textIn(first, "snapshot") },
    counts: new Map(
      found
        .filter((row) => row["host_no"] !== null)
        .map((row) => [numberIn(row, "host_no"), numberIn(row, "bots")]),
    ),
  };
}

/** By host, and by channel in an order of the database's own. */
export async function readBotsPage(
  { rows, schema }: ReadScope,
  { hostNos, since, after, limit }: BotsPagePlan,
): Promise<HostBot[]> {
  const values: unknown[] = [hostNos, after?.hostNo ?? 0, storableText(after?.bot.channel ?? ""), limit];
  let isChanged = "";
  if (since !== null) {
    const { newest, underWay } = writersOf(since.snapshot);
    values.push(newest, underWay);
    isChanged = ` AND (${isLater("$5")} OR r.xmin::text = ANY ($6::text[]))`;
  }
  const found = await rows(
    `SELECT r.host_no, ${bots.select} FROM ${quoted(schema)}.bots AS r
 WHERE r.host_no = ANY ($1::int[]) AND (r.host_no, r.channel) > ($2::int, $3::text)${isChanged}
 ORDER BY r.host_no, r.channel LIMIT $4::int`,
    values,
  );
  return found.map((row) => ({ hostNo: numberIn(row, "host_no"), bot: botOf(row) }));
}

export function botOf(row: Readonly<Record<string, unknown>>): StoredBot {
  const stored = bots.rowOf(row);
  const { cause, causeCode } = stored;
  return { ...stored, causeCode: cause === null ? null : causeCodeOf(causeCode, cause), origin: "monitor" };
}

/**
 * Whether the row was written by this transaction or one that began later. Their numbers go round
 * at 2^32, so a row that nobody has written for half of that may seem to be newer, and is read in
 * vain.
 */
const isLater = (transaction: string) =>
  `(r.xmin::text::bigint - ${transaction}::bigint + ${2 ** 32}) % ${2 ** 32} < ${2 ** 31}`;

/**
 * Which transactions could have written without being seen: those from `newest` on, and those that
 * were under way. Nobody writes bots in a subtransaction, which a snapshot does not name.
 */
function writersOf(snapshot: string): { readonly newest: string; readonly underWay: readonly string[] } {
  const [, newest = "0", list = ""] = snapshot.split(":");
  const low = (id: string) => String(BigInt(id) % 2n ** 32n);
  return { newest: low(newest), underWay: list.split(",").filter(Boolean).map(low) };
}

/** Whether bots can be asked for that were written after the earlier moment. */
export function isAfter(later: BotsMark, earlier: BotsMark): boolean {
  const newestOf = ({ snapshot }: BotsMark) => BigInt(snapshot.split(":")[1] ?? 0);
  return later.server === earlier.server && newestOf(later) >= newestOf(earlier);
}
