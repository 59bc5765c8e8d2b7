import type { UsageTotalJson } from "@kissbot/store";
import { plainText } from "../quoted-text.js";
import type { BotLife } from "./bot-life.js";
import type { BotMeasurement, CustomMetricRow } from "./bot-measurement.js";
import type { BotReport } from "./bot-report.js";
import { type BotRow, conditionSince, isInTrouble } from "./bot-row.js";
import { conditionSpan, conditionStyle, conditionText, reasonText } from "./bots.js";
import {
  agoText,
  amountOf,
  countText,
  longSpanText,
  megabytesText,
  percentText,
  unknownText,
} from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { wrappedText } from "./text-width.js";
import type { TimeText } from "./time-text.js";
import { costText } from "./usage.js";

interface View {
  readonly nowMs: number;
  readonly times: TimeText;
  readonly terminal: Terminal;
}

const labelWidth = 11;
/** More of them are for `--json`. */
const mostLives = 10;

export function botText(report: BotReport, view: View): string {
  const blocks = [
    headText(report.bot, view),
    measurementsText(report, view),
    livesText(report.lives ?? [], view),
    callsText(report.usage, view),
    customText(report.custom_metrics ?? [], view),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function headText(bot: BotRow, { nowMs, times, terminal }: View): string {
  const since = conditionSince(bot);
  const status = terminal.style(conditionStyle(bot), conditionText(bot));
  const facts: [label: string, text: string][] = [
    ["Bot", terminal.style("bold", plainText(bot.channel))],
    ["Status", `${status} for ${conditionSpan(bot, nowMs)}, since ${times.second(since)} (${times.zone})`],
    ["Why", plainText(reasonText(bot) || (bot.status_cause ?? ""))],
    ["Note", plainText(bot.note ?? "")],
    ["Runbook", plainText(bot.runbook ?? "")],
    ["Labels", labelsText(bot)],
    ["Process", processText(bot, times)],
    ["Heard", heardText(bot, nowMs, times)],
    ["Version", plainText(bot.version ?? "")],
    ["Features", featuresText(bot.features)],
    ["Restarts", restartsText(bot)],
    ["Lost", lostText(bot)],
  ];
  if (isInTrouble(bot) && bot.trouble_since !== null)
    facts.push(["Trouble", `since ${times.second(bot.trouble_since)}: ${plainText(bot.trouble ?? "")}`]);
  if ((bot.conflict ?? null) !== null)
    facts.push(["Conflict", `with process ${bot.conflict?.pid}, since ${times.second(bot.conflict?.since)}`]);
  return facts
    .filter(([, text]) => text !== "")
    .map(([label, text]) => wrappedText(label.padEnd(labelWidth) + text, terminal.columns, labelWidth))
    .join("\n");
}

function labelsText({ labels = {} }: BotRow): string {
  return Object.entries(labels)
    .map(([name, value]) => plainText(`${name}=${value}`))
    .join(", ");
}

function processText({ pid, started_at, uptime_s, lived_ms }: BotRow, times: TimeText): string {
  const life = uptime_s === null ? lived_ms : uptime_s * 1_000;
  const verb = uptime_s === null ? "lived" : "up";
  return [
    `pid ${pid}`,
    ...(life === null ? [] : [`${verb} ${longSpanText(life)}`]),
    ...(started_at === null ? [] : [`started ${times.second(started_at)}`]),
  ].join(", ");
}

function heardText({ last_seen, interval_s }: BotRow, nowMs: number, times: TimeText): string {
  const beats = interval_s === null ? "" : `; it beats every ${interval_s} s`;
  return `${agoText(last_seen, nowMs)}, ${times.second(last_seen)}${beats}`;
}

function featuresText(features: Readonly<Record<string, boolean>>): string {
  const names = (isOn: boolean) =>
    Object.keys(features)
      .filter((name) => (features[name] === true) === isOn)
      .map(plainText)
      .join(", ");
  const [on, off] = [names(true), names(false)];
  return [on, ...(off === "" ? [] : [`off: ${off}`])].filter((text) => text !== "").join("; ");
}

function restartsText({ restarts, restarts_1h }: BotRow): string {
  return `${countText(restarts)}${restarts_1h === null ? "" : `, ${countText(restarts_1h)} in the last hour`}`;
}

function lostText({ client_dropped }: BotRow): string {
  const lost = client_dropped ?? 0;
  return lost === 0 ? "" : `${amountOf(lost, "usage and metric line")}, as its client says`;
}

interface Measure {
  readonly name: string;
  readonly text: (value: number | null) => string;
  readonly now: number | null;
  readonly of: readonly (number | null)[];
  readonly samples: number;
}

function measurementsText({ bot, last_hour, last_24_h }: BotReport, { terminal }: View): string {
  const spans: [name: string, found: BotMeasurement][] = [];
  if (last_hour !== null) spans.push(["last hour", last_hour]);
  if (last_24_h !== null) spans.push(["last 24 h", last_24_h]);
  const rows = [
    ...spans.map(([span, { samples, cpu_pct_min, cpu_pct_avg, cpu_pct_max }]): Measure => {
      const of = [cpu_pct_min, cpu_pct_avg, cpu_pct_max];
      return { name: `CPU, ${span}`, text: percentText, now: bot.cpu_pct, of, samples };
    }),
    ...spans.map(([span, { samples, rss_mb_min, rss_mb_avg, rss_mb_max }]): Measure => {
      const of = [rss_mb_min, rss_mb_avg, rss_mb_max];
      return { name: `Memory, ${span}`, text: megabytesText, now: bot.rss_mb, of, samples };
    }),
  ];
  if (rows.length === 0) return "";
  const value = (i: number) => (row: Measure) => row.text(row.of[i] ?? null);
  const columns: Column<Measure>[] = [
    { head: "MEASURED", text: ({ name }) => name },
    { head: "NOW", text: (row) => row.text(row.now), align: "right" },
    { head: "LEAST", text: value(0), align: "right", gives: 2 },
    { head: "AVERAGE", text: value(1), align: "right", gives: 3 },
    { head: "MOST", text: value(2), align: "right", gives: 4 },
    { head: "SAMPLES", text: ({ samples }) => countText(samples), align: "right", gives: 1 },
  ];
  return tableText(columns, rows, terminal);
}

function livesText(lives: readonly BotLife[], { times, terminal }: View): string {
  if (lives.length === 0) return "";
  const span = (ms: number | null) => (ms === null ? unknownText : longSpanText(ms));
  const columns: Column<BotLife>[] = [
    { head: "PID", text: ({ pid }) => `${pid}`, align: "right" },
    { head: `BEGAN (${times.zone})`, text: ({ began }) => times.second(began) },
    { head: "LIVED", text: ({ lived_ms }) => span(lived_ms), align: "right" },
    { head: "ENDED", text: ({ ended }) => (ended === null ? "still lives" : times.second(ended)), gives: 2 },
    { head: "GAP", text: ({ gap_ms }) => span(gap_ms), align: "right", gives: 1 },
    { head: "HOW", text: ({ end }) => end ?? "", below: true },
  ];
  const table = tableText(columns, lives.slice(0, mostLives), terminal);
  const more = lives.length - mostLives;
  return more > 0 ? `${table}\n… ${countText(more)} earlier; --json has them` : table;
}

function callsText(usage: BotReport["usage"], { terminal }: View): string {
  const { rows = [], total = null } = usage ?? {};
  if (total === null || total.calls === 0) return usage === null ? "" : "No LLM call in the last 24 h.";
  const right = "right" as const;
  const columns: Column<UsageTotalJson>[] = [
    {
      head: "MODEL",
      text: (row) => (row === total ? "total" : (row.model ?? unknownText)),
      least: 16,
      gives: 3,
    },
    {
      head: "FEATURE",
      text: (row) => (row === total ? "" : (row.feature ?? unknownText)),
      least: 10,
      gives: 3,
    },
    { head: "CALLS, 24 H", text: ({ calls }) => countText(calls), align: right },
    { head: "ERRORS", text: ({ errors }) => countText(errors), align: right, gives: 4 },
    { head: "TOKENS IN", text: ({ tokens_in }) => countText(tokens_in), align: right, gives: 2 },
    { head: "TOKENS OUT", text: ({ tokens_out }) => countText(tokens_out), align: right, gives: 1 },
    { head: "COST", text: costText, align: right },
  ];
  return tableText(columns, rows.length > 1 ? [...rows, total] : rows, terminal);
}

function customText(metrics: readonly CustomMetricRow[], { times, terminal }: View): string {
  if (metrics.length === 0) return "";
  const columns: Column<CustomMetricRow>[] = [
    { head: "METRIC", text: ({ metric_name }) => metric_name, least: 20 },
    { head: "LAST VALUE", text: ({ last_value }) => `${last_value ?? unknownText}`, align: "right" },
    { head: `AT (${times.zone})`, text: ({ last_ts }) => times.second(last_ts), gives: 2 },
    { head: "SAMPLES", text: ({ samples }) => countText(samples), align: "right", gives: 1 },
  ];
  return tableText(columns, metrics, terminal);
}
