import { type BotStatus, botStatuses } from "@kissbot/store";
import { UsageError } from "../config/usage-error.js";
import { type BotRow, countsOf, worstFirst } from "./bot-row.js";
import {
  type CommandContext,
  type ExitCode,
  exitCodes,
  type Options,
  settingsOf,
} from "./command-context.js";
import { ageText, openFleetSource } from "./fleet-source.js";
import {
  agoText,
  amountOf,
  countText,
  megabytesText,
  percentText,
  spanSince,
  unknownText,
} from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import type { Style, Terminal } from "./terminal.js";

/** Every bot, the worst first. */
export async function runBots(context: CommandContext, options: Options): Promise<ExitCode> {
  const settings = await settingsOf(context, options);
  const wanted = statusesFrom(options["status"]);
  const { terminal } = context;
  const source = await openFleetSource(settings);
  try {
    const bots = worstFirst(await source.bots());
    const chosen = wanted === null ? bots : bots.filter(({ status }) => wanted.includes(status));
    const nowMs = context.nowMs();
    const age = ageText(source.note, nowMs);
    if (age !== null) terminal.note(age);
    if (options["json"] === true) terminal.printJson({ source: source.note, bots: chosen });
    else {
      terminal.print(fleetText(bots, terminal));
      if (chosen.length > 0) terminal.print(`\n${botsTable(chosen, nowMs, terminal)}`);
    }
    return exitCodes.ok;
  } finally {
    await source.close();
  }
}

const statusStyles: Record<BotStatus, Style> = {
  dead: "red",
  stale: "yellow",
  offline: "dim",
  online: "green",
};

/** `20 bots: 1 dead, 1 stale, 1 offline, 17 online`. */
export function fleetText(bots: readonly BotRow[], terminal: Terminal): string {
  if (bots.length === 0) return "No bot has reported yet.";
  const counts = countsOf(bots);
  const parts = (Object.keys(counts) as BotStatus[])
    .filter((status) => counts[status] > 0)
    .map((status) => terminal.style(statusStyles[status], `${countText(counts[status])} ${status}`));
  return `${amountOf(bots.length, "bot")}: ${parts.join(", ")}`;
}

export function botsTable(bots: readonly BotRow[], nowMs: number, terminal: Terminal): string {
  const columns: Column<BotRow>[] = [
    { head: "CHANNEL", text: ({ channel }) => channel, least: 12 },
    { head: "STATUS", text: ({ status }) => status, style: ({ status }) => statusStyles[status] },
    { head: "FOR", text: (bot) => spanSince(bot.status_since, nowMs), align: "right" },
    { head: "LAST SEEN", text: (bot) => agoText(bot.last_seen, nowMs), align: "right" },
    { head: "RESTARTS", text: ({ restarts }) => countText(restarts), align: "right" },
    { head: "CPU", text: ({ cpu_pct }) => percentText(cpu_pct), align: "right" },
    { head: "MEMORY", text: ({ rss_mb }) => megabytesText(rss_mb), align: "right" },
    { head: "PID", text: ({ pid }) => `${pid}`, align: "right" },
    {
      head: "WHY",
      text: reasonText,
      least: 16,
      style: ({ conflict }) => (conflict === null ? undefined : "yellow"),
    },
  ];
  return tableText(columns, bots, terminal);
}

/** Why it is as it is; a healthy bot needs no reason. */
export function reasonText({ status, status_cause, conflict }: BotRow): string {
  if (status !== "online") return status_cause ?? unknownText;
  return conflict === null ? "" : `process ${conflict.pid} claims this channel too`;
}

function statusesFrom(value: unknown): readonly BotStatus[] | null {
  if (value === undefined) return null;
  const words = String(value).split(",");
  const known = words.filter((word): word is BotStatus => (botStatuses as readonly string[]).includes(word));
  if (known.length === words.length) return known;
  throw new UsageError([`--status: expected some of ${botStatuses.join(", ")}, separated by commas`]);
}
