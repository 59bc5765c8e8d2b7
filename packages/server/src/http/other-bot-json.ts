import type { OtherBot } from "../fleet/other-bots.js";
import { timestampFromMs } from "./timestamp.js";

/**
 * A bot of another host as JSON text, with the members of an own one; null where its host alone
 * knows them.
 */
export function otherBotJson(bot: OtherBot, nowMs: number): string {
  const time = (ms: number | null) => (ms === null ? null : timestampFromMs(ms + bot.shiftMs));
  const { stored, host, status, reportedStatus } = bot;
  const isEnded = reportedStatus === "dead" || reportedStatus === "offline";
  const isMeasured = status === "online" || status === "stale";
  const { startedAtMs } = stored;
  return JSON.stringify({
    channel: stored.channel,
    principal: null,
    pid: stored.pid,
    status,
    status_since: time(stored.statusSinceMs),
    status_cause: stored.cause ?? "",
    cause_code: stored.causeCode ?? "other",
    previous_pid: stored.previousPid,
    lived_ms: stored.livedMs,
    features: featuresOf(stored.featuresJson),
    registered_at: time(stored.registeredAtMs),
    last_seen: time(stored.lastSeenMs),
    cpu_pct: isMeasured ? stored.lastCpuPct : null,
    rss_mb: isMeasured ? stored.lastRssMb : null,
    measured_at: null,
    last_cpu_pct: stored.lastCpuPct,
    last_rss_mb: stored.lastRssMb,
    uptime_s:
      startedAtMs === null || isEnded || status === "unknown"
        ? null
        : Math.max(0, Math.floor((nowMs - startedAtMs - bot.shiftMs) / 1_000)),
    restarts: stored.restarts ?? 0,
    restarts_1h: null,
    crash_loop: null,
    crashes_10m: null,
    crash_life_ms: null,
    started_at: time(startedAtMs),
    process_seen: stored.processSeen ?? false,
    trouble: stored.trouble,
    trouble_since: time(stored.troubleSinceMs),
    version: stored.version,
    interval_s: stored.intervalS,
    conflict: null,
    client_dropped: null,
    note: null,
    runbook: null,
    labels: {},
    host: host.name,
    host_id: host.hostId,
    reported_status: reportedStatus,
    as_of: timestampFromMs(bot.asOfMs),
  });
}

/** What its host stored; a text that is no object of flags has none. */
function featuresOf(text: string): Readonly<Record<string, boolean>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    const flags = Object.entries(parsed).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === "boolean",
    );
    return Object.fromEntries(flags);
  } catch {
    return {};
  }
}
