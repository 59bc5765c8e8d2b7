import { type Facts, type Severity, type SubjectKind, severities } from "./notice.js";

/** How an alert ended. `over`: it is fine again. The others end without a recovery. */
export type Outcome = "over" | "moot" | "forgotten" | "rule_off" | "superseded";

/** Somebody acknowledged it: reminders stop. */
export interface Acknowledgement {
  readonly by: string;
  readonly why: string;
  readonly atMs: number;
}

/** What an alert is on. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly name: string;
  /** The bot that a budget is of, which has it for itself. */
  readonly bot?: string;
  readonly note: string | null;
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** An alert, from its opening to its end. Times are Unix milliseconds, except `openedClockMs`. */
export interface Episode {
  readonly alertId: string;
  readonly rule: string;
  /** What the operator says of it is as it was when it opened, or at the last reload. */
  subject: Subject;
  severity: Severity;
  readonly sinceMs: number;
  openedMs: number;
  /** On the desk's clock. */
  openedClockMs: number;
  closedMs: number | null;
  outcome: Outcome | null;
  cause: string;
  /** Grows when it gets worse: receivers that know of it are notified once more. */
  grade: number;
  facts: Facts;
  ack: Acknowledgement | null;
}

/** Rules that say something once: nothing ends, so nothing is said at the end. */
const newsRules: ReadonlySet<string> = new Set(["host_restarted", "budget", "forecast"]);

/** The bot that it is about; null if none. */
export function botOf({ kind, name, bot }: Pick<Subject, "kind" | "name" | "bot">): string | null {
  return kind === "bot" ? name : (bot ?? null);
}

export function isNews({ rule }: Pick<Episode, "rule">): boolean {
  return newsRules.has(rule);
}

/** Nothing is said at its end: it was news, or another monitor or alert stands for it now. */
export function endsSilently(episode: Pick<Episode, "rule" | "outcome">): boolean {
  return isNews(episode) || episode.outcome === "superseded";
}

const flappingPrefix = "flapping:";

/** The rule of the alert which says that alerts of this rule come and go. */
export function flappingOf(rule: string): string {
  return flappingPrefix + rule;
}

export function isFlapping({ rule }: Pick<Episode, "rule">): boolean {
  return rule.startsWith(flappingPrefix);
}

/** The rule that an operator knows: of `flapping:down`, it is `down`. */
export function plainRule({ rule }: Pick<Episode, "rule">): string {
  return rule.startsWith(flappingPrefix) ? rule.slice(flappingPrefix.length) : rule;
}

export function noWords(kind: SubjectKind, name: string): Subject {
  return { kind, name, note: null, runbook: null, labels: {} };
}

/** The higher, the worse. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}
