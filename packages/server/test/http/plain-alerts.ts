import type { Episode } from "../../src/alerts/episode.js";
import type { AlertsView } from "../../src/http/alerts-view.js";
import { noonMs } from "./plain-fleet.js";

const openedMs = noonMs + 30_000;

const down: Episode = {
  alertId: "a-mpdykxc0a1b-1",
  rule: "down",
  subject: { kind: "bot", name: "discord/lounge", note: null, runbook: null, labels: {} },
  severity: "critical",
  sinceMs: noonMs,
  openedMs,
  openedClockMs: 0,
  closedMs: null,
  outcome: null,
  cause: "no heartbeat for 60 s",
  grade: 0,
  facts: { status: "stale", pid: 4242, last_rss_mb: 88 },
  ack: null,
};

/** One bot is down, and one receiver knows it. */
export const plainAlerts: AlertsView = {
  isOn: true,
  openAlerts: () => [down],
  alert: (alertId) => (alertId === down.alertId ? down : null),
  tellsOf: () => [
    { receiver: "ops", phase: "told", noticeId: "n-mpdykxc0a1b-2", tsMs: openedMs + 20_000, grade: 0 },
  ],
  receivers: () => [
    {
      name: "ops",
      kind: "discord",
      state: "ok",
      sinceMs: null,
      detail: null,
      waiting: 0,
      sent: 2,
      failed: 0,
      doubtful: 0,
    },
  ],
  silences: () => [
    {
      silenceId: "s-mpdykxc0a1b-3",
      channels: ["twitch/*"],
      rules: null,
      fromMs: noonMs,
      untilMs: noonMs + 7_200_000,
      by: "ops",
      why: "deploy",
      endedMs: null,
    },
  ],
  explain: (channel) => ({
    channel,
    isKnown: channel === "discord/lounge",
    rules: [
      {
        rule: "down",
        state: "wrong",
        isOpen: true,
        text: "no heartbeat for 60 s: wrong; the alert is open",
        facts: { status: "stale", pid: 4242 },
      },
    ],
    receivers: [
      {
        receiver: "ops",
        alertId: down.alertId,
        rule: "down",
        code: "told",
        text: "told at 2026-05-20T12:00:50.000Z",
        noticeId: "n-mpdykxc0a1b-2",
      },
    ],
  }),
};
