import type { AlertMemory, StoredEpisode } from "../../src/alerts/alert-memory.js";
import type { AlertRecords, NoticeRecord, Tell } from "../../src/alerts/alert-records.js";
import type { Episode } from "../../src/alerts/episode.js";
import type { Silence } from "../../src/alerts/silence.js";
import type { Work } from "../../src/alerts/work.js";

interface Contents {
  readonly alerts: Map<string, StoredEpisode>;
  readonly tells: Map<string, { receiver: string; alertId: string; tell: Tell }>;
  readonly notices: Map<string, NoticeRecord>;
  readonly silences: Map<string, Silence>;
  readonly facts: Map<string, string>;
}

/**
 * A database of alerts that may be away: what is written then waits, and is lost with the monitor.
 */
export class AlertDisk implements AlertRecords {
  readonly contents: Contents = {
    alerts: new Map(),
    tells: new Map(),
    notices: new Map(),
    silences: new Map(),
    facts: new Map(),
  };
  isAway = false;
  #waiting: (() => void)[] = [];

  alert(episode: Episode): void {
    const { openedClockMs: _, subject, ...rest } = episode;
    const row = { ...rest, subject: { kind: subject.kind, name: subject.name } };
    this.#write(() => this.contents.alerts.set(row.alertId, row));
  }

  recordTell(receiver: string, alertId: string, tell: Tell): void {
    this.#write(() => this.contents.tells.set(`${receiver} ${alertId}`, { receiver, alertId, tell }));
  }

  *pack(): Work<void> {
    yield;
  }

  notice(notice: NoticeRecord): void {
    this.#write(() => this.contents.notices.set(notice.noticeId, notice));
  }

  silence(silence: Silence): void {
    const row = { ...silence };
    this.#write(() => this.contents.silences.set(row.silenceId, row));
  }

  fact(name: string, value: string): void {
    this.#write(() => this.contents.facts.set(name, value));
  }

  isStored(noticeId: string): boolean {
    return this.contents.notices.has(noticeId);
  }

  /** Everything that waits is committed, where the database is there. */
  commit(): void {
    if (this.isAway) return;
    for (const write of this.#waiting.splice(0)) write();
  }

  /** The monitor is killed: what was not committed is lost. Of one commit any part may be there. */
  kill(committed: number): void {
    if (!this.isAway) for (const write of this.#waiting.splice(0, committed)) write();
    this.#waiting = [];
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What the next monitor reads. */
  memory(wallMs: number): AlertMemory {
    const { alerts, tells, notices, silences, facts } = this.contents;
    const onTheWay = [...notices.values()].filter(({ state }) => state === "sending");
    const mentioned = new Set(onTheWay.flatMap(({ entries }) => entries.map(({ alertId }) => alertId)));
    const owed = [...tells.values()].filter(({ tell }) => tell.phase !== "over");
    const needed = new Set([...mentioned, ...owed.map(({ alertId }) => alertId)]);
    const all = [...alerts.values()];
    const wanted = all.filter(({ alertId, closedMs }) => closedMs === null || needed.has(alertId));
    const ids = new Set(wanted.map(({ alertId }) => alertId));
    return {
      alerts: wanted.map((alert) => ({ ...alert })),
      tells: [...tells.values()].filter(({ alertId }) => ids.has(alertId)),
      notices: onTheWay,
      silences: [...silences.values()].map((silence) => ({ ...silence })),
      facts: new Map(facts),
      recent: all.filter(({ closedMs }) => closedMs !== null && wallMs - closedMs < 1_800_000),
    };
  }

  #write(write: () => void): void {
    this.#waiting.push(write);
  }
}
