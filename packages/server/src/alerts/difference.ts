import type { AlertBook } from "./alert-book.js";
import type { EntryKind, Tell } from "./alert-records.js";
import { type Episode, isFlapping, isNews } from "./episode.js";
import type { Moment } from "./moment.js";
import { endedQuiet, quietOver, reasonAgainst } from "./quieting.js";
import type { ReceiverTerms } from "./receiver-door.js";

/** One thing that a receiver does not know yet. */
export interface Draft {
  readonly episode: Episode;
  readonly kind: EntryKind;
  readonly why: string | null;
}

export interface DifferenceOptions {
  readonly book: AlertBook;
  readonly terms: ReceiverTerms;
  readonly isTaken: (episode: Pick<Episode, "rule" | "subject" | "severity">) => boolean;
}

/** What is between what a receiver knows and what is. */
export function differenceOf(options: DifferenceOptions, now: Moment): Draft[] {
  const { book, terms } = options;
  const drafts: Draft[] = [];
  for (const episode of book.episodes) {
    const draft = openDraft(options, episode, book.ledger.get(terms.name, episode.alertId), now);
    if (draft !== null) drafts.push(draft);
  }
  for (const episode of book.ended.values()) {
    const draft = endedDraft(episode, book.ledger.get(terms.name, episode.alertId));
    if (draft !== null) drafts.push(draft);
  }
  return drafts;
}

function openDraft(
  { book, terms, isTaken }: DifferenceOptions,
  episode: Episode,
  tell: Tell | undefined,
  now: Moment,
): Draft | null {
  if (tell?.phase === "told") {
    if (episode.grade <= tell.grade || quietOver(book, episode, now) !== null) return null;
    return { episode, kind: "changed", why: null };
  }
  if (tell?.phase === "over" || reasonAgainst(book, terms, isTaken, episode, now) !== null) return null;
  if (tell?.phase === "maybe") {
    return { episode, kind: "still_down", why: "it may have been told before, without an answer" };
  }
  const why = endedQuiet(book, episode, now);
  if (isNews(episode)) return { episode, kind: "info", why };
  return { episode, kind: isFlapping(episode) ? "flapping" : "down", why };
}

/** What was told ends for the receiver, whatever is silenced; what was not told has no end. */
function endedDraft(episode: Episode, tell: Tell | undefined): Draft | null {
  if (tell === undefined || tell.phase === "over") return null;
  if (tell.phase === "missed") return { episode, kind: "was_down", why: "told late: nothing got through" };
  if (isNews(episode) || episode.outcome === "superseded") return null;
  if (episode.outcome !== "over") return { episode, kind: "info", why: null };
  return { episode, kind: isFlapping(episode) ? "steady" : "up", why: null };
}
