/**
 * The tables whose rows a monitor sends to the fleet's database, by the names of their cursors
 * there, in the order in which they are sent.
 */
export const sourceTables = {
  status: "monitor_status_history",
  usage: "llm_usage",
  custom: "monitor_custom_metrics",
  metrics: "bot_metrics",
} as const;

export type FleetSource = keyof typeof sourceTables;

export const fleetSources = Object.keys(sourceTables) as readonly FleetSource[];
