import { nearestName } from "../config/nearest-name.js";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { type BotRow, conditionSince, worstFirst } from "./bot-row.js";
import { msFromTimestamp } from "./quantity-text.js";

type Value = string | number | null | undefined;

const names = new Intl.Collator("en", { numeric: true });

/** What a bot is ordered by: texts from A, numbers from the largest, times from the latest. */
const values: Readonly<Record<string, (bot: BotRow) => Value>> = {
  channel: ({ channel }) => channel,
  since: (bot) => msFromTimestamp(conditionSince(bot)),
  last_seen: ({ last_seen }) => msFromTimestamp(last_seen),
  restarts: ({ restarts }) => restarts,
  restarts_1h: ({ restarts_1h }) => restarts_1h,
  cpu: ({ cpu_pct }) => cpu_pct,
  memory: ({ rss_mb }) => rss_mb,
  uptime: ({ uptime_s }) => uptime_s,
  version: ({ version }) => version,
  pid: ({ pid }) => pid,
};

const keys = ["worst", "status", ...Object.keys(values)];

/** What `--sort` may be, for help and errors. */
export const sortKeys = keys.join(", ");

/**
 * The order of the options `--sort KEY` (`-KEY` reverses it) and `--reverse`. Bots with an unknown
 * value come last, either way; equal ones are ordered worst first. Throws `UsageError`.
 */
export function botOrder(options: Readonly<Record<string, unknown>>): (bots: readonly BotRow[]) => BotRow[] {
  const given = String(options["sort"] ?? "worst");
  const key = given.replace(/^-/, "").replaceAll("-", "_");
  if (!keys.includes(key)) {
    const near = nearestName(key, keys);
    const advice = near === undefined ? "" : `; did you mean ${near}?`;
    throw new UsageError([
      `--sort: expected one of ${sortKeys}, with a - before it for the other way round; got ${quotedText(given)}${advice}`,
    ]);
  }
  const isReversed = given.startsWith("-") !== (options["reverse"] === true);
  const keyOf = values[key];
  // Both words mean one order: sorting by status puts what is down first.
  if (keyOf === undefined) return (bots) => (isReversed ? worstFirst(bots).reverse() : worstFirst(bots));
  return (bots) => worstFirst(bots).sort((a, b) => compared(keyOf(a), keyOf(b), isReversed));
}

function compared(a: Value, b: Value, isReversed: boolean): number {
  const [first, second] = [a ?? null, b ?? null];
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  const order =
    typeof first === "string" || typeof second === "string"
      ? names.compare(String(first), String(second))
      : second - first;
  return isReversed ? -order : order;
}
