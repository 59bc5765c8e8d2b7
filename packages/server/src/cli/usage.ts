import { type UsageKey, type UsageOrder, type UsageTotalJson, usageKeys } from "@kissbot/store";
import { UsageError } from "../config/usage-error.js";
import { quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { costSummary } from "./cost-summary.js";
import { ageText, askFleet, sourceText, type UsageQuestion } from "./fleet-source.js";
import { amountOf, countText, percentText, unknownText } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import { spanMsFrom } from "./time-point.js";
import { timeRangeFrom } from "./time-range.js";
import { timeTextOf } from "./time-text.js";

const mostGroups = 1_000;
/** The API answers no more. */
const mostAsked = 100_000;
const dayMs = 86_400_000;

const orders: Readonly<Record<string, UsageOrder>> = {
  cost: "costUsd",
  calls: "calls",
  tokens: "tokens",
  time: "time",
};
export const usageOrderWords = Object.keys(orders);

/** What LLM calls used and cost. */
export async function runUsage(context: CommandContext, options: Options): Promise<ExitCode> {
  const question = questionFrom(options, context.nowMs());
  const { terminal } = context;
  return await askFleet(context, options, async (source) => {
    // Asks for one more, to see whether there are more.
    const asked = { ...question, top: Math.min(question.top + 1, mostAsked) };
    const { from, to, usage: found } = await source.usage(asked);
    const rows = found.slice(0, question.top);
    const whole = await source.usage({ ...question, by: [], orderBy: undefined });
    const {
      usage: [total],
      unpriced,
    } = whole;
    const nowMs = context.nowMs();
    const place = sourceText(source.note);
    if (place !== null) terminal.note(place);
    const age = ageText(source.note, nowMs);
    if (age !== null) terminal.note(age);
    if (options["json"] === true) {
      terminal.printJson({ source: source.note, from, to, usage: rows, total: total ?? null, unpriced });
      return exitCodes.ok;
    }
    const period = periodText(options, from, to);
    if (total === undefined || total.calls === 0) {
      terminal.print(`No LLM call was reported ${period}.`);
      return exitCodes.ok;
    }
    terminal.print(`${amountOf(total.calls, "LLM call")} ${period}`);
    terminal.print(`${costSummary(total, unpriced, terminal.columns)}\n`);
    const shown = found.length > 1 && question.by.length > 0 ? [...rows, total] : rows;
    terminal.print(tableText(columnsOf(question.by, total), shown, terminal));
    if (found.length > question.top) terminal.note(`Only the first ${question.top}; --top N shows more.`);
    return exitCodes.ok;
  });
}

/**
 * Columns that not every fleet needs. In a narrow terminal the latencies go first (P95 last of
 * them), then the caches; then names are cut; failures and tokens go last.
 */
const errorsColumn: Column<UsageTotalJson> = {
  head: "ERRORS",
  text: errorsText,
  align: "right",
  gives: 5,
};
const cachedColumn: Column<UsageTotalJson> = {
  head: "CACHED",
  text: ({ tokens_cached }) => countOrUnknown(tokens_cached),
  align: "right",
  gives: 3,
};
const cacheWriteColumn: Column<UsageTotalJson> = {
  head: "CACHE WRITE",
  text: ({ tokens_cache_write }) => countOrUnknown(tokens_cache_write),
  align: "right",
  gives: 2,
};

function columnsOf(by: readonly UsageKey[], total: UsageTotalJson): Column<UsageTotalJson>[] {
  const keys = by.map((key, i): Column<UsageTotalJson> => {
    const isTime = key === "day" || key === "hour";
    const cell = (row: UsageTotalJson) => (isTime ? timeCell(row.ts, key) : row[key]);
    return {
      head: isTime ? `${key.toUpperCase()} (UTC)` : key.toUpperCase(),
      text: (row) => (row === total ? (i === 0 ? "total" : "") : (cell(row) ?? unknownText)),
      // All hours of a year begin alike.
      ...(isTime ? {} : { least: 10, gives: 4 }),
    };
  });
  return [
    ...keys,
    { head: "CALLS", text: ({ calls }) => countText(calls), align: "right" },
    ...(total.errors > 0 ? [errorsColumn] : []),
    { head: "TOKENS IN", text: ({ tokens_in }) => countText(tokens_in), align: "right", gives: 7 },
    // A part of the tokens that came in.
    ...((total.tokens_cached ?? 0) > 0 ? [cachedColumn] : []),
    ...((total.tokens_cache_write ?? 0) > 0 ? [cacheWriteColumn] : []),
    { head: "TOKENS OUT", text: ({ tokens_out }) => countText(tokens_out), align: "right", gives: 6 },
    { head: "COST", text: costText, align: "right" },
    { head: "P50", text: ({ latency_ms_p50 }) => latencyText(latency_ms_p50), align: "right", gives: 1 },
    { head: "P95", text: slowText, align: "right", gives: 1.5 },
    { head: "P99", text: ({ latency_ms_p99 }) => latencyText(latency_ms_p99), align: "right", gives: 1 },
  ];
}

function countOrUnknown(count: number | null): string {
  return count === null ? unknownText : countText(count);
}

/** `in the last 24 h` for a span, else the start and the end of the period. */
function periodText(options: Options, from: string, to: string): string {
  const { since, until } = options;
  if (until === undefined && (since === undefined || spanMsFrom(String(since)) !== undefined)) {
    return `in the last ${askedSpanText(String(since ?? "24h"))}`;
  }
  const times = timeTextOf(options);
  const end = until === undefined ? "now" : times.minute(to);
  return `from ${times.minute(from)} to ${end} (${times.zone})`;
}

/** `1h30m` as `1 h 30 m`; a plain number is seconds. Does not round. */
function askedSpanText(span: string): string {
  const words = span.trim().match(/[\d.]+|[a-z]+/gi) ?? [];
  return [...words, ...(words.length === 1 ? ["s"] : [])].join(" ");
}

function timeCell(ts: string | null, key: "hour" | "day"): string | null {
  return ts === null ? null : ts.slice(0, key === "day" ? 10 : 16).replace("T", " ");
}

/** A cost with the share of the tokens that it covers, if not all. */
export function costText({ cost_usd, cost_coverage, cost_calls, calls }: UsageTotalJson): string {
  if (cost_usd === null) return unknownText;
  const digits = cost_usd > 0 && cost_usd < 0.01 ? 6 : cost_usd < 100 ? 4 : 2;
  // If that is unknown: the share of the calls.
  const share = cost_coverage ?? cost_calls / calls;
  return `$${cost_usd.toFixed(digits)}${shareText(share)}`;
}

/** How many calls failed, and their share. */
function errorsText({ errors, error_rate }: UsageTotalJson): string {
  if (errors === 0 || error_rate === null) return countText(errors);
  return `${countText(errors)} (${percentText(100 * error_rate)})`;
}

/** P95, the last percentile to be left out, shows the share of calls that all of them cover. */
function slowText({ latency_ms_p95, latency_percentile_calls, calls }: UsageTotalJson): string {
  if (latency_ms_p95 === null) return unknownText;
  return `${latencyText(latency_ms_p95)}${shareText(latency_percentile_calls / calls)}`;
}

function latencyText(ms: number | null): string {
  if (ms === null) return unknownText;
  if (ms < 999.5) return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
  return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}

function shareText(share: number): string {
  if (share >= 1) return "";
  return ` (of ${Math.min(99, Math.max(1, Math.round(share * 100)))} %)`;
}

function questionFrom(options: Options, nowMs: number): UsageQuestion {
  const problems: string[] = [];
  const by = String(options["by"] ?? "model").split(",");
  const known = by.filter((key): key is UsageKey => (usageKeys as readonly string[]).includes(key));
  if (known.length < by.length || (known.includes("hour") && known.includes("day"))) {
    problems.push(
      `--by: expected some of ${usageKeys.join(", ")}, separated by commas, and not both hour and day; got ${quotedText(by.join(","))}`,
    );
  }
  const isTimed = known.includes("hour") || known.includes("day");
  const order = options["order"];
  if (order !== undefined && !Object.hasOwn(orders, String(order))) {
    problems.push(`--order: expected ${usageOrderWords.join(", ")}; got ${quotedText(String(order))}`);
  } else if (order === "time" && !isTimed) {
    problems.push("--order: time orders groups by hour or day alone; see --by");
  }
  const range = timeRangeFrom(options, nowMs, problems);
  const toMs = range.toMs ?? Math.ceil(nowMs) + 1;
  const fromMs = range.fromMs ?? Math.max(0, Math.min(toMs, nowMs) - dayMs);
  const top = Number(options["top"] ?? mostGroups);
  if (!(Number.isInteger(top) && top >= 1 && top <= 100_000)) {
    problems.push(
      `--top: expected a whole number from 1 to 100000; got ${quotedText(String(options["top"]))}`,
    );
  }
  if (problems.length > 0) throw new UsageError(problems);
  const text = (name: string) => (typeof options[name] === "string" ? (options[name] as string) : undefined);
  return {
    fromMs,
    toMs,
    by: [...new Set(known)],
    channel: text("channel"),
    model: text("model"),
    feature: text("feature"),
    orderBy: order === undefined ? undefined : orders[String(order)],
    top,
  };
}
