import type { EntryKind } from "./alert-records.js";
import type { Draft } from "./difference.js";
import { plainRule } from "./episode.js";
import { type ItemKind, type Notice, type NoticeItem, severities } from "./notice.js";
import { type Comparable, sharedCauseOf } from "./shared-cause.js";

/** What each notice says of the monitor and its fleet. */
export interface NoticeSurroundings {
  readonly monitor: string;
  readonly pageUrl: string | null;
  readonly timezone: string;
  readonly fleet: () => Iterable<Comparable>;
  readonly counts: () => Readonly<Record<"online" | "stale" | "dead" | "offline", number>>;
}

export interface NoticeMaterial {
  readonly noticeId: string;
  readonly receiver: string;
  readonly madeMs: number;
  readonly kind: Notice["kind"];
  readonly drafts: readonly Draft[];
}

const kindOrder: readonly EntryKind[] = [
  "down",
  "changed",
  "flapping",
  "still_down",
  "info",
  "was_down",
  "up",
  "steady",
];

/** Makes the message of what a receiver does not know yet, the worst first. */
export function noticeOf(
  { noticeId, receiver, madeMs, kind, drafts }: NoticeMaterial,
  { monitor, pageUrl, timezone, fleet, counts }: NoticeSurroundings,
): Notice {
  const shown = inTurn(drafts.filter((draft) => draft.kind !== "counted").sort(byUrgency));
  const downs = shown.filter(
    (draft) => draft.kind === "down" && draft.episode.rule === "down" && draft.episode.subject.kind === "bot",
  );
  const sharedCause =
    downs.length < 3
      ? null
      : sharedCauseOf(new Set(downs.map(({ episode }) => episode.subject.name)), fleet());
  const mates = processMates(downs);
  const { online, stale, dead, offline } = counts();
  return {
    noticeId,
    receiver,
    madeMs,
    monitor,
    pageUrl,
    timezone,
    kind,
    sharedCause,
    items: shown.map((draft) => itemOf(draft, mates)),
    fleet: { online, down: dead + stale, other: offline },
  };
}

function itemOf({ episode, kind, why }: Draft, mates: ReadonlyMap<unknown, number>): NoticeItem {
  const { alertId, subject, severity, sinceMs, closedMs, cause, facts } = episode;
  const bots = mates.get(facts["pid"]) ?? 1;
  return {
    kind: kind as ItemKind,
    alertId,
    rule: plainRule(episode),
    subject: subject.name,
    subjectKind: subject.kind,
    severity,
    sinceMs,
    endedMs: closedMs,
    cause,
    facts: bots > 1 ? { ...facts, process_bots: bots } : facts,
    note: subject.note,
    runbook: subject.runbook,
    labels: subject.labels,
    why,
  };
}

/** How many of these bots died with each process. */
function processMates(downs: readonly Draft[]): ReadonlyMap<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const { episode } of downs) {
    const { pid = null } = episode.facts;
    if (pid !== null) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  }
  return counts;
}

/**
 * As many of these as one notice may speak of; the others are said in the next one. The worst that
 * is open comes first, but has no more than half of the room while something has ended, so that
 * neither waits for all of the other. Of one rule on one subject nothing is said before what
 * happened earlier.
 */
export function firstOf(drafts: readonly Draft[], most: number): readonly Draft[] {
  if (drafts.length <= most) return drafts;
  const groups = groupsOf([...drafts].sort(byUrgency));
  const isEnd = (group: readonly Draft[]) => group.every(({ episode }) => episode.closedMs !== null);
  const open = groups.filter((group) => !isEnd(group)).flat();
  const ended = groups.filter(isEnd).flat();
  const share = Math.max(Math.ceil(most / 2), most - ended.length);
  const first = open.slice(0, share);
  return [...first, ...ended.slice(0, most - first.length)];
}

/** All that is said of one rule on one subject stands together, in the order in which it happened. */
function inTurn(drafts: readonly Draft[]): readonly Draft[] {
  return groupsOf(drafts).flat();
}

function groupsOf(drafts: readonly Draft[]): readonly Draft[][] {
  const byKey = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const known = byKey.get(keyOf(draft));
    if (known === undefined) byKey.set(keyOf(draft), [draft]);
    else known.push(draft);
  }
  const clockOf = (draft: Draft) => draft.episode.openedClockMs;
  return [...byKey.values()].map((group) => group.sort((a, b) => clockOf(a) - clockOf(b)));
}

function keyOf({ episode: { rule, subject } }: Draft): string {
  return `${rule}\n${subject.name}`;
}

function byUrgency(a: Draft, b: Draft): number {
  const order = (draft: Draft) => kindOrder.indexOf(draft.kind);
  const severity = (draft: Draft) => severities.indexOf(draft.episode.severity);
  return order(a) - order(b) || severity(b) - severity(a) || a.episode.sinceMs - b.episode.sinceMs;
}
