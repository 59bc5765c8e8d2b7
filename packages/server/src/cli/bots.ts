import { BotFilter } from "./bot-filter.js";
import { botOrder } from "./bot-order.js";
import {
  type BotRow,
  conditionOf,
  conditionSince,
  countsOf,
  isInTrouble,
  isOfSeveralHosts,
  type ShownStatus,
} from "./bot-row.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { ageText, askFleet, type SourceNote } from "./fleet-source.js";
import {
  agoText,
  amountOf,
  countText,
  megabytesText,
  percentText,
  spanSince,
  spanText,
  unknownText,
} from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import type { Style, Terminal } from "./terminal.js";
import { wrappedText } from "./text-width.js";

/** Lists the fleet, or a part of it, in the requested order. */
export async function runBots(context: CommandContext, options: Options): Promise<ExitCode> {
  const [filter, inOrder] = [new BotFilter(options), botOrder(options)];
  const { terminal } = context;
  return await askFleet(context, options, async (source) => {
    const bots = await source.bots();
    const chosen = inOrder(bots.filter((bot) => filter.matches(bot)));
    const nowMs = context.nowMs();
    for (const note of notesOf(source.note, bots, filter, nowMs)) terminal.note(note);
    if (options["json"] === true) terminal.printJson({ source: source.note, bots: chosen });
    else {
      terminal.print(wrappedText(fleetText(bots, terminal), terminal.columns));
      if (chosen.length > 0) terminal.print(`\n${botsTable(chosen, nowMs, terminal)}`);
    }
    return exitCodes.ok;
  });
}

/** Notes on a list of bots: how old it is, and what it cannot show. */
export function notesOf(
  note: SourceNote,
  bots: readonly BotRow[],
  filter: BotFilter,
  nowMs: number,
): string[] {
  const age = ageText(note, nowMs);
  const isBlind = note.kind === "store" && filter.needsMonitor;
  return [
    ...(age === null ? [] : [age]),
    ...(isBlind ? ["Only a running monitor knows of crash loops and conflicts."] : []),
    ...filter.notes(bots),
  ];
}

const statusStyles: Record<ShownStatus, Style> = {
  dead: "red",
  stale: "yellow",
  unknown: "yellow",
  offline: "dim",
  online: "green",
};

/**
 * `20 bots: 1 dead, 1 stale, 1 offline, 17 online (1 in a crash loop, 2 in trouble)`. The statuses
 * add up to all bots; a bot in brackets is also in one of them.
 */
export function fleetText(bots: readonly BotRow[], terminal: Terminal): string {
  if (bots.length === 0) return "No bot has reported yet.";
  const counts = countsOf(bots);
  const statuses = (Object.keys(statusStyles) as ShownStatus[]).flatMap((status) => {
    const count = counts[status] ?? 0;
    return count === 0 ? [] : [terminal.style(statusStyles[status], `${countText(count)} ${status}`)];
  });
  const loops = bots.filter((bot) => bot.crash_loop === true && bot.status !== "offline").length;
  const again: string[] = [];
  if (loops > 0) again.push(terminal.style("red", `${countText(loops)} in a crash loop`));
  const conflicts = bots.filter((bot) => conditionOf(bot) === "conflict").length;
  if (conflicts > 0) again.push(terminal.style("yellow", `${countText(conflicts)} in conflict`));
  const inTrouble = bots.filter(isInTrouble).length;
  if (inTrouble > 0) again.push(terminal.style("yellow", `${countText(inTrouble)} in trouble`));
  const conditions = again.length === 0 ? "" : ` (${again.join(", ")})`;
  return `${amountOf(bots.length, "bot")}: ${statuses.join(", ")}${conditions}`;
}

export function botsTable(bots: readonly BotRow[], nowMs: number, terminal: Terminal): string {
  return tableText(botColumns(nowMs, bots), bots, terminal);
}

/**
 * In a narrow terminal PID, LAST SEEN and RESTARTS go first; then names are cut. Hosts are named
 * where there are several.
 */
export function botColumns(nowMs: number, bots: readonly BotRow[]): Column<BotRow>[] {
  const host: Column<BotRow> = { head: "HOST", text: ({ host }) => host ?? "", gives: 8 };
  const isMild = (bot: BotRow) => ["conflict", "trouble"].includes(conditionOf(bot));
  return [
    { head: "CHANNEL", text: ({ channel }) => channel, least: 48, gives: 4 },
    ...(isOfSeveralHosts(bots) ? [host] : []),
    { head: "STATUS", text: conditionText, style: conditionStyle },
    { head: "FOR", text: (bot) => conditionSpan(bot, nowMs), align: "right", gives: 7 },
    { head: "LAST SEEN", text: (bot) => agoText(bot.last_seen, nowMs), align: "right", gives: 2 },
    { head: "RESTARTS", text: ({ restarts }) => countText(restarts), align: "right", gives: 3 },
    { head: "CPU", text: ({ cpu_pct }) => percentText(cpu_pct), align: "right", gives: 6 },
    { head: "MEMORY", text: ({ rss_mb }) => megabytesText(rss_mb), align: "right", gives: 5 },
    { head: "PID", text: ({ pid }) => `${pid}`, align: "right", gives: 1 },
    {
      head: "WHY",
      text: reasonText,
      below: true,
      style: (bot) => (isMild(bot) ? "yellow" : undefined),
    },
  ];
}

/** Its status, unless it is in a crash loop, in conflict or in trouble. */
export function conditionText(bot: BotRow): string {
  const condition = conditionOf(bot);
  if (condition === "trouble") return "in trouble";
  if (condition === "conflict") return "conflict";
  return condition === "crash_loop" ? "crash loop" : bot.status;
}

export function conditionStyle(bot: BotRow): Style {
  const condition = conditionOf(bot);
  if (condition === "trouble" || condition === "conflict") return "yellow";
  return condition === "crash_loop" ? "red" : statusStyles[bot.status];
}

/** How long it has been in that condition. */
export function conditionSpan(bot: BotRow, nowMs: number): string {
  return spanSince(conditionSince(bot), nowMs);
}

/** Why the bot is in its condition; empty for a healthy bot. */
export function reasonText(bot: BotRow): string {
  const { status, status_cause, conflict } = bot;
  if (status === "unknown")
    return `host ${bot.host ?? unknownText} does not say how it is; it was ${bot.reported_status ?? unknownText}`;
  const reasons = status === "online" ? [] : [status_cause ?? unknownText];
  if (bot.crash_loop === true && status !== "offline") reasons.push(crashText(bot));
  if (status === "online" && conflict !== null) {
    reasons.push(`process ${conflict.pid} claims this channel too`);
  }
  // If nothing is worse, the column STATUS says "in trouble" already.
  if (isInTrouble(bot)) reasons.push(`${conditionOf(bot) === "trouble" ? "" : "in trouble: "}${bot.trouble}`);
  return reasons.join("; ");
}

/** `16 crashes in 10 min, lives about 2 s`. */
function crashText({ crashes_10m, crash_life_ms }: BotRow): string {
  const crashes = crashes_10m === null ? "crashes" : `${countText(crashes_10m)} crashes in 10 min`;
  return crash_life_ms === null ? crashes : `${crashes}, lives ${lifeText(crash_life_ms)}`;
}

function lifeText(lifeMs: number): string {
  return lifeMs < 500 ? "less than 1 s" : `about ${spanText(1_000 * Math.round(lifeMs / 1_000))}`;
}
