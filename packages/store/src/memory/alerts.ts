import type { StoredAlert, StoredNotice, StoredSilence, StoredTell } from "../alert.js";
import {
  type AlertHistory,
  type AlertPlan,
  alertIdsIn,
  type NoticePlan,
  type OpenAlerts,
} from "../alert-query.js";
import { byText } from "../metric-series.js";
import type { ReadTables } from "../packed-batch.js";
import type { MaintenanceReport } from "../store.js";
import { storedRows } from "./stored-rows.js";

/** What is known of alerts: of each thing its newest word. */
export class Alerts {
  readonly #alerts = new Map<string, StoredAlert>();
  readonly #tells = new Map<string, StoredTell>();
  readonly #notices = new Map<string, StoredNotice>();
  readonly #silences = new Map<string, StoredSilence>();
  readonly #facts = new Map<string, string>();

  add({ alerts, tells, notices, silences, facts }: ReadTables): void {
    for (const alert of storedRows(alerts)) {
      if (alert.closedMs === null) this.#supersede(alert);
      this.#alerts.set(alert.alertId, alert);
    }
    for (const tell of storedRows(tells)) {
      this.#tells.set(JSON.stringify([tell.receiver, tell.alertId]), tell);
    }
    for (const notice of storedRows(notices)) this.#notices.set(notice.noticeId, notice);
    for (const silence of storedRows(silences)) this.#silences.set(silence.silenceId, silence);
    for (const { name, value } of storedRows(facts)) this.#facts.set(name, value);
  }

  open(): OpenAlerts {
    const notices = [...this.#notices.values()]
      .filter(({ state }) => state === "sending")
      .sort((a, b) => a.madeMs - b.madeMs || byText(a.noticeId, b.noticeId));
    const needed = new Set(notices.flatMap(({ itemsJson }) => alertIdsIn(itemsJson)));
    for (const { phase, alertId } of this.#tells.values()) if (phase !== "over") needed.add(alertId);
    const alerts = [...this.#alerts.values()]
      .filter(({ alertId, closedMs }) => closedMs === null || needed.has(alertId))
      .sort((a, b) => a.openedMs - b.openedMs || byText(a.alertId, b.alertId));
    return { alerts, tells: this.#tellsOf(alerts), notices };
  }

  history(plan: AlertPlan): AlertHistory {
    const { alertId, subject, rule, fromMs, toMs, closedFromMs, after, limit } = plan;
    const alerts = [...this.#alerts.values()]
      .filter((alert) => alertId === undefined || alert.alertId === alertId)
      .filter((alert) => subject === undefined || alert.subject === subject)
      .filter((alert) => rule === undefined || alert.rule === rule)
      .filter(({ openedMs }) => openedMs >= fromMs && openedMs < toMs)
      .filter(({ closedMs }) => closedFromMs === null || (closedMs !== null && closedMs >= closedFromMs))
      .sort((a, b) => b.openedMs - a.openedMs || byText(b.alertId, a.alertId))
      .filter(
        (alert) =>
          after === null ||
          alert.openedMs < after.openedMs ||
          (alert.openedMs === after.openedMs && byText(alert.alertId, after.alertId) < 0),
      )
      .slice(0, limit);
    return { alerts, tells: this.#tellsOf(alerts) };
  }

  notices({ receiver, alertId, fromMs, toMs, after, limit }: NoticePlan): StoredNotice[] {
    return [...this.#notices.values()]
      .filter((notice) => receiver === undefined || notice.receiver === receiver)
      .filter((notice) => alertId === undefined || alertIdsIn(notice.itemsJson).includes(alertId))
      .filter(({ madeMs }) => madeMs >= fromMs && madeMs < toMs)
      .sort((a, b) => b.madeMs - a.madeMs || byText(b.noticeId, a.noticeId))
      .filter(
        (notice) =>
          after === null ||
          notice.madeMs < after.madeMs ||
          (notice.madeMs === after.madeMs && byText(notice.noticeId, after.noticeId) < 0),
      )
      .slice(0, limit);
  }

  silences(fromMs: number): StoredSilence[] {
    return [...this.#silences.values()]
      .filter(({ untilMs }) => untilMs >= fromMs)
      .sort((a, b) => a.fromMs - b.fromMs || byText(a.silenceId, b.silenceId));
  }

  facts(): ReadonlyMap<string, string> {
    return new Map([...this.#facts].sort(([a], [b]) => byText(a, b)));
  }

  /** What is open, or on its way, stays, whatever its age. */
  expire(cutMs: number | null): Pick<MaintenanceReport["deleted"], "alerts" | "notices" | "silences"> {
    const before = (ms: number | null) => cutMs !== null && ms !== null && ms < cutMs;
    const deleted = { alerts: 0, notices: 0, silences: 0 };
    for (const { alertId, closedMs } of [...this.#alerts.values()]) {
      if (!before(closedMs)) continue;
      this.#alerts.delete(alertId);
      for (const [key, tell] of this.#tells) if (tell.alertId === alertId) this.#tells.delete(key);
      deleted.alerts++;
    }
    for (const { noticeId, settledMs } of [...this.#notices.values()]) {
      if (before(settledMs) && this.#notices.delete(noticeId)) deleted.notices++;
    }
    for (const { silenceId, untilMs } of [...this.#silences.values()]) {
      if (before(untilMs) && this.#silences.delete(silenceId)) deleted.silences++;
    }
    return deleted;
  }

  /** At most one of a rule is open on a subject: the newest. */
  #supersede({ alertId, rule, subject, openedMs }: StoredAlert): void {
    for (const other of this.#alerts.values()) {
      if (other.closedMs !== null || other.alertId === alertId) continue;
      if (other.rule !== rule || other.subject !== subject) continue;
      const closedMs = Math.max(openedMs, other.openedMs);
      this.#alerts.set(other.alertId, { ...other, closedMs, outcome: "superseded" });
    }
  }

  #tellsOf(alerts: readonly StoredAlert[]): StoredTell[] {
    const ids = new Set(alerts.map(({ alertId }) => alertId));
    return [...this.#tells.values()]
      .filter(({ alertId }) => ids.has(alertId))
      .sort((a, b) => byText(a.alertId, b.alertId) || byText(a.receiver, b.receiver));
  }
}
