import { Option } from "commander";
import { msFromTimestamp, unknownText } from "./quantity-text.js";

/** Times for people, all in one zone, which an output names once. Each has the same width. */
export interface TimeText {
  /** `Europe/Berlin`, `UTC`; the offset where the system gives its zone no name. */
  readonly zone: string;
  /** `2026-11-26 03:02:11`; `-` for a time that is not known. */
  second(timestamp: string | null | undefined): string;
  /** `2026-11-26 03:02` */
  minute(timestamp: string | null | undefined): string;
  /** `2026-11-26` */
  day(timestamp: string | null | undefined): string;
}

/** For each command that prints times. */
export function utcOption(): Option {
  return new Option("--utc", "times in UTC instead of the local zone");
}

/** The zone of the options: UTC with `--utc`, else that of the system, which TZ sets. */
export function timeTextOf(options: Readonly<Record<string, unknown>>): TimeText {
  return timeTextIn(options["utc"] === true ? "UTC" : undefined);
}

/** Times of a zone; absent: the system's. */
export function timeTextIn(timeZone?: string): TimeText {
  const format = new Intl.DateTimeFormat("en-US", {
    ...(timeZone === undefined ? {} : { timeZone }),
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  const cut = (length: number) => (timestamp: string | null | undefined) => {
    const ms = msFromTimestamp(timestamp);
    return ms === null ? unknownText : wallClock(format, ms).slice(0, length);
  };
  return { zone: zoneName(format), second: cut(19), minute: cut(16), day: cut(10) };
}

function wallClock(format: Intl.DateTimeFormat, ms: number): string {
  const { year = "", month, day, hour, minute, second } = partsOf(format, ms);
  return `${year.padStart(4, "0")}-${month}-${day} ${hour}:${minute}:${second}`;
}

function zoneName(format: Intl.DateTimeFormat): string {
  const { timeZone } = format.resolvedOptions();
  if (timeZone && timeZone !== "Etc/Unknown") return timeZone === "Etc/UTC" ? "UTC" : timeZone;
  return partsOf(format, Date.now())["timeZoneName"]?.replace("GMT", "UTC") ?? "local";
}

function partsOf(format: Intl.DateTimeFormat, ms: number): Record<string, string> {
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}
