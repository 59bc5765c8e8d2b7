import { isLike, isLikeAny } from "../pattern.js";
import type { AlertBook } from "./alert-book.js";
import { botOf, type Episode, flappingOf, isFlapping, plainRule } from "./episode.js";
import { steadyMs } from "./flapping.js";
import type { Moment } from "./moment.js";
import type { ReceiverTerms } from "./receiver-door.js";
import type { Quiet } from "./silence.js";

/** Why a receiver is not notified of an open alert. */
export type Reason =
  | { readonly code: "not_taken" }
  | { readonly code: "silenced"; readonly quiet: Quiet }
  | { readonly code: "inhibited"; readonly by: string }
  | { readonly code: "flapping" }
  | { readonly code: "recovering" }
  | { readonly code: "too_young"; readonly leftMs: number }
  | { readonly code: "acknowledged"; readonly by: string };

/** Whether a receiver wants to hear of an alert at all. */
export function takes(
  terms: ReceiverTerms,
  episode: Pick<Episode, "rule" | "subject" | "severity">,
): boolean {
  const { subject, severity } = episode;
  // A receiver cannot hear that it cannot be reached.
  if (subject.kind === "receiver" && subject.name === terms.name) return false;
  if (terms.only !== null && !terms.only.includes(severity)) return false;
  if (!isLikeAny(plainRule(episode), terms.rules)) return false;
  const bot = botOf(subject);
  if (bot === null) return true;
  if (!isLikeAny(bot, terms.bots)) return false;
  return Object.entries(terms.labels ?? {}).every(([label, pattern]) =>
    isLike(subject.labels[label] ?? "", pattern),
  );
}

/** Whether it is fine just now: whether that lasts is known soon. */
export function isRecovering(
  { episodes }: Pick<AlertBook, "episodes">,
  { rule, subject }: Pick<Episode, "rule" | "subject">,
): boolean {
  return episodes.standing(rule, subject.name)?.isUnknown === false;
}

/** Why an open alert is held back from a receiver now; null if it is not. */
export function reasonAgainst(
  book: Pick<AlertBook, "episodes" | "silences" | "windows">,
  terms: ReceiverTerms,
  isTaken: (episode: Pick<Episode, "rule" | "subject" | "severity">) => boolean,
  episode: Episode,
  now: Moment,
): Reason | null {
  if (!isTaken(episode)) return { code: "not_taken" };
  const quiet = quietOver(book, episode, now);
  if (quiet !== null) return { code: "silenced", quiet };
  const { rule, subject } = episode;
  if (isRecovering(book, episode)) return { code: "recovering" };
  if (rule === "down") {
    const loop = book.episodes.get("crash_loop", subject.name);
    if (loop !== undefined && isTaken(loop)) return { code: "inhibited", by: "crash_loop" };
  }
  if (!isFlapping(episode)) {
    const flapping = book.episodes.get(flappingOf(episode.rule), episode.subject.name);
    const openForMs = now.clockMs - episode.openedClockMs;
    if (flapping !== undefined && openForMs < steadyMs) return { code: "flapping" };
  }
  if (terms.afterMs !== null) {
    if (episode.ack !== null) return { code: "acknowledged", by: episode.ack.by };
    const leftMs = terms.afterMs - (now.clockMs - episode.openedClockMs);
    if (leftMs > 0) return { code: "too_young", leftMs };
  }
  return null;
}

/** What keeps an alert quiet now: a silence or a window. */
export function quietOver(
  { silences, windows }: Pick<AlertBook, "silences" | "windows">,
  episode: Episode,
  { wallMs }: Moment,
): Quiet | null {
  return silences.covering(episode, wallMs) ?? windows.covering(episode, wallMs);
}

/** Why an alert is reported only now: what held it back is over. */
export function endedQuiet(
  { silences, windows }: Pick<AlertBook, "silences" | "windows">,
  episode: Episode,
  { wallMs }: Moment,
): string | null {
  const silence = silences.lastOver(episode, wallMs);
  if (silence !== null) return `the silence of ${silence.by} is over: ${silence.why}`;
  const window = windows.lastOver(episode, wallMs);
  return window === null ? null : `the window is over: ${window.why}`;
}
