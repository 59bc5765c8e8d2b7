import type { AlertBook } from "./alert-book.js";
import type { EntryKind, Tell } from "./alert-records.js";
import { type Episode, endsSilently, isFlapping, isNews } from "./episode.js";
import type { Moment } from "./moment.js";
import { endedQuiet, quietOver, reasonAgainst } from "./quieting.js";
import type { ReceiverTerms } from "./receiver-door.js";
import { eachOf, type Work } from "./work.js";

/** One thing that a receiver does not know yet. */
export interface Draft {
  readonly episode: Episode;
  readonly kind: EntryKind;
  readonly why: string | null;
  /**
   * When the alert had ended as the difference was looked at; it may end before the notice is made.
   */
  readonly endedMs: number | null;
}

export interface DifferenceOptions {
  readonly book: AlertBook;
  readonly terms: ReceiverTerms;
  readonly isTaken: (episode: Pick<Episode, "rule" | "subject" | "severity">) => boolean;
}

/**
 * Adds what is between what a receiver knows and what is, by the alerts' ids; each alert is in it
 * once.
 */
export function* addDifference(
  drafts: Map<string, Draft>,
  options: DifferenceOptions,
  now: Moment,
): Work<void> {
  const { book, terms } = options;
  const add = (episode: Episode, said: Pick<Draft, "kind" | "why"> | null) => {
    if (said !== null) drafts.set(episode.alertId, { episode, ...said, endedMs: episode.closedMs });
  };
  yield* eachOf(book.episodes, (episode) => {
    add(episode, openDraft(options, episode, book.ledger.get(terms.name, episode.alertId), now));
  });
  yield* eachOf(book.ended.values(), (episode) => {
    // It ended only now: its end is the next news.
    if (drafts.has(episode.alertId)) return;
    add(episode, endedDraft(episode, book.ledger.get(terms.name, episode.alertId)));
  });
}

function openDraft(
  { book, terms, isTaken }: DifferenceOptions,
  episode: Episode,
  tell: Tell | undefined,
  now: Moment,
): Pick<Draft, "kind" | "why"> | null {
  if (tell?.phase === "told") {
    if (episode.grade <= tell.grade || quietOver(book, episode, now) !== null) return null;
    return { kind: "changed", why: null };
  }
  if (tell?.phase === "over" || reasonAgainst(book, terms, isTaken, episode, now) !== null) return null;
  if (tell?.phase === "maybe") {
    return { kind: "still_down", why: "it may have been told before, without an answer" };
  }
  const why = endedQuiet(book, episode, now);
  if (isNews(episode)) return { kind: "info", why };
  return { kind: isFlapping(episode) ? "flapping" : "down", why };
}

/**
 * An alert that was reported also ends for the receiver, even if silenced; one that was not has no
 * end.
 */
function endedDraft(episode: Episode, tell: Tell | undefined): Pick<Draft, "kind" | "why"> | null {
  if (tell === undefined || tell.phase === "over") return null;
  if (tell.phase === "missed") return { kind: "was_down", why: "told late: nothing got through" };
  if (endsSilently(episode)) return null;
  if (episode.outcome !== "over") return { kind: "info", why: null };
  return { kind: isFlapping(episode) ? "steady" : "up", why: null };
}
