import { durationMsFrom } from "../config/duration.js";

/** Where days begin, and what a time without a zone is in: the zone of this machine, or UTC. */
export interface TimeSetting {
  readonly nowMs: number;
  readonly utc: boolean;
}

/** The forms that `msFromTimePoint` reads, for an error or a help text. */
export const timeForms =
  "a duration ago (45s, 90m, 1h30m, 2d), a day (2026-11-01), a time (2026-11-01T18:30, 2026-11-01T18:30:00Z), today, yesterday or now";

const dayMs = 86_400_000;
const latestMs = 253_402_300_799_999;
const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/**
 * A point in time as a person writes it, in Unix milliseconds; undefined for anything else, and for
 * a time before 1970 or after the year 9999.
 */
export function msFromTimePoint(text: string, setting: TimeSetting): number | undefined {
  const words = text.trim();
  const ms = wordMs(words, setting) ?? spanAgoMs(words, setting.nowMs) ?? isoMs(words, setting.utc);
  return ms !== undefined && ms >= 0 && ms <= latestMs ? ms : undefined;
}

function wordMs(word: string, { nowMs, utc }: TimeSetting): number | undefined {
  if (word === "now") return nowMs;
  const back = ["today", "yesterday"].indexOf(word);
  if (back === -1) return undefined;
  if (utc) return Math.floor(nowMs / dayMs) * dayMs - back * dayMs;
  const now = new Date(nowMs);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - back).getTime();
}

function spanAgoMs(text: string, nowMs: number): number | undefined {
  const spanMs = spanMsFrom(text);
  return spanMs === undefined ? undefined : Math.floor(nowMs - spanMs);
}

const unitOrder = ["w", "d", "h", "m", "s", "ms"];
const weekMs = 7 * dayMs;

/**
 * `45s`, `1h30m`, `1w 2d`, and whatever `durationMsFrom` reads, in milliseconds. Each unit occurs
 * once, the larger first; only the last may have a fraction. A number that looks like a year is not
 * a duration.
 */
export function spanMsFrom(text: string): number | undefined {
  if (/^(?:19[7-9]\d|2\d{3})$/.test(text)) return undefined;
  const parts = text.match(/\d+(?:\.\d+)? ?(?:ms|[smhdw])(?![a-z])/g) ?? [];
  if (parts.length === 0 || text.replace(/ /g, "") !== parts.join("").replace(/ /g, "")) {
    return durationMsFrom(text);
  }
  let sum = 0;
  let before = -1;
  for (const [i, part] of parts.entries()) {
    const [, amount = "", unit = ""] = /^([\d.]+) ?(\w+)$/.exec(part) ?? [];
    const order = unitOrder.indexOf(unit);
    if (order <= before || (amount.includes(".") && i < parts.length - 1)) return undefined;
    before = order;
    sum += unit === "w" ? Number(amount) * weekMs : (durationMsFrom(part) ?? Number.NaN);
  }
  return sum;
}

function isoMs(text: string, utc: boolean): number | undefined {
  const [matched, ...parts] = iso.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const ms = Number((parts[6] ?? "").padEnd(3, "0").slice(0, 3));
  // The engine takes the 30th of February for a day in March, and 24:30 for the next day.
  const known = new Date(Date.UTC(year, month - 1, day));
  const isDay = known.getUTCMonth() === month - 1 && known.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = parts[7] ?? (utc ? "Z" : "");
  if (zone === "") return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
  const offsetMs = offsetMsOf(zone);
  return offsetMs === undefined
    ? undefined
    : Date.UTC(year, month - 1, day, hour, minute, second, ms) - offsetMs;
}

function offsetMsOf(zone: string): number | undefined {
  if (zone.toUpperCase() === "Z") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
