import type { AlertBook } from "./alert-book.js";
import { type Episode, noWords, type Outcome, type Subject } from "./episode.js";
import type { Mailbox } from "./mailbox.js";
import type { Facts, Severity } from "./notice.js";
import { type Finding, fine } from "./rule.js";

export const hostRules = ["host_silent", "channel_on_two_hosts"] as const;
export type HostRule = (typeof hostRules)[number];

/** An incident of the hosts that this monitor tells its receivers about. */
export interface HostIncident {
  readonly incidentId: number;
  readonly rule: HostRule;
  /** A host's name, or a channel. */
  readonly subject: string;
  /** One sentence. */
  readonly cause: string;
  readonly sinceMs: number;
  readonly facts: Facts;
  /** Null while it is open. `over`: it is fine again. `gone`: the host was stopped or replaced. */
  readonly end: "over" | "gone" | null;
  /** A receiver knows of it, whoever told it. */
  readonly isTold: boolean;
}

/** How far an incident was told. `ended`: nothing more is to be said of it. */
export interface IncidentMark {
  readonly incidentId: number;
  readonly mark: "told" | "ended";
}

const severityOf: Readonly<Record<HostRule, Severity>> = {
  host_silent: "critical",
  channel_on_two_hosts: "warning",
};

/**
 * The incidents of the hosts between their leader and the alerts here. Each has one monitor that
 * tells of it. One that goes on where another monitor ended tells nothing that was told, but for
 * the end. Pure but for its callback. `isInFleet`: whether this monitor has a fleet database. One
 * that left it hears nothing more of other hosts.
 */
export class HostIncidents {
  readonly #isInFleet: boolean;
  #incidents: readonly HostIncident[] = [];
  #isKnown = false;
  /** Those that were judged as wrong, and as fine. */
  readonly #wrong = new Set<number>();
  readonly #fine = new Set<number>();
  readonly #marked = new Set<string>();
  /** Told which incidents were told or ended; again as long as they come. */
  onMarks: (marks: readonly IncidentMark[]) => void = () => undefined;

  constructor({ isInFleet = true }: { readonly isInFleet?: boolean } = {}) {
    this.#isInFleet = isInFleet;
  }

  /** What is to be told from now on; null while that is unknown, which changes nothing. */
  take(incidents: readonly HostIncident[] | null): void {
    this.#isKnown = incidents !== null;
    if (incidents === null) return;
    this.#incidents = incidents;
    this.#marked.clear();
    const present = new Set(incidents.map(({ incidentId }) => incidentId));
    for (const ids of [this.#wrong, this.#fine]) for (const id of ids) if (!present.has(id)) ids.delete(id);
  }

  findings(rule: HostRule): readonly Finding[] {
    if (!this.#isKnown) return [];
    const findings = new Map<string, Finding>();
    // Hosts may share a name: what is open counts.
    for (const incident of this.#of(rule)) {
      const known = findings.get(incident.subject);
      if (known?.verdict.state === "wrong") continue;
      findings.set(incident.subject, this.#findingOf(incident));
    }
    return [...findings.values()];
  }

  /** How an open alert ends without a recovery; null where it goes on, or nobody knows. */
  endOf({ rule, subject }: Pick<Episode, "rule" | "subject">): Outcome | null {
    if (!this.#isInFleet) return "forgotten";
    if (!this.#isKnown) return null;
    const own = this.#of(rule).filter((incident) => incident.subject === subject.name);
    // Another monitor tells of it.
    if (own.length === 0) return "superseded";
    return own.every(({ end }) => end === "gone") ? "forgotten" : null;
  }

  /** After the rules and before the notices of a turn. */
  settle(book: AlertBook, mailboxes: readonly Mailbox[], nowMs: number): void {
    if (!this.#isKnown) return;
    const marks: IncidentMark[] = [];
    for (const incident of this.#incidents) {
      const { rule, subject, incidentId, end, isTold } = incident;
      const open = book.episodes.get(rule, subject);
      if (open !== undefined) {
        if (isTold) adopt(open, incident, book, mailboxes, nowMs);
        else if (book.ledger.isTold(open.alertId)) marks.push({ incidentId, mark: "told" });
        continue;
      }
      const isJudged = end === "gone" || (end === "over" && this.#fine.has(incidentId));
      const owed = [...book.ended.values()].find((one) => one.rule === rule && one.subject.name === subject);
      if (owed === undefined) {
        if (isJudged) marks.push({ incidentId, mark: "ended" });
        // Who goes on after a stop must know that receivers wait for the end.
      } else if (!isTold && book.ledger.isTold(owed.alertId)) marks.push({ incidentId, mark: "told" });
    }
    const fresh = marks.filter(({ incidentId, mark }) => !this.#marked.has(`${incidentId} ${mark}`));
    for (const { incidentId, mark } of fresh) this.#marked.add(`${incidentId} ${mark}`);
    if (fresh.length > 0) this.onMarks(fresh);
  }

  #of(rule: string): readonly HostIncident[] {
    return this.#incidents.filter((incident) => incident.rule === rule);
  }

  #findingOf({ incidentId, rule, subject: name, cause, sinceMs, facts, end, isTold }: HostIncident): Finding {
    const subject = subjectOf(rule, name);
    // One that was told elsewhere and is over opens first, or nobody would hear of its end.
    const isWrong = end === null || (end === "over" && isTold && !this.#wrong.has(incidentId));
    (isWrong ? this.#wrong : this.#fine).add(incidentId);
    if (!isWrong) return { subject, verdict: fine };
    const severity = severityOf[rule];
    return { subject, verdict: { state: "wrong", cause, sinceMs, severity, grade: 0, facts } };
  }
}

/** A channel's alert goes where the alerts of its bot go. */
function subjectOf(rule: HostRule, name: string): Subject {
  const subject = noWords("host", name);
  return rule === "host_silent" ? subject : { ...subject, bot: name };
}

/** What another monitor told is known to the receivers here: they are the same ones. */
function adopt(
  episode: Episode,
  { incidentId }: HostIncident,
  { ledger }: AlertBook,
  mailboxes: readonly Mailbox[],
  tsMs: number,
): void {
  if (ledger.isTold(episode.alertId)) return;
  const { alertId, grade } = episode;
  const noticeId = `incident-${incidentId}`;
  for (const mailbox of mailboxes)
    if (mailbox.isTaken(episode)) ledger.set(mailbox.name, alertId, { phase: "told", noticeId, tsMs, grade });
}
