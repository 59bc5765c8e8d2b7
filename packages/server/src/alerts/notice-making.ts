import type { EntryKind } from "./alert-records.js";
import type { Draft } from "./difference.js";
import { plainRule, severityRank } from "./episode.js";
import { type ItemKind, type Notice, type NoticeItem, severities } from "./notice.js";
import { type Comparable, sharedCauseOf } from "./shared-cause.js";
import { eachOf, type Work } from "./work.js";

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
export function* noticeOf(
  { noticeId, receiver, madeMs, kind, drafts }: NoticeMaterial,
  { monitor, pageUrl, timezone, fleet, counts }: NoticeSurroundings,
): Work<Notice> {
  const shown = yield* inTurn(yield* byUrgency(drafts.filter(({ kind: said }) => said !== "counted")));
  const downs = shown.filter(
    (draft) => draft.kind === "down" && draft.episode.rule === "down" && draft.episode.subject.kind === "bot",
  );
  const sharedCause =
    downs.length < 3
      ? null
      : yield* sharedCauseOf(new Set(downs.map(({ episode }) => episode.subject.name)), fleet());
  const mates = processMates(downs);
  const items: NoticeItem[] = [];
  yield* eachOf(shown, (draft) => {
    items.push(itemOf(draft, mates));
  });
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
    items,
    fleet: { online, down: dead + stale, other: offline },
  };
}

function itemOf({ episode, kind, why, endedMs }: Draft, mates: ReadonlyMap<unknown, number>): NoticeItem {
  const { alertId, subject, severity, sinceMs, cause, facts } = episode;
  const bots = mates.get(facts["pid"]) ?? 1;
  return {
    kind: kind as ItemKind,
    alertId,
    rule: plainRule(episode),
    subject: subject.name,
    subjectKind: subject.kind,
    severity,
    sinceMs,
    endedMs,
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
 * As many entries as fit into one notice; the others go into the next. The worst open ones come
 * first, but get at most half of the room while others have ended, so that neither waits for all of
 * the other. Entries of one rule on one subject stay in order.
 */
export function* firstOf(drafts: readonly Draft[], most: number): Work<readonly Draft[]> {
  if (drafts.length <= most) return drafts;
  const groups = yield* groupsOf(yield* byUrgency(drafts));
  const isEnd = (group: readonly Draft[]) => group.every(({ endedMs }) => endedMs !== null);
  const open = groups.filter((group) => !isEnd(group)).flat();
  const ended = groups.filter(isEnd).flat();
  const share = Math.max(Math.ceil(most / 2), most - ended.length);
  const first = open.slice(0, share);
  return [...first, ...ended.slice(0, most - first.length)];
}

/** Entries of one rule on one subject are together, in the order of events. */
function* inTurn(drafts: readonly Draft[]): Work<readonly Draft[]> {
  return (yield* groupsOf(drafts)).flat();
}

function* groupsOf(drafts: readonly Draft[]): Work<readonly (readonly Draft[])[]> {
  const byKey = new Map<string, Draft[]>();
  yield* eachOf(drafts, (draft) => {
    const { rule, subject } = draft.episode;
    const key = `${rule}\n${subject.name}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [draft]);
    else known.push(draft);
  });
  // At most one of them is open, and that one began last, whatever became of the clock over a
  // restart.
  const isOpen = ({ endedMs }: Draft) => (endedMs === null ? 1 : 0);
  const inOrder = (a: Draft, b: Draft) =>
    isOpen(a) - isOpen(b) || a.episode.openedClockMs - b.episode.openedClockMs;
  yield* eachOf(byKey.values(), (group) => {
    if (group.length > 1) group.sort(inOrder);
  });
  return [...byKey.values()];
}

/** The worst first, and of the same weight the oldest. */
function* byUrgency(drafts: readonly Draft[]): Work<readonly Draft[]> {
  const byWeight = new Map<number, Draft[]>();
  yield* eachOf(drafts, (draft) => {
    const weight = kindOrder.indexOf(draft.kind) * severities.length - severityRank(draft.episode.severity);
    const known = byWeight.get(weight);
    if (known === undefined) byWeight.set(weight, [draft]);
    else known.push(draft);
  });
  const weights = [...byWeight.keys()].sort((a, b) => a - b);
  return weights.flatMap((weight) =>
    (byWeight.get(weight) ?? []).sort((a, b) => a.episode.sinceMs - b.episode.sinceMs),
  );
}
