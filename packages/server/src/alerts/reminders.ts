import { Cron } from "croner";
import type { AlertBook } from "./alert-book.js";
import type { AlertRecords } from "./alert-records.js";
import { type Episode, isFlapping, isNews } from "./episode.js";
import type { Moment } from "./moment.js";
import { isRecovering, quietOver } from "./quieting.js";
import type { ReceiverTerms } from "./receiver-door.js";

export interface RemindersOptions {
  readonly records: Pick<AlertRecords, "fact">;
  /** `09:00`, in the zone; null: no daily reminder. */
  readonly at: string | null;
  /** On Mondays it reports that all is well, if it is. */
  readonly weekly: boolean;
  /** IANA. */
  readonly timezone: string;
}

export interface DueReminder {
  readonly kind: "reminder" | "all_well";
  readonly episodes: readonly Episode[];
}

/** A reminder that could not be sent for this long is skipped: the next day has one, too. */
const lateMs = 3_600_000;

/**
 * Once a day, every open alert that nobody acknowledged; for a receiver with `repeat`, each one
 * when that long has passed since it was last said. Also knows which receivers have had their
 * first message.
 */
export class Reminders {
  #options: RemindersOptions;
  #daily: Cron | null;
  #mondays: Cron | null;
  readonly #baselines = new Set<string>();
  /** By receiver: for which time of day it was reminded last. */
  readonly #remindedMs = new Map<string, number>();
  #isRestored = false;
  #slotMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;

  /** Throws where the time or the zone is none. */
  constructor(options: RemindersOptions) {
    this.#options = options;
    [this.#daily, this.#mondays] = cronsOf(options);
  }

  /** They come at another time from now on. Throws where the time or the zone is none. */
  configure(change: Pick<RemindersOptions, "at" | "weekly" | "timezone">): void {
    [this.#daily, this.#mondays] = cronsOf(change);
    this.#options = { ...this.#options, ...change };
    this.#slotMs = Number.NEGATIVE_INFINITY;
    this.#nextMs = Number.NEGATIVE_INFINITY;
    this.#askedMs = Number.NEGATIVE_INFINITY;
  }

  restore(facts: ReadonlyMap<string, string>): void {
    this.#isRestored = true;
    for (const [name, value] of facts) {
      if (name.startsWith("baseline:")) this.#baselines.add(name.slice("baseline:".length));
      if (name.startsWith("reminded:")) this.#remindedMs.set(name.slice("reminded:".length), Number(value));
    }
  }

  /**
   * Whether the receiver has had its first message. While the database is absent this is unknown,
   * and a second first message would be wrong.
   */
  knowsBaseline(receiver: string): boolean {
    return !this.#isRestored || this.#baselines.has(receiver);
  }

  /** What a receiver is to be reminded of now; null: of nothing. */
  due(terms: ReceiverTerms, book: AlertBook, now: Moment): DueReminder | null {
    const { name, repeatMs } = terms;
    const isDaily = this.#isDaily(name, now);
    if (!isDaily && repeatMs === null) return null;
    const open = [...book.episodes];
    const saidFor = (leastMs: number) =>
      open.filter((episode) => {
        const tell = book.ledger.get(name, episode.alertId);
        return (
          tell?.phase === "told" &&
          // Also where the clock was set back by more than that.
          Math.abs(now.wallMs - tell.tsMs) >= leastMs &&
          episode.ack === null &&
          !isFlapping(episode) &&
          !isNews(episode) &&
          quietOver(book, episode, now) === null &&
          !isRecovering(book, episode)
        );
      });
    const leastMs = isDaily || repeatMs === null ? 0 : repeatMs;
    // Those that would be due soon come along, so that few messages remind of many alerts.
    const episodes = saidFor(leastMs).length === 0 ? [] : saidFor(leastMs / 2);
    if (episodes.length > 0) return { kind: "reminder", episodes };
    if (!isDaily) return null;
    if (this.#options.weekly && this.#isMonday() && open.every(isNews)) return { kind: "all_well", episodes };
    this.#reminded(name, this.#slotMs);
    return null;
  }

  /** A notice of this kind has got through. */
  told(receiver: string, kind: string, now: Moment): void {
    if (kind === "first") {
      this.#baselines.add(receiver);
      this.#options.records.fact(`baseline:${receiver}`, String(now.wallMs));
    }
    if (kind !== "reminder" && kind !== "all_well" && kind !== "first") return;
    this.#reminded(receiver, Number.isFinite(this.#slotMs) ? this.#slotMs : now.wallMs);
  }

  /** Stores its state again in a fresh database. */
  recordAll(): void {
    for (const receiver of this.#baselines) this.#options.records.fact(`baseline:${receiver}`, "0");
    for (const [receiver, ms] of this.#remindedMs)
      this.#options.records.fact(`reminded:${receiver}`, String(ms));
  }

  /** Also if there was nothing to send: a restart within the hour does not repeat it. */
  #reminded(receiver: string, slotMs: number): void {
    this.#remindedMs.set(receiver, slotMs);
    this.#options.records.fact(`reminded:${receiver}`, String(slotMs));
  }

  #isDaily(receiver: string, { wallMs }: Moment): boolean {
    if (this.#daily === null) return false;
    if (wallMs >= this.#nextMs || wallMs < this.#askedMs) {
      this.#askedMs = wallMs;
      this.#slotMs = this.#daily.previousRuns(1, new Date(wallMs + 1_000))[0]?.getTime() ?? wallMs;
      this.#nextMs = this.#daily.nextRun(new Date(wallMs + 1_000))?.getTime() ?? Number.POSITIVE_INFINITY;
    }
    const remindedMs = this.#remindedMs.get(receiver) ?? Number.NEGATIVE_INFINITY;
    return remindedMs < this.#slotMs && wallMs - this.#slotMs < lateMs;
  }

  #isMonday(): boolean {
    const last = this.#mondays?.previousRuns(1, new Date(this.#slotMs + 1_000))[0]?.getTime();
    return last === this.#slotMs;
  }
}

/** Each day, and on Mondays; null without reminders. */
function cronsOf({ at, timezone }: Pick<RemindersOptions, "at" | "timezone">): [Cron | null, Cron | null] {
  if (at === null) return [null, null];
  const [hour = "0", minute = "0"] = at.split(":");
  const cron = (days: string) =>
    new Cron(`0 ${Number(minute)} ${Number(hour)} * * ${days}`, { timezone, paused: true });
  return [cron("*"), cron("1")];
}
