import { Option } from "commander";
import { quotedText } from "../quoted-text.js";
import type { Options } from "./command-context.js";
import { msFromTimePoint, spanMsFrom, type TimeSetting, timeForms } from "./time-point.js";

/** What `--since` and `--until` say; undefined where they were not given. */
export interface TimeRange {
  readonly fromMs: number | undefined;
  /** Not included. */
  readonly toMs: number | undefined;
}

/**
 * Reads `--since`, `--until` and `--utc`. What is wrong goes into `problems`, one sentence each.
 */
export function timeRangeFrom(options: Options, nowMs: number, problems: string[]): TimeRange {
  const setting = { nowMs, utc: options["utc"] === true };
  const fromMs = pointFrom("since", options, setting, problems);
  const toMs = pointFrom("until", options, setting, problems);
  if (fromMs !== undefined) {
    const given = quotedText(String(options["since"]));
    if (fromMs > nowMs) problems.push(`--since: ${given} is in the future`);
    else if (fromMs === nowMs) problems.push(`--since: ${given} is now, so the period is empty`);
    else if (toMs !== undefined && fromMs >= toMs) problems.push("--since: expected a time before --until");
  }
  return { fromMs, toMs };
}

function pointFrom(
  name: "since" | "until",
  options: Options,
  setting: TimeSetting,
  problems: string[],
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const given = String(text);
  const ms = msFromTimePoint(given, setting);
  if (ms !== undefined) return ms;
  const isLong = (spanMsFrom(given.trim()) ?? 0) > setting.nowMs;
  problems.push(
    isLong
      ? `--${name}: ${quotedText(given)} goes back beyond 1970`
      : `--${name}: expected ${timeForms}; got ${quotedText(given)}`,
  );
  return undefined;
}

/** For each command that is about a period. `fallback`: from when on without it. */
export function sinceOption(fallback: string): Option {
  return new Option(
    "--since <time>",
    `start: 90m, 1h30m, 2d ago, or 2026-11-01, 2026-11-01T18:30 (default: ${fallback})`,
  );
}

export function untilOption(): Option {
  return new Option("--until <time>", "end, in the same forms (default: now)");
}
