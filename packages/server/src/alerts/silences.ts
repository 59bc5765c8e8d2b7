import type { AlertIds } from "./alert-ids.js";
import type { AlertRecords } from "./alert-records.js";
import type { Episode } from "./episode.js";
import { covers, endOf, isActive, longestSilenceMs, type Quiet, type Silence } from "./silence.js";

/** What somebody asks for. */
export interface SilenceRequest {
  readonly channels: readonly string[];
  readonly rules: readonly string[] | null;
  readonly untilMs: number;
  readonly by: string;
  readonly why: string;
}

/** How long an ended silence is remembered, to report its end. */
const rememberedMs = 86_400_000;

/** The active silences, and recently ended ones. */
export class Silences {
  readonly #ids: AlertIds;
  readonly #records: Pick<AlertRecords, "silence">;
  #silences: readonly Silence[] = [];
  revision = 0;

  constructor(ids: AlertIds, records: Pick<AlertRecords, "silence">) {
    this.#ids = ids;
    this.#records = records;
  }

  all(): readonly Silence[] {
    return this.#silences;
  }

  /** Throws a `RangeError` that says what is wrong. */
  add({ channels, rules, untilMs, by, why }: SilenceRequest, nowMs: number): Silence {
    if (channels.length === 0 || channels.includes(""))
      throw new RangeError("a silence needs the channels that it is about, such as twitch/*");
    if (by.trim() === "" || why.trim() === "")
      throw new RangeError("a silence needs to say who wants it, and why");
    assertEnd(untilMs, nowMs);
    const silence: Silence = {
      silenceId: this.#ids.next("s"),
      channels,
      rules,
      fromMs: nowMs,
      untilMs,
      by,
      why,
      endedMs: null,
    };
    this.#silences = [...this.#silences, silence];
    this.revision++;
    this.#records.silence(silence);
    return silence;
  }

  /**
   * Lasts until then. Null where no such silence is active. Throws a `RangeError` that says what is
   * wrong.
   */
  extend(silenceId: string, untilMs: number, nowMs: number): Silence | null {
    const silence = this.#active(silenceId, nowMs);
    if (silence === null) return null;
    assertEnd(untilMs, nowMs);
    silence.untilMs = untilMs;
    this.revision++;
    this.#records.silence(silence);
    return silence;
  }

  /** Null where no such silence is active. */
  end(silenceId: string, nowMs: number): Silence | null {
    const silence = this.#active(silenceId, nowMs);
    if (silence === null) return null;
    silence.endedMs = nowMs;
    this.revision++;
    this.#records.silence(silence);
    return silence;
  }

  restore(silences: readonly Silence[]): void {
    this.#silences = [...silences, ...this.#silences];
    this.revision++;
  }

  /** The silence that holds an alert back now, or null. */
  covering(episode: Episode, wallMs: number): Quiet | null {
    const found = this.#silences.find((one) => isActive(one, wallMs) && covers(one, episode));
    return found === undefined ? null : quietOf(found);
  }

  /** The silence that ended last, of those that were active while the alert was open. */
  lastOver(episode: Episode, wallMs: number): Quiet | null {
    const over = this.#silences
      .filter((one) => endOf(one) <= wallMs && endOf(one) > episode.openedMs && covers(one, episode))
      .sort((a, b) => endOf(b) - endOf(a));
    const [last] = over;
    return last === undefined ? null : quietOf(last);
  }

  expire(wallMs: number): void {
    this.#silences = this.#silences.filter((one) => wallMs - endOf(one) < rememberedMs);
  }

  #active(silenceId: string, nowMs: number): Silence | null {
    const silence = this.#silences.find((one) => one.silenceId === silenceId);
    return silence !== undefined && isActive(silence, nowMs) ? silence : null;
  }
}

function assertEnd(untilMs: number, nowMs: number): void {
  if (!(untilMs > nowMs)) throw new RangeError("a silence must end in the future");
  if (untilMs - nowMs > longestSilenceMs) throw new RangeError("a silence lasts 30 days at most");
}

function quietOf(silence: Silence): Quiet {
  const { silenceId, by, why } = silence;
  return { kind: "silence", id: silenceId, by, why, untilMs: endOf(silence) };
}
