import type { Store } from "@kissbot/store";
import type { AlertMemory } from "../alerts/alert-memory.js";
import { episodeOf, noticeOf, silenceOf, tellOf } from "./alert-rows.js";

/** Silences that ended within a day are known: an alert that is told then says so. */
const silenceMs = 86_400_000;
const recentMs = 1_800_000;
const mostRecent = 10_000;

/** What a monitor that starts has to know of alerts. */
export async function readAlertMemory(
  store: Pick<Store, "openAlerts" | "silences" | "facts" | "alertHistory">,
  nowMs: number,
): Promise<AlertMemory> {
  const { alerts, tells, notices } = await store.openAlerts();
  const silences = await store.silences({ fromMs: Math.max(0, nowMs - silenceMs) });
  const recent = await store.alertHistory({
    closedFromMs: Math.max(0, nowMs - recentMs),
    limit: mostRecent,
  });
  return {
    alerts: alerts.map(episodeOf),
    tells: tells.map((row) => ({ receiver: row.receiver, alertId: row.alertId, tell: tellOf(row) })),
    notices: notices.map(noticeOf),
    silences: silences.map(silenceOf),
    facts: await store.facts(),
    recent: recent.alerts.map(episodeOf),
  };
}
