import type { LlmUsageTable } from "@kissbot/store";
import type { Moment } from "./moment.js";
import type { RuleTerms } from "./rule.js";
import { CallShare, type ReportedCall, windowMinutes } from "./rules/call-share.js";

interface CallRuleOptions {
  readonly above: number | null;
  readonly clear: number | null;
  readonly models: readonly string[] | null;
  readonly features: readonly string[] | null;
}

const none: CallRuleOptions = { above: null, clear: null, models: null, features: null };
/** Where `clear` is not set. */
const clearShare = 0.9;
const defaultErrorPct = 25;

/** The latency that 95 % of the calls do not pass is above a limit. Milliseconds. */
export function latencyRule(
  terms: RuleTerms,
  options: CallRuleOptions | undefined,
  start: Moment,
): CallShare[] {
  const { above, clear, models, features } = options ?? none;
  if (above === null) return [];
  return [
    new CallShare({
      terms,
      models,
      features,
      start,
      measureOf: ({ latencyMs }) => (Number.isNaN(latencyMs) ? null : latencyMs),
      past: above,
      near: clear ?? clearShare * above,
      pastShare: 0.05,
      nearShare: 0.05,
      causeOf: ({ model, calls, past }) =>
        `${past} of ${calls} calls of ${model} took longer than ${above} ms within ${windowMinutes} min: its p95 is above that`,
      factsOf: ({ model, calls, past }) => ({ model, calls, slow: past, above }),
    }),
  ];
}

/**
 * The share of calls that fail is above a limit in percent. A cancelled call is not a failure.
 */
export function errorRateRule(
  terms: RuleTerms,
  options: CallRuleOptions | undefined,
  start: Moment,
): CallShare[] {
  const { above: given, clear, models, features } = options ?? none;
  const above = given ?? defaultErrorPct;
  return [
    new CallShare({
      terms,
      models,
      features,
      start,
      measureOf: ({ error }) => (error === null || error === "cancelled" ? 0 : 1),
      past: 0,
      near: 0,
      pastShare: above / 100,
      nearShare: (clear ?? clearShare * above) / 100,
      causeOf: ({ model, calls, past }) =>
        `${past} of ${calls} calls of ${model} failed within ${windowMinutes} min, above ${above} %`,
      factsOf: ({ model, calls, past }) => ({ model, calls, errors: past, above }),
    }),
  ];
}

/** Calls that bots reported: the rows from `from` to before `to` of a table. */
export interface ReceivedCalls {
  readonly rows: LlmUsageTable;
  readonly from: number;
  readonly to: number;
}

/** Passes each call to the rules that count calls. */
export function reportCalls(
  rules: readonly CallShare[],
  { rows, from, to }: ReceivedCalls,
  now: Moment,
): void {
  if (rules.length === 0) return;
  const { columns } = rows;
  for (let row = from; row < to; row++) {
    const call: ReportedCall = {
      tsMs: columns.tsMs.numberAt(row),
      channel: columns.channel.at(row) as string,
      model: columns.model.at(row) as string,
      feature: columns.feature.at(row) as string,
      latencyMs: columns.latencyMs.numberAt(row),
      error: columns.error.at(row),
    };
    for (const rule of rules) rule.add(call, now);
  }
}

/** Lets rules of a reload go on with the calls of those before them that counted the same. */
export function followCalls(rules: readonly CallShare[], before: readonly CallShare[]): void {
  for (const rule of rules) for (const one of before) rule.follow(one);
}
