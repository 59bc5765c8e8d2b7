import { isDeepStrictEqual } from "node:util";
import { CallScope } from "../call-scope.js";
import { type CallSums, CallWindow } from "../call-window.js";
import { noWords } from "../episode.js";
import type { Moment } from "../moment.js";
import type { Facts } from "../notice.js";
import { type Finding, fine, type RuleTerms, type SystemRule, unknown, type Verdict } from "../rule.js";

/** One LLM call, as a bot reported it. */
export interface ReportedCall {
  readonly tsMs: number;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  /** NaN if the bot reported none. */
  readonly latencyMs: number;
  readonly error: string | null;
}

/** Over which calls, and what of them is wrong. */
export interface CallShareOptions {
  readonly terms: RuleTerms;
  readonly models: readonly string[] | null;
  readonly features: readonly string[] | null;
  readonly start: Moment;
  /** The value of a call; null: it does not count. */
  readonly measureOf: (call: ReportedCall) => number | null;
  /** A call is past the limit, or near it, above these. */
  readonly past: number;
  readonly near: number;
  /** Which share of the calls may be past, and near: more is wrong; no more near is fine. */
  readonly pastShare: number;
  readonly nearShare: number;
  readonly causeOf: (sums: CallSums) => string;
  readonly factsOf: (sums: CallSums) => Facts;
}

export const windowMinutes = 15;
/** A share of fewer calls opens nothing, and ends nothing while too many of them are past. */
export const leastCalls = 20;

/**
 * Too many calls of a model were slow, or failed, in the last 15 minutes. The calls of before a
 * start are not known: until then nothing ends.
 */
export class CallShare implements SystemRule {
  readonly #options: CallShareOptions;
  #window = new CallWindow(windowMinutes);
  #start: Moment;
  readonly #scope: CallScope;
  #isYoung = true;

  constructor(options: CallShareOptions) {
    this.#options = options;
    const { terms, models, features, start } = options;
    this.#start = start;
    this.#scope = new CallScope({ bots: terms.bots, models, features });
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  /** A model that has no calls is fine, but for the first 15 minutes. */
  get isFineUnnamed(): boolean {
    return !this.#isYoung;
  }

  /** Goes on with the calls of a rule before it that counted the same. */
  follow(before: CallShare): void {
    if (!isDeepStrictEqual(countedBy(this.#options), countedBy(before.#options))) return;
    this.#window = before.#window;
    this.#start = before.#start;
  }

  add(call: ReportedCall, { clockMs, wallMs }: Moment): void {
    const { measureOf, past, near } = this.#options;
    const value = measureOf(call);
    if (value === null || !this.#scope.has(call.channel, call.model, call.feature)) return;
    this.#window.add(call.model, clockMs, wallMs - call.tsMs, value > past, value > near);
  }

  judgeAll(now: Moment): readonly Finding[] {
    this.#isYoung = now.clockMs - this.#start.clockMs < windowMinutes * 60_000;
    return this.#window
      .sums(now.clockMs)
      .map((sums) => ({ subject: noWords("fleet", sums.model), verdict: this.#verdictOn(sums, now) }));
  }

  #verdictOn(sums: CallSums, { wallMs }: Moment): Verdict {
    const { pastShare, nearShare, causeOf, factsOf } = this.#options;
    const { calls, past, near } = sums;
    const isFew = calls < leastCalls;
    if (isFew && this.#isYoung) return unknown;
    if (!isFew && isMore(past, pastShare, calls)) {
      return {
        state: "wrong",
        cause: causeOf(sums),
        sinceMs: wallMs,
        severity: "warning",
        grade: 0,
        facts: factsOf(sums),
      };
    }
    return isMore(near, nearShare, calls) ? unknown : fine;
  }
}

/** On what its counters depend. */
function countedBy({ terms: { name, bots }, models, features, past, near }: CallShareOptions): unknown {
  return { name, bots, models, features, past, near };
}

/**
 * Whether this many calls exceed the share: 0.05 of 20 is exactly one call, without rounding
 * errors.
 */
function isMore(count: number, share: number, calls: number): boolean {
  return count > share * calls + 1e-9;
}
