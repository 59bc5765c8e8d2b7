import type { Bot } from "../../registry/bot.js";
import type { Moment } from "../moment.js";
import { type BotRule, type Circumstances, fine, type RuleTerms, unknown, type Verdict } from "../rule.js";

/** A limit on one side, and where the value is fine again. */
export interface Limit {
  readonly above: number | null;
  readonly below: number | null;
  readonly clear: number | null;
}

/** How far below the limit a value is fine again, by default. */
const clearShare = 0.1;

/** The position of a value. `between`: on neither side, so an open alert stays, and none opens. */
export type Standing = "wrong" | "between" | "fine";

export function standingOf(value: number, { above, below, clear }: Limit): Standing {
  if (above !== null) {
    if (value > above) return "wrong";
    return value < (clear ?? above - clearShare * Math.abs(above)) ? "fine" : "between";
  }
  if (below === null) return "fine";
  if (value < below) return "wrong";
  return value > (clear ?? below + clearShare * Math.abs(below)) ? "fine" : "between";
}

/** A value, and when it was measured on the desk's clock. */
export interface Reading {
  readonly value: number | null;
  readonly clockMs: number;
}

export interface ThresholdOptions {
  readonly terms: RuleTerms;
  readonly limit: Limit;
  /** `memory`, for the sentence. */
  readonly what: string;
  readonly unit: string;
  /** The last reading of a bot; undefined if there is none. */
  readonly reading: (bot: Bot, now: Moment) => Reading | undefined;
  /** A reading that is older says nothing any more. */
  readonly freshMs: number;
}

/**
 * A value of a bot past its limit. It opens above the limit, and ends below another one; a sample
 * that failed, or is too old, says nothing.
 */
export class Threshold implements BotRule {
  readonly #options: ThresholdOptions;

  constructor(options: ThresholdOptions) {
    this.#options = options;
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  judge(bot: Bot, { now, isOpen }: Circumstances): Verdict {
    const { limit, what, unit, reading, freshMs } = this.#options;
    // Without a process there is no value; `down` and `absent` say so.
    if (bot.status === "dead" || bot.status === "offline") return fine;
    const last = reading(bot, now);
    if (last === undefined || last.value === null || now.clockMs - last.clockMs > freshMs) return unknown;
    const { value } = last;
    const standing = standingOf(value, limit);
    if (standing === "fine" || (standing === "between" && !isOpen)) return fine;
    const { above, below } = limit;
    const side = above === null ? `below ${below}` : `above ${above}`;
    return {
      state: "wrong",
      cause: `${what} is ${Math.round(value * 100) / 100}${unit}, ${side}${unit}`,
      sinceMs: now.wallMs,
      severity: "warning",
      grade: 0,
      facts: { value, above, below, version: bot.version },
    };
  }
}
