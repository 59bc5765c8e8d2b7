import type { Environment, Flags } from "../../src/config/given-value.js";
import { fileContents, type ResolveOptions, resolveSettings } from "../../src/config/resolve-settings.js";
import type { Settings } from "../../src/config/settings.js";
import { parseSettingsFile } from "../../src/config/settings-file.js";
import { hostTimeZone } from "../../src/config/time-zone.js";
import { UsageError } from "../../src/config/usage-error.js";

export const surroundings = { platform: "linux", workingDirectory: "/srv/bots", hostName: "bots-1" } as const;

/** What flags, variables and a file come to, on Linux in `/srv/bots`. */
export function resolve(
  flags: Flags = {},
  environment: Environment = {},
  yaml?: string,
  options: Partial<ResolveOptions> = {},
) {
  const file = yaml === undefined ? null : parseSettingsFile("kb.yaml", yaml, fileContents);
  return resolveSettings(flags, environment, file, { serving: true, surroundings, ...options });
}

/** What is told where they are wrong. */
export function problemsOf(
  flags: Flags = {},
  environment: Environment = {},
  yaml?: string,
): readonly string[] {
  try {
    resolve(flags, environment, yaml);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

export const defaults: Settings = {
  name: "bots-1",
  displayName: "bots-1",
  publicUrl: null,
  timezone: hostTimeZone(),
  alertUrl: null,
  alerts: {
    timezone: hostTimeZone(),
    receivers: [],
    rules: {},
    windows: [],
    groupWaitMs: 20_000,
    groupIntervalMs: 60_000,
    reminder: { at: "09:00", weekly: true },
    deadman: null,
  },
  bots: [],
  prices: [],
  defaultProvider: null,
  budgets: [],
  socketPath: "/tmp/kissbot_monitor.sock",
  socketMode: 0o660,
  socketGroup: null,
  listen: [],
  listeners: [],
  store: "/srv/bots/kissbot_monitor.db",
  retentionDays: 7,
  minuteRetentionDays: 30,
  hourRetentionDays: 400,
  customRetentionDays: 30,
  statusRetentionDays: 400,
  usageRetentionDays: null,
  forgetAfterMs: null,
  fleet: null,
  fleetPasswordFile: null,
  fleetRowsPerSecond: 20_000,
  fleetMetrics: "minutes",
  fleetMostAgeMs: null,
  mayLeadFleet: true,
  http: { host: "127.0.0.1", port: 7788 },
  httpToken: null,
  httpWriteToken: null,
  httpAllowedHosts: [],
  staleTimeoutMs: 60_000,
  metricsIntervalMs: 15_000,
  probe: "auto",
  queueLimit: 100_000,
  queueBytes: 67_108_864,
  storeRowsPerSecond: 10_000,
  maxBots: 100_000,
  logLevel: "info",
  logFormat: "auto",
};
