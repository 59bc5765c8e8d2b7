import type { Retention } from "@kissbot/store";
import type { Settings } from "./settings.js";

export type KeptDays = Pick<
  Settings,
  | "retentionDays"
  | "minuteRetentionDays"
  | "hourRetentionDays"
  | "customRetentionDays"
  | "statusRetentionDays"
  | "usageRetentionDays"
>;

/** How long the store keeps rows, by the settings: the same for whoever reads its file. */
export function retentionFrom(settings: KeptDays): Retention {
  return {
    metricsDays: settings.retentionDays,
    minuteDays: settings.minuteRetentionDays,
    hourDays: settings.hourRetentionDays,
    customMetricsDays: settings.customRetentionDays,
    statusHistoryDays: settings.statusRetentionDays,
    usageDays: settings.usageRetentionDays,
  };
}
