import type { Bot } from "../registry/bot.js";
import { timestampFromMs } from "./timestamp.js";

/**
 * Who it is and how it is; then what each heartbeat changes; then the rest. Together they are a
 * bot's record, in this order.
 */
const parts = [
  (bot: Bot) => ({
    channel: bot.channel,
    principal: bot.principal,
    pid: bot.pid,
    status: bot.status,
    status_since: timestampFromMs(bot.statusSinceMs),
    status_cause: bot.statusCause,
    cause_code: bot.causeCode,
    previous_pid: bot.previousPid,
    lived_ms: bot.livedMs,
    features: bot.features,
    registered_at: timestampFromMs(bot.registeredAtMs),
  }),
  (bot: Bot) => ({
    last_seen: timestampFromMs(bot.lastSeenMs),
    cpu_pct: bot.cpuPct,
    rss_mb: bot.rssMb,
    measured_at: timestampFromMs(bot.measuredAtMs),
    last_cpu_pct: bot.lastCpuPct,
    last_rss_mb: bot.lastRssMb,
  }),
  (bot: Bot) => ({
    restarts: bot.restarts,
    restarts_1h: bot.restartsInHour,
    crash_loop: bot.crashLoop,
    crashes_10m: bot.crashesInTenMinutes,
    crash_life_ms: bot.typicalLifeMs,
    started_at: timestampFromMs(bot.startedAtMs),
    process_seen: bot.processSeen,
    trouble: bot.trouble,
    trouble_since: timestampFromMs(bot.troubleSinceMs),
    version: bot.version,
    interval_s: bot.intervalS,
    conflict: conflictJson(bot.conflict),
    client_dropped: bot.clientDropped,
  }),
] as const;

/** What the operator says of a bot. */
export interface OperatorWords {
  readonly note: string | null;
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export type WordsOn = (channel: string) => OperatorWords | null;

/** Of nearly every bot: one text for all of them. */
const noWords = textOfWords({ note: null, runbook: null, labels: {} });

function textOfWords({ note, runbook, labels }: OperatorWords): string {
  return membersOf({ note, runbook, labels });
}

function conflictJson(conflict: Bot["conflict"]): object | null {
  if (conflict === null) return null;
  const { pid, principal, sinceMs } = conflict;
  return { pid, principal, since: timestampFromMs(sinceMs) };
}

/** Members of an object, without its braces. */
function membersOf(record: object): string {
  return JSON.stringify(record).slice(1, -1);
}

/** All that the first and the last part are made of. */
function frameOf(bot: Bot): readonly unknown[] {
  return [
    bot.principal,
    bot.pid,
    bot.status,
    bot.statusSinceMs,
    bot.statusCause,
    bot.causeCode,
    bot.previousPid,
    bot.livedMs,
    bot.features,
    bot.registeredAtMs,
    bot.restarts,
    bot.restartsInHour,
    bot.crashLoop,
    bot.crashesInTenMinutes,
    bot.typicalLifeMs,
    bot.startedAtMs,
    bot.processSeen,
    bot.trouble,
    bot.troubleSinceMs,
    bot.version,
    bot.intervalS,
    bot.conflict,
    bot.clientDropped,
  ];
}

/**
 * A bot's record as JSON text, made in parts: of most revisions only what a heartbeat changes is
 * new. (Measured: `pnpm bench ablation`, `bot-parts`.)
 */
export class BotText {
  readonly #bot: Bot;
  readonly #nowMs: () => number;
  #revision = Number.NaN;
  #frame: readonly unknown[] = [];
  #head = "";
  #load = "";
  #tail = "";
  /** They are the same for as long as the monitor runs. */
  readonly #words: string;

  /** `nowMs`: Unix milliseconds, as an age changes without any event. */
  constructor(bot: Bot, nowMs: () => number, wordsOn: WordsOn) {
    this.#bot = bot;
    this.#nowMs = nowMs;
    const words = wordsOn(bot.channel);
    this.#words = words === null ? noWords : textOfWords(words);
  }

  /** Of this moment. */
  get text(): string {
    if (this.#revision !== this.#bot.revision) this.#follow();
    return `{${this.#head},${this.#load},"uptime_s":${this.#uptimeS()},${this.#tail},${this.#words}}`;
  }

  /** Null if the process has ended, or if its start is unknown. */
  #uptimeS(): number | null {
    const { startedAtMs, status } = this.#bot;
    if (startedAtMs === null || status === "dead" || status === "offline") return null;
    return Math.max(0, Math.floor((this.#nowMs() - startedAtMs) / 1_000));
  }

  #follow(): void {
    const bot = this.#bot;
    const frame = frameOf(bot);
    if (frame.some((value, i) => value !== this.#frame[i])) {
      this.#head = membersOf(parts[0](bot));
      this.#tail = membersOf(parts[2](bot));
      this.#frame = frame;
    }
    this.#load = membersOf(parts[1](bot));
    this.#revision = bot.revision;
  }
}
