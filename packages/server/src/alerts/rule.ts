import type { Bot } from "../registry/bot.js";
import type { Episode, Outcome, Subject } from "./episode.js";
import type { Moment } from "./moment.js";
import type { Facts, Severity } from "./notice.js";

/** The verdict of a rule. `unknown` changes nothing: an alert neither opens nor ends on it. */
export type Verdict =
  | { readonly state: "fine" }
  | { readonly state: "unknown" }
  | {
      readonly state: "wrong";
      readonly cause: string;
      /** Since when, Unix milliseconds. */
      readonly sinceMs: number;
      readonly severity: Severity;
      readonly grade: number;
      readonly facts: Facts;
    };

export const fine: Verdict = { state: "fine" };
export const unknown: Verdict = { state: "unknown" };

/** What a rule is set to. */
export interface RuleTerms {
  readonly name: string;
  /** How long it must be wrong before an alert opens. */
  readonly forMs: number;
  /** How long it must be fine before the alert ends. */
  readonly holdMs: number;
  /** Null: the rule decides. */
  readonly severity: Severity | null;
  /** On which bots; null: all. */
  readonly bots: readonly string[] | null;
}

/** What is known besides the bot when it is judged. */
export interface Circumstances {
  readonly now: Moment;
  /** An alert of this rule on this subject is open. */
  readonly isOpen: boolean;
  /** The monitor cannot hear the bots of its principal: silence proves nothing. */
  readonly isBlind: boolean;
  /** The operator expects this bot to run always. */
  readonly isExpected: boolean;
}

/** Judges one bot. Pure. */
export interface BotRule {
  readonly terms: RuleTerms;
  judge(bot: Bot, circumstances: Circumstances): Verdict;
}

/** What a rule says of one subject. */
export interface Finding {
  readonly subject: Subject;
  readonly verdict: Verdict;
}

/** The verdict of a rule on a subject, in words. */
export interface Standpoint {
  /** The name of an alert's subject. */
  readonly subject: string;
  readonly state: Verdict["state"];
  readonly text: string;
  readonly facts: Facts;
}

/** Judges something that is not a bot in the fleet. */
export interface SystemRule {
  readonly terms: RuleTerms;
  /**
   * Whether a subject of an open alert is fine when it is not found any more: it is, if not given.
   */
  readonly isFineUnnamed?: boolean;
  judgeAll(now: Moment): readonly Finding[];
  /** Whether an open alert ends. Where a rule has this, an alert ends by it alone. */
  isOver?(episode: Episode): boolean;
  /** How an open alert ends, whatever is found; null where it goes on. */
  endOf?(episode: Episode): Outcome | null;
  /** What it says about a bot, or another name that somebody asked about. */
  about?(name: string): readonly Standpoint[];
}
