import type { UsageTotalJson } from "@kissbot/store";
import type { Environment } from "../../config/given-value.js";
import { type BotRow, conditionOf, worstFirst } from "../bot-row.js";
import { conditionSpan, conditionStyle, conditionText, fleetText, reasonText } from "../bots.js";
import { commandName } from "../command-name.js";
import { amountOf, countText, megabytesText, percentText, unknownText } from "../quantity-text.js";
import { sshTunnel } from "../ssh-tunnel.js";
import { type Column, tableParts } from "../table.js";
import type { Terminal } from "../terminal.js";
import { wrappedText } from "../text-width.js";
import { costText } from "../usage.js";
import type { DemoReport } from "./demo-report.js";

/** Where the demo is. */
export interface DemoPlace {
  readonly url: string;
  readonly socketPath: string;
}

export interface DemoViewOptions extends DemoPlace {
  readonly environment: Environment;
  readonly elapsedS: number;
  readonly nowMs: number;
  /** The names of the simulated bots. */
  readonly channels: ReadonlySet<string>;
}

/** How many lines of bots there are to be beside the help. */
const leastRoom = 3;

/**
 * The demo as lines: its address, the fleet, as many bots as there is room for, and what one can do
 * with it.
 */
export function demoView(report: DemoReport, options: DemoViewOptions, terminal: Terminal): string[] {
  const { url, elapsedS } = options;
  const inWidth = (line: string) => wrappedText(line, terminal.columns).split("\n");
  const head = [
    `${terminal.style("bold", url)}  KissBot Monitor's demo, ${elapsedS} s`,
    fleetText(report.bots, terminal),
    usageText(report),
    "",
  ].flatMap(inWidth);
  const help = ["", ...demoHelp(options).flatMap((line) => piecesOf(line, terminal.columns ?? line.length))];
  const roomBeside = (foot: readonly string[]) => terminal.rows - head.length - foot.length - 1;
  // On a screen of a few lines the bots matter more.
  const foot = roomBeside(help) < leastRoom ? [] : help;
  const shown = inOrder(report, options.channels);
  const { head: heads, rows: lines } = tableParts(columnsOf(report, options.nowMs), shown, terminal);
  return [...head, heads, ...fitting(shown, lines, roomBeside(foot), terminal), ...foot];
}

/** `132 LLM calls, 21,034 tokens in, 2,034 out, $1.02 (of 80 %)` */
export function usageText({ total }: Pick<DemoReport, "total">): string {
  if (total === null) return "No LLM call was reported yet.";
  const { calls, tokens_in, tokens_out } = total;
  return `${amountOf(calls, "LLM call")}, ${countText(tokens_in)} tokens in, ${countText(tokens_out)} out, ${costText(total)}`;
}

/** How to look at the demo from elsewhere, and how a bot of one's own comes into it. */
export function demoHelp({
  url,
  socketPath,
  environment,
}: DemoPlace & { readonly environment: Environment }) {
  const tunnel = sshTunnel(url, environment);
  return [
    `Your bot:  KISSBOT_MONITOR_SOCKET=${socketPath} node bot.js`,
    `Commands:  ${commandName()} bots --http ${url.replace("http://", "")}   (also: status, usage)`,
    ...(tunnel === null ? [] : [`Over SSH:  ${tunnel}`]),
    "A bot's name says what it does. Ctrl-C ends the demo; it leaves nothing behind.",
  ];
}

/** A line that is to be copied, which words in lines of their own would spoil. */
function piecesOf(line: string, columns: number): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < line.length; from += columns) pieces.push(line.slice(from, from + columns));
  return pieces;
}

/**
 * The worst first, as everywhere; of the healthy ones those that are no part of the demo, then what
 * costs most.
 */
function inOrder({ bots, usage }: DemoReport, channels: ReadonlySet<string>): BotRow[] {
  const sorted = worstFirst(bots);
  const isHealthy = (bot: BotRow) => conditionOf(bot) === "online";
  const cost = ({ channel }: BotRow) => usage.get(channel)?.cost_usd ?? 0;
  const isOwn = ({ channel }: BotRow) => (channels.has(channel) ? 0 : 1);
  const healthy = sorted.filter(isHealthy).sort((a, b) => isOwn(b) - isOwn(a) || cost(b) - cost(a));
  return [...sorted.filter((bot) => !isHealthy(bot)), ...healthy];
}

function columnsOf({ usage }: DemoReport, nowMs: number): Column<BotRow>[] {
  const ofUsage = (text: (total: UsageTotalJson) => string) => (bot: BotRow) => {
    const total = usage.get(bot.channel);
    return total === undefined ? unknownText : text(total);
  };
  return [
    { head: "CHANNEL", text: ({ channel }) => channel, least: 12, gives: 1 },
    { head: "STATUS", text: conditionText, style: conditionStyle },
    { head: "FOR", text: (bot) => conditionSpan(bot, nowMs), align: "right" },
    { head: "CPU", text: ({ cpu_pct }) => percentText(cpu_pct), align: "right" },
    { head: "MEMORY", text: ({ rss_mb }) => megabytesText(rss_mb), align: "right" },
    {
      head: "TOKENS",
      text: ofUsage(({ tokens_in, tokens_out }) => countText(tokens_in + tokens_out)),
      align: "right",
    },
    {
      head: "COST",
      text: ofUsage(({ cost_usd }) => (cost_usd === null ? unknownText : `$${cost_usd.toFixed(3)}`)),
      align: "right",
    },
    { head: "WHY", text: whyText, style: conditionStyle, below: true },
  ];
}

/** That a bot said goodbye needs no line of its own. */
function whyText(bot: BotRow): string {
  return bot.status === "offline" ? "" : reasonText(bot);
}

/** The rows that fit; if not all do, a last line with the number and states of the others. */
function fitting(
  bots: readonly BotRow[],
  lines: readonly (readonly string[])[],
  room: number,
  terminal: Terminal,
): string[] {
  const needed = lines.reduce((sum, of) => sum + of.length, 0);
  if (needed <= room) return lines.flat();
  const shown: string[] = [];
  let count = 0;
  for (const of of lines) {
    if (shown.length + of.length > room - 1) break;
    shown.push(...of);
    count++;
  }
  return [...shown, terminal.style("dim", `… ${moreText(bots.slice(count))}`)];
}

/** `7 more: 1 offline, 6 online` */
function moreText(bots: readonly BotRow[]): string {
  const counts = new Map<string, number>();
  for (const bot of bots) {
    const kind = conditionOf(bot) === "conflict" ? "in conflict" : conditionText(bot);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].map(([kind, count]) => `${countText(count)} ${kind}`);
  return `${countText(bots.length)} more: ${kinds.join(", ")}`;
}
