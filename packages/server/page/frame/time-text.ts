/** What stands where a value is not known. */
export const unknownText = "–";

const dayMs = 86_400_000;
const quarterMs = 900_000;

/**
 * A span for a sentence: `9 s`, `2 min 10 s`, `34 min`, `3 h 20 min`, `2 d 4 h`, `12 d`. Never
 * negative.
 */
export function spanText(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(`${minutes} min`, seconds % 60, "s");
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return withRest(`${hours} h`, hours < 10 ? minutes % 60 : 0, "min");
  const days = Math.floor(hours / 24);
  return withRest(`${days} d`, days < 7 ? hours % 24 : 0, "h");
}

function withRest(text: string, rest: number, unit: string): string {
  return rest === 0 ? text : `${text} ${rest} ${unit}`;
}

/** How long something quick took: `700 ms`, `1.2 s`, `34 s`. */
export function quickText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

/** A span for a narrow column, in its largest unit: `9 s`, `2 min`, `3 h`, `12 d`. */
export function shortSpanText(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Clock times in one zone. `zone` is an IANA name, or "" for the browser's. */
export class ZoneClock {
  readonly zone: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #weekday: Intl.DateTimeFormat;
  readonly #offsets: Intl.DateTimeFormat;
  /** The quarter of an hour that was asked for last, and its offset: finding one takes a while. */
  #quarter = Number.NaN;
  #offset = "";

  /** Throws a RangeError where there is no such zone. */
  constructor(zone: string) {
    const timeZone = zone === "" ? undefined : zone;
    const times = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
    this.#time = new Intl.DateTimeFormat("en-GB", { timeZone, ...times });
    const day = { day: "numeric", month: "short" } as const;
    this.#day = new Intl.DateTimeFormat("en-GB", { timeZone, ...day });
    this.#weekday = new Intl.DateTimeFormat("en-GB", { timeZone, ...day, weekday: "short" });
    this.#offsets = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "longOffset" });
    this.zone = this.#time.resolvedOptions().timeZone;
  }

  /** `17:31:28`, with the day before it where that is not the day of `nowMs`: `24 Nov 17:31:28`. */
  text(ms: number, nowMs: number): string {
    const time = this.#time.format(ms);
    const isNear = Math.abs(nowMs - ms) < dayMs && this.#day.format(ms) === this.#day.format(nowMs);
    return isNear ? time : `${this.#day.format(ms)} ${time}`;
  }

  /** `17:31`; at midnight the day that begins: `24 Nov`. */
  axisText(ms: number): string {
    const time = this.#time.format(ms).slice(0, 5);
    return time === "00:00" ? this.#day.format(ms) : time;
  }

  /** `Thu 26 Nov` */
  dayText(ms: number): string {
    return this.#weekday.format(ms).replace(",", "");
  }

  /** How far its clocks are before UTC's then. */
  offsetMin(ms: number): number {
    const [, sign, hours, minutes] = /(.)(..):(..)/.exec(this.#offsetText(ms)) ?? [];
    return (sign === "-" ? -1 : 1) * (60 * Number(hours) + Number(minutes));
  }

  /** `2026-11-24T17:31:28+01:00` */
  iso(ms: number): string {
    const there = new Date(ms + this.offsetMin(ms) * 60_000);
    return `${there.toISOString().slice(0, 19)}${this.#offsetText(ms)}`;
  }

  #offsetText(ms: number): string {
    const quarter = Math.floor(ms / quarterMs);
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      this.#offset = /[+-]\d\d:\d\d/.exec(this.#offsets.format(ms))?.[0] ?? "+00:00";
    }
    return this.#offset;
  }
}

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
