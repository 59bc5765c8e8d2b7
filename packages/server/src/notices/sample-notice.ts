import { randomUUID } from "node:crypto";
import type { Notice, NoticeItem } from "../alerts/notice.js";

export const sampleKinds = ["down", "up", "storm"] as const;
export type SampleKind = (typeof sampleKinds)[number];

const stormBots = 40;
const fleetBots = 200;

interface SampleTerms {
  readonly receiver: string;
  /** Null: a word that it is a test, and nothing else. */
  readonly as: SampleKind | null;
  readonly nowMs: number;
  readonly monitor: string;
  readonly pageUrl: string | null;
  readonly timezone: string;
}

/** A notice that says TEST: alone, or of a bot that went down or came back, or of forty of them. */
export function sampleNotice({ as, nowMs, ...rest }: SampleTerms): Notice {
  const noticeId = `test-${randomUUID()}`;
  const item = (number: number): NoticeItem => ({
    kind: as === null ? "test" : as === "up" ? "up" : "down",
    alertId: `${noticeId}-${number}`,
    rule: as === null ? "test" : "down",
    subject: as === null ? rest.receiver : `example/bot-${number}`,
    subjectKind: as === null ? "receiver" : "bot",
    severity: as === null ? "info" : "critical",
    sinceMs: as === null ? nowMs : nowMs - 250_000,
    endedMs: as === "up" ? nowMs : null,
    cause: as === null ? "Notices reach this receiver." : `process ${4_710 + number} is gone`,
    facts:
      as === "down"
        ? { lived_ms: 22_320_000, version: "1.4.3", last_rss_mb: 480, last_cpu_pct: 2.5, restarts_1h: 2 }
        : {},
    note: null,
    runbook: null,
    labels: {},
    why: null,
  });
  const items = Array.from({ length: as === "storm" ? stormBots : 1 }, (_, i) => item(i + 1));
  const down = as === "storm" ? stormBots : as === "down" ? 1 : 0;
  return {
    noticeId,
    madeMs: nowMs,
    kind: "test",
    items,
    ...rest,
    sharedCause:
      as === "storm"
        ? {
            dimension: "version",
            value: "1.4.3",
            affected: stormBots,
            of: stormBots,
            othersAffected: 0,
            others: fleetBots - stormBots,
          }
        : null,
    fleet: { online: fleetBots - down, down, other: 0 },
  };
}
