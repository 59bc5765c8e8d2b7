/** Shown for an unknown value. */
export const unknownText = "-";

const countFormat = new Intl.NumberFormat("en-US");

const steps = [
  { unit: "d", seconds: 86_400 },
  { unit: "h", seconds: 3_600 },
  { unit: "m", seconds: 60 },
  { unit: "s", seconds: 1 },
] as const;

/**
 * A span in its largest unit, rounded down: `59 s`, `3 m`, `2 h`, `5 d`. A negative one (clocks
 * differ) is `0 s`.
 */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const step = steps.find((one) => seconds >= one.seconds) ?? steps[3];
  return `${Math.floor(seconds / step.seconds)} ${step.unit}`;
}

/** A span in its two largest units, rounded down: `59 s`, `3 m 12 s`, `2 h`, `5 d 3 h`. */
export function longSpanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const i = steps.findIndex((one) => seconds >= one.seconds);
  const next = steps[i + 1];
  if (i === -1 || next === undefined) return spanText(ms);
  const rest = Math.floor((seconds % (steps[i]?.seconds ?? 1)) / next.seconds);
  return rest === 0 ? spanText(ms) : `${spanText(ms)} ${rest} ${next.unit}`;
}

/** How long ago a time of the API was; unknown where it is unknown. */
export function spanSince(timestamp: string | null | undefined, nowMs: number): string {
  const ms = msFromTimestamp(timestamp);
  return ms === null ? unknownText : spanText(nowMs - ms);
}

/** `3 m ago`. */
export function agoText(timestamp: string | null | undefined, nowMs: number): string {
  const span = spanSince(timestamp, nowMs);
  return span === unknownText ? span : `${span} ago`;
}

/** Unix milliseconds of a time as the database and the API have it; null for none. */
export function msFromTimestamp(timestamp: string | null | undefined): number | null {
  const ms = Date.parse(timestamp ?? "");
  return Number.isNaN(ms) ? null : ms;
}

/** The API's form of a time. */
export function timestampFromMs(ms: number): string;
export function timestampFromMs(ms: number | null): string | null;
export function timestampFromMs(ms: number | null): string | null {
  return ms === null ? null : `${new Date(ms).toISOString().slice(0, 23)}000+00:00`;
}

export function countText(count: number): string {
  return countFormat.format(count);
}

/** `1 bot`, `2 bots`. */
export function amountOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function percentText(pct: number | null | undefined): string {
  return typeof pct === "number" ? `${pct.toFixed(pct < 10 ? 1 : 0)} %` : unknownText;
}

export function megabytesText(mb: number | null | undefined): string {
  if (typeof mb !== "number") return unknownText;
  return mb < 1_024 ? `${mb.toFixed(0)} MB` : `${(mb / 1_024).toFixed(1)} GB`;
}

export function bytesText(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} kB` : megabytesText(bytes / 1_048_576);
}
