import { plainText } from "../quoted-text.js";
import { type BotRow, conditionOf, isDown, isInTrouble, isOfSeveralHosts, worstFirst } from "./bot-row.js";
import { conditionSpan, conditionStyle, conditionText, fleetText, reasonText } from "./bots.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { ageText, askFleet, type SourceNote } from "./fleet-source.js";
import type { HealthRow } from "./health-row.js";
import { agoText, amountOf, countText, spanSince, spanText } from "./quantity-text.js";
import type { Terminal } from "./terminal.js";
import { wrappedText } from "./text-width.js";

/** More of them are a matter for `bots`. */
const mostListed = 10;
const labelWidth = 10;

/**
 * Whether all is well: 0 where the monitor is healthy and no bot is dead, stale, in a crash loop or
 * claimed by two processes. A bot in trouble is up, and is listed. One whose host does not say how
 * it is is counted as unknown: that host has an alert of its own.
 */
export async function runStatus(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  return await askFleet(context, options, async (source) => {
    const health = await source.health();
    const bots = worstFirst(await source.bots());
    const nowMs = context.nowMs();
    const down = bots.filter(isDown);
    const conflicts = bots.filter((bot) => conditionOf(bot) === "conflict");
    const inTrouble = bots.filter(isInTrouble);
    const ok = health?.status === "ok" && down.length + conflicts.length === 0;
    const age = ageText(source.note, nowMs);
    if (age !== null) terminal.note(age);
    if (options["json"] === true)
      terminal.printJson({
        source: source.note,
        ok,
        health,
        bots_down: down,
        conflicts,
        bots_in_trouble: inTrouble,
      });
    else {
      const listed = [...down, ...conflicts, ...bots.filter((bot) => conditionOf(bot) === "trouble")];
      terminal.print(statusText({ note: source.note, health, bots, listed, nowMs }, terminal));
    }
    return ok ? exitCodes.ok : exitCodes.problem;
  });
}

interface Findings {
  readonly note: SourceNote;
  readonly health: HealthRow | null;
  readonly bots: readonly BotRow[];
  /** Those that somebody must look at, the worst first. */
  readonly listed: readonly BotRow[];
  readonly nowMs: number;
}

function statusText({ note, health, bots, listed, nowMs }: Findings, terminal: Terminal): string {
  const lines = [...monitorLines(note, health, nowMs, terminal), `Bots      ${fleetText(bots, terminal)}`];
  const lost = lostText(bots);
  if (lost !== null) lines.push(`Lost      ${lost}`);
  const isNamed = isOfSeveralHosts(bots);
  for (const bot of listed.slice(0, mostListed)) {
    const status = terminal.style(conditionStyle(bot), conditionText(bot));
    const last = `last seen ${agoText(bot.last_seen, nowMs)}`;
    const why = plainText(reasonText(bot));
    lines.push(
      `          ${plainText(bot.channel)}${isNamed ? ` on ${plainText(bot.host ?? "")}` : ""}: ${status} for ${conditionSpan(bot, nowMs)} (${why}; ${last})`,
    );
  }
  if (listed.length > mostListed)
    lines.push(`          and ${listed.length - mostListed} more: kissbot-monitor bots`);
  return lines.map((line) => wrappedText(line, terminal.columns, labelWidth)).join("\n");
}

/** What clients could not deliver; null where they say that nothing was lost. */
function lostText(bots: readonly BotRow[]): string | null {
  const losers = bots.filter(({ client_dropped }) => (client_dropped ?? 0) > 0);
  if (losers.length === 0) return null;
  const lost = losers.reduce((sum, { client_dropped }) => sum + (client_dropped ?? 0), 0);
  return `${amountOf(lost, "usage and metric line")}, as ${amountOf(losers.length, "bot")} told: kissbot-monitor bot CHANNEL`;
}

function monitorLines(
  note: SourceNote,
  health: HealthRow | null,
  nowMs: number,
  terminal: Terminal,
): string[] {
  if (health === null || note.kind === "store")
    return [`Monitor   ${terminal.style("red", "does not answer")}`];
  const { status, problems = [], name, version, pid, uptime_s, socket, store, lines } = health;
  const word = terminal.style(status === "ok" ? "green" : "yellow", status);
  const facts = [
    ...(name === undefined ? [] : [plainText(name)]),
    ...(version === undefined ? [] : [`version ${version}`]),
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    ...(uptime_s === undefined ? [] : [`up ${spanText(uptime_s * 1_000)}`]),
  ];
  const text = [`Monitor   ${[word, ...facts].join(", ")}, ${note.url}`];
  for (const { code, detail, since } of problems) {
    const told = `${plainText(code)} for ${spanSince(since, nowMs)}: ${plainText(detail)}`;
    text.push(`          ${terminal.style("yellow", told)}`);
  }
  if (typeof socket === "string") text.push(`Socket    ${plainText(socket)}${linesText(lines)}`);
  if (store !== undefined) {
    const rows = `${amountOf(store.committed_rows, "row")} written, ${countText(store.pending_rows)} waiting`;
    text.push(`Store     ${plainText(store.url)}: ${plainText(store.status)}, ${rows}`);
  }
  return text;
}

/**
 * `: 5,000 lines read, 3 rejected (2 invalid_json, 1 truncated), 4 ignored (their type is not
 * known)`
 */
function linesText(lines: HealthRow["lines"]): string {
  if (lines === undefined) return "";
  const reasons = Object.entries(lines.rejected).filter(([, count]) => count > 0);
  const rejected = reasons.reduce((sum, [, count]) => sum + count, 0);
  const named = reasons.map(([reason, count]) => `${countText(count)} ${plainText(reason)}`).join(", ");
  const bad = rejected === 0 ? "none rejected" : `${countText(rejected)} rejected (${named})`;
  const ignored =
    (lines.ignored ?? 0) === 0 ? "" : `, ${countText(lines.ignored)} ignored (of no known type)`;
  return `: ${amountOf(lines.lines, "line")} read, ${bad}${ignored}`;
}
