import { isLikeAny } from "../pattern.js";
import type { Episode } from "./episode.js";
import { botOf, plainRule } from "./episode.js";

/** Holds back notices about some alerts for a time. Times are Unix milliseconds. */
export interface Silence {
  readonly silenceId: string;
  /** Patterns on channels. */
  readonly channels: readonly string[];
  /** Null: all rules on bots. Named rules are silenced whatever they are on. */
  readonly rules: readonly string[] | null;
  readonly fromMs: number;
  untilMs: number;
  readonly by: string;
  readonly why: string;
  /** When somebody ended it before its time. */
  endedMs: number | null;
}

/** A silence, or a window of the configuration, during which notices are held back. */
export interface Quiet {
  readonly kind: "silence" | "window";
  readonly id: string | null;
  readonly by: string | null;
  readonly why: string;
  readonly untilMs: number;
}

export const longestSilenceMs = 30 * 86_400_000;

export function endOf({ untilMs, endedMs }: Pick<Silence, "untilMs" | "endedMs">): number {
  return endedMs === null ? untilMs : Math.min(untilMs, endedMs);
}

/** It begins when it is made, also where the clock was set back after that. */
export function isActive(silence: Silence, wallMs: number): boolean {
  return wallMs < endOf(silence);
}

/** Whether it is about this alert. */
export function covers(
  { channels, rules }: Pick<Silence, "channels" | "rules">,
  episode: Pick<Episode, "rule" | "subject">,
): boolean {
  if (rules !== null && !isLikeAny(plainRule(episode), rules)) return false;
  const bot = botOf(episode.subject);
  if (bot !== null && isLikeAny(bot, channels)) return true;
  if (episode.subject.kind === "bot") return false;
  return rules !== null && isLikeAny(episode.subject.name, channels);
}
