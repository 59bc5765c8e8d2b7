import type { BotRow } from "../../src/cli/bot-row.js";
import { timestampFromMs } from "../../src/cli/quantity-text.js";

export const nowMs = Date.UTC(2026, 4, 20, 12);

/** A healthy bot, but for what a test changes. */
export function bot(channel: string, change: Partial<BotRow> = {}): BotRow {
  return {
    channel,
    pid: 4242,
    status: "online",
    status_since: timestampFromMs(nowMs - 3_600_000),
    status_cause: "registered",
    cause_code: "registered",
    previous_pid: null,
    lived_ms: null,
    features: { chat: true },
    registered_at: timestampFromMs(nowMs - 3_600_000),
    last_seen: timestampFromMs(nowMs - 12_000),
    cpu_pct: 1.25,
    rss_mb: 91.4,
    measured_at: timestampFromMs(nowMs - 5_000),
    last_cpu_pct: 1.25,
    last_rss_mb: 91.4,
    uptime_s: 3_600,
    restarts: 0,
    restarts_1h: 0,
    crash_loop: false,
    crashes_10m: 0,
    crash_life_ms: null,
    started_at: timestampFromMs(nowMs - 3_600_000),
    process_seen: true,
    trouble: null,
    trouble_since: null,
    version: "1.0.0",
    interval_s: 30,
    conflict: null,
    client_dropped: 0,
    note: null,
    runbook: null,
    labels: {},
    ...change,
  };
}

export const health = {
  status: "ok",
  problems: [],
  name: "bots-1\u0007",
  version: "1.2.3",
  pid: 99,
  started_at: timestampFromMs(nowMs - 7_200_000),
  uptime_s: 7_200,
  socket: "/run/kb.sock",
  store: { url: "/var/kb.db", status: "ok", detail: null, pending_rows: 0, committed_rows: 1_234 },
  bots: { online: 1, stale: 0, dead: 0, offline: 0 },
  connections: 1,
  queue_depth: 0,
  queue: { rows: 0, max_rows: 100_000, bytes: 0, max_bytes: 67_108_864 },
  lines: { lines: 5_000, rejected: { invalid_json: 2, truncated: 1 }, ignored: 0 },
};
