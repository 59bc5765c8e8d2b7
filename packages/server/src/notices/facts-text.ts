import type { Facts } from "../alerts/notice.js";
import { spanText } from "./moment-text.js";
import { longestName, shownText } from "./shown-text.js";

/**
 * `ran 6 h 12 min · version 1.4.3 · last RSS 480 MB · 2 crashes in the last hour`; empty where
 * nothing is known.
 */
export function factsText(facts: Facts): string {
  const number = (name: string) => {
    const value = facts[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  };
  const text = (name: string) => {
    const value = facts[name];
    return typeof value === "string" && value !== "" ? shownText(value, longestName) : null;
  };
  const lived = number("lived_ms");
  const [version, before] = [text("version"), text("version_before")];
  const [rss, cpu] = [number("last_rss_mb"), number("last_cpu_pct")];
  // A bot that crashed and did not come back has crashed, and not restarted.
  const crashes = number("restarts_1h");
  const lastCall = number("last_call_ms");
  return [
    lived === null ? null : `ran ${spanText(lived)}`,
    version === null ? null : `version ${version}${before === null ? "" : ` (was ${before})`}`,
    rss === null ? null : `last RSS ${rounded(rss)} MB`,
    cpu === null ? null : `last CPU ${rounded(cpu)} %`,
    crashes === null || crashes === 0
      ? null
      : `${crashes} crash${crashes === 1 ? "" : "es"} in the last hour`,
    lastCall === null ? null : `last LLM call ${spanText(lastCall)} before`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}
