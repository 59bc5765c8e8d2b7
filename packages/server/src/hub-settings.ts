import { hostRules } from "./alerts/host-incidents.js";
import type { AlertSettings, RuleSettings } from "./config/alert-settings.js";
import type { Settings } from "./config/settings.js";

/** Every rule that looks at bots, calls or the socket: a hub has none of them. */
const rulesOfMonitors = [
  "down",
  "crash_loop",
  "trouble",
  "absent",
  "conflict",
  "rss_mb",
  "cpu_pct",
  "fleet_online",
  "latency",
  "error_rate",
  "losses",
  "host_restarted",
  "budget",
  "forecast",
  // The fleet database is what a hub has problems with, and its outage makes no notice.
  "monitor",
] as const;

const off: RuleSettings = {
  enabled: false,
  forMs: null,
  holdMs: null,
  above: null,
  below: null,
  clear: null,
  least: null,
  leastPct: null,
  metric: null,
  models: null,
  features: null,
  bots: null,
  severity: null,
};

/**
 * The settings of a hub, of those that a monitor would have: what is about bots that report to this
 * process is left out.
 */
export function hubSettingsOf(settings: Settings): Settings {
  return {
    ...settings,
    alerts: hubAlertsOf(settings.alerts),
    bots: [],
    budgets: [],
    listeners: [],
    listen: [],
  };
}

function hubAlertsOf(alerts: AlertSettings): AlertSettings {
  const kept = Object.entries(alerts.rules).filter(([name]) =>
    [...hostRules, "receiver_failing"].includes(name),
  );
  const left = rulesOfMonitors.map((name) => [name, off] as const);
  return { ...alerts, rules: Object.fromEntries([...left, ...kept]) };
}
