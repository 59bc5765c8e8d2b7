export const severities = ["info", "warning", "critical"] as const;
export type Severity = (typeof severities)[number];

/** What an item of a notice says. `info` with `endedMs`: it ended without a recovery. */
export type ItemKind =
  | "down"
  | "up"
  | "changed"
  | "was_down"
  | "still_down"
  | "flapping"
  | "steady"
  | "info"
  | "test";

export const subjectKinds = ["bot", "fleet", "monitor", "receiver", "budget", "host"] as const;
export type SubjectKind = (typeof subjectKinds)[number];
export type Facts = Readonly<Record<string, string | number | null>>;

/** One thing that a notice says of one alert. */
export interface NoticeItem {
  readonly kind: ItemKind;
  readonly alertId: string;
  /** `down`, `crash_loop`, ...; `custom:NAME` for a rule on a metric of the bots' own. */
  readonly rule: string;
  /** A channel; or `fleet`, a problem's code, or a receiver's name. */
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  readonly severity: Severity;
  /** Since when it is wrong, Unix milliseconds. */
  readonly sinceMs: number;
  /** When it was fine again. */
  readonly endedMs: number | null;
  /** One sentence; may hold words that a bot chose. */
  readonly cause: string;
  readonly facts: Facts;
  /** The operator's words on the bot. */
  readonly note: string | null;
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it is reported now, if that is not obvious: which silence ended, or that it is late. */
  readonly why: string | null;
}

/** What nearly all bots that are down have in common, and nearly no other has. */
export interface SharedCause {
  /** `process`, `version`, `prefix` (the channel up to its first `/`) or `boot`. */
  readonly dimension: string;
  readonly value: string;
  /** How many of the bots with this value are affected, and how many there are. */
  readonly affected: number;
  readonly of: number;
  /** The same of the bots with another value. */
  readonly othersAffected: number;
  readonly others: number;
}

/** One message to one receiver: what it does not know yet. */
export interface Notice {
  /** The same for ever and in every attempt. */
  readonly noticeId: string;
  readonly receiver: string;
  readonly madeMs: number;
  /** The monitor's name. */
  readonly monitor: string;
  readonly pageUrl: string | null;
  /** IANA. */
  readonly timezone: string;
  readonly kind: "news" | "reminder" | "all_well" | "first" | "test";
  readonly sharedCause: SharedCause | null;
  /** The worst first; empty only in `first` and `all_well`. */
  readonly items: readonly NoticeItem[];
  readonly fleet: { readonly online: number; readonly down: number; readonly other: number };
}
