import type { Notice } from "../alerts/notice.js";

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** The two largest units: `6 h 12 min`, `45 s`. */
export function spanText(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1_000)) * 1_000;
  const first = units.findIndex(([, size]) => whole >= size);
  if (first === -1) return "0 s";
  const [[name, size], next] = [units[first], units[first + 1]] as [
    (typeof units)[number],
    (typeof units)[number]?,
  ];
  const count = Math.floor(whole / size);
  const rest = next === undefined ? 0 : Math.floor((whole - count * size) / next[1]);
  return rest === 0 ? `${count} ${name}` : `${count} ${name} ${rest} ${next?.[0]}`;
}

/**
 * Tells times in the notice's zone: `12:02:31`, with the date where it is another one than that of
 * the notice.
 */
export class MomentText {
  readonly #madeMs: number;
  readonly #clock: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;

  constructor({ madeMs, timezone }: Pick<Notice, "madeMs" | "timezone">) {
    const zone = { timeZone: timezone };
    this.#madeMs = madeMs;
    this.#clock = new Intl.DateTimeFormat("en-GB", { ...zone, timeStyle: "medium" });
    this.#date = new Intl.DateTimeFormat("en-GB", {
      ...zone,
      weekday: "short",
      day: "numeric",
      month: "short",
    });
  }

  at(ms: number): string {
    const date = this.#date.format(ms);
    const time = this.#clock.format(ms);
    return date === this.#date.format(this.#madeMs) ? time : `${date.replace(",", "")} ${time}`;
  }

  /** `12:02:31 (3 min ago)` */
  ago(ms: number): string {
    return `${this.at(ms)} (${spanText(this.#madeMs - ms)} ago)`;
  }
}
