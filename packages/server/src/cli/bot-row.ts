import type { BotStatus, CauseCode, StoredBot, StoredStatusChange } from "@kissbot/store";
import { type Condition, conditions } from "../condition.js";
import { timestampFromMs } from "./quantity-text.js";

/** `unknown`: it is on another host, which does not say how it is. */
export type ShownStatus = BotStatus | "unknown";

/** A bot as the API shows it, whichever source it comes from. Unknown is null. */
export interface BotRow {
  readonly channel: string;
  readonly pid: number;
  readonly status: ShownStatus;
  readonly status_since: string | null;
  readonly status_cause: string | null;
  readonly cause_code: CauseCode | null;
  readonly previous_pid: number | null;
  readonly lived_ms: number | null;
  readonly features: Readonly<Record<string, boolean>>;
  readonly registered_at: string | null;
  readonly last_seen: string | null;
  readonly cpu_pct: number | null;
  readonly rss_mb: number | null;
  readonly measured_at: string | null;
  readonly last_cpu_pct: number | null;
  readonly last_rss_mb: number | null;
  readonly uptime_s: number | null;
  readonly restarts: number;
  /** Fields that only a running monitor knows are null if the answer is the database's. */
  readonly restarts_1h: number | null;
  readonly crash_loop: boolean | null;
  readonly crashes_10m: number | null;
  readonly crash_life_ms: number | null;
  readonly started_at: string | null;
  readonly process_seen: boolean;
  /** Why it does not work although it is alive, in its own words. */
  readonly trouble: string | null;
  readonly trouble_since: string | null;
  readonly version: string | null;
  readonly interval_s: number | null;
  readonly conflict: { readonly pid: number; readonly since: string | null } | null;
  readonly client_dropped: number | null;
  /** What the operator says of it; monitors of earlier versions do not tell. */
  readonly note?: string | null;
  readonly runbook?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  /** Which host has it, what that host said of it last, and when: only with a fleet database. */
  readonly host?: string | null;
  readonly reported_status?: BotStatus;
  readonly as_of?: string | null;
}

/** What the config file says of a bot. */
export type WordsOn = (channel: string) => Pick<BotRow, "note" | "runbook" | "labels"> | null;

/**
 * The row of a bot from a database. CPU and memory are unknown, because no monitor measures now.
 */
export function rowFromStored(
  bot: StoredBot,
  lastChange: StoredStatusChange | undefined,
  wordsOn: WordsOn = () => null,
): BotRow {
  const words = wordsOn(bot.channel);
  const change = lastChange?.to === bot.status ? lastChange : undefined;
  return {
    channel: bot.channel,
    pid: bot.pid,
    status: bot.status,
    status_since: timestampFromMs(bot.statusSinceMs),
    status_cause: bot.cause ?? change?.cause ?? null,
    cause_code: bot.causeCode ?? change?.causeCode ?? null,
    previous_pid: bot.previousPid,
    lived_ms: bot.livedMs,
    features: featuresFrom(bot.featuresJson),
    registered_at: timestampFromMs(bot.registeredAtMs),
    last_seen: timestampFromMs(bot.lastSeenMs),
    cpu_pct: null,
    rss_mb: null,
    measured_at: null,
    last_cpu_pct: bot.lastCpuPct,
    last_rss_mb: bot.lastRssMb,
    uptime_s: null,
    restarts: bot.restarts,
    restarts_1h: null,
    crash_loop: null,
    crashes_10m: null,
    crash_life_ms: null,
    started_at: timestampFromMs(bot.startedAtMs),
    process_seen: bot.processSeen,
    trouble: bot.trouble,
    trouble_since: timestampFromMs(bot.troubleSinceMs),
    version: bot.version,
    interval_s: bot.intervalS,
    conflict: null,
    client_dropped: null,
    note: words?.note ?? null,
    runbook: words?.runbook ?? null,
    labels: words?.labels ?? {},
  };
}

export function conditionOf(bot: BotRow): Condition {
  const { status, crash_loop, conflict } = bot;
  if (status === "dead" || status === "offline") return status;
  if (crash_loop === true) return "crash_loop";
  if (status === "online" && (conflict ?? null) !== null) return "conflict";
  return isInTrouble(bot) ? "trouble" : status;
}

/** Since when it is in that condition; null where that is not known. */
export function conditionSince(bot: BotRow): string | null {
  const condition = conditionOf(bot);
  if (condition === "conflict") return bot.conflict?.since ?? null;
  if (condition === "unknown") return bot.as_of ?? null;
  return condition === "trouble" ? bot.trouble_since : bot.status_since;
}

/**
 * Worst first: dead, in a crash loop, stale, unknown, in conflict, in trouble, offline, healthy.
 * Among bots that are down the newest comes first: the operator was called for that one. The rest
 * is ordered by name.
 */
export function worstFirst(bots: readonly BotRow[]): BotRow[] {
  const names = new Intl.Collator("en", { numeric: true });
  const rank = (bot: BotRow) => conditions.indexOf(conditionOf(bot));
  const since = (bot: BotRow) => (isDown(bot) ? (bot.status_since ?? "") : "");
  return [...bots].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (since(a) < since(b) ? 1 : since(a) > since(b) ? -1 : 0) ||
      names.compare(a.channel, b.channel),
  );
}

/**
 * Whether somebody must look: it is not there and did not say goodbye, or it is not there for long.
 */
export function isDown(bot: BotRow): boolean {
  return ["dead", "crash_loop", "stale"].includes(conditionOf(bot));
}

/**
 * Whether it is alive and says that it does not work. A monitor of an earlier version knows of no
 * trouble.
 */
export function isInTrouble({ status, trouble }: Pick<BotRow, "status" | "trouble">): boolean {
  return status === "online" && (trouble ?? null) !== null;
}

/** Whether they are on more than one host, so that a channel alone does not say which bot it is. */
export function isOfSeveralHosts(bots: readonly BotRow[]): boolean {
  return new Set(bots.map(({ host }) => host ?? null)).size > 1;
}

/** `unknown` only where there is such a bot. */
export function countsOf(
  bots: readonly BotRow[],
): Record<BotStatus, number> & Partial<Record<ShownStatus, number>> {
  const counts: ReturnType<typeof countsOf> = { dead: 0, stale: 0, offline: 0, online: 0 };
  for (const { status } of bots) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** A Python monitor's table may hold anything as features. */
function featuresFrom(json: string): Readonly<Record<string, boolean>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, boolean>;
    }
  } catch {
    // No JSON: then no feature is known.
  }
  return {};
}
