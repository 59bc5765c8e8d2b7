import { setTimeout as delay } from "node:timers/promises";
import { durationMsFrom } from "../config/duration.js";
import type { Settings } from "../config/settings.js";
import { UsageError } from "../config/usage-error.js";
import { plainText, quotedText, safeJson } from "../quoted-text.js";
import { AlternateScreen } from "./alternate-screen.js";
import { BotFilter } from "./bot-filter.js";
import { botOrder } from "./bot-order.js";
import type { BotRow } from "./bot-row.js";
import { botColumns, fleetText, notesOf } from "./bots.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import type { SourceNote } from "./fleet-answer.js";
import { openFleetSource } from "./fleet-source.js";
import { endProcess } from "./process-end.js";
import { countText, spanText, timestampFromMs } from "./quantity-text.js";
import { stopRequest } from "./stop-request.js";
import { tableParts, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { wrappedText } from "./text-width.js";
import { type TimeText, timeTextOf } from "./time-text.js";

const defaultMs = 2_000;
const redrawMs = 1_000;

/** What the screen shows, and how new it is. */
export interface WatchState {
  /** Null until the first answer. */
  readonly answer: {
    readonly source: SourceNote;
    readonly bots: readonly BotRow[];
    readonly atMs: number;
  } | null;
  /** Why the last request had no answer; null if it had one. */
  readonly failure: string | null;
}

interface Watch {
  readonly periodMs: number;
  readonly filter: BotFilter;
  readonly inOrder: (bots: readonly BotRow[]) => readonly BotRow[];
  readonly times: TimeText;
  readonly terminal: Terminal;
}

/**
 * Shows the fleet until Ctrl-C and refreshes it: on a terminal in the alternate screen; elsewhere a
 * table for each round, with `--json` a line of JSON. Asks a monitor that does not answer again.
 */
export async function runWatch(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const watch: Watch = {
    periodMs: periodFrom(options["watch"]),
    filter: new BotFilter(options),
    inOrder: botOrder(options),
    times: timeTextOf(options),
    terminal,
  };
  const settings = await settingsOf(context, options);
  const request = stopRequest({ withStdin: false });
  // A request that hangs does not delay the end.
  context.end = (code) => endProcess(code, request.signal);
  const onScreen = terminal.hasScreen && options["json"] !== true;
  const over = new AbortController();
  const shown = onScreen
    ? showOnScreen(watch, settings, context, over.signal)
    : printRounds(watch, settings, context, { signal: over.signal, json: options["json"] === true });
  try {
    await Promise.race([request.made, shown]);
    return exitCodes.ok;
  } finally {
    over.abort();
    request.dispose();
  }
}

async function showOnScreen(
  watch: Watch,
  settings: Settings,
  { nowMs, terminal }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  let state: WatchState = { answer: null, failure: null };
  const draw = () => screen.draw(watchLines(state, watch, nowMs()));
  const screen = new AlternateScreen(terminal, draw);
  screen.open();
  const redraw = setInterval(draw, redrawMs);
  signal.addEventListener("abort", () => {
    clearInterval(redraw);
    screen.close();
  });
  draw();
  while (!signal.aborted) {
    state = await asked(state, settings, nowMs);
    if (!signal.aborted) draw();
    await pause(watch.periodMs, signal);
  }
}

async function printRounds(
  { periodMs, filter, inOrder, times, terminal }: Watch,
  settings: Settings,
  { nowMs }: CommandContext,
  { signal, json }: { readonly signal: AbortSignal; readonly json: boolean },
): Promise<void> {
  let state: WatchState = { answer: null, failure: null };
  while (!signal.aborted) {
    state = await asked(state, settings, nowMs);
    if (signal.aborted) return;
    const { answer, failure } = state;
    const at = timestampFromMs(nowMs());
    if (failure !== null) terminal.note(failure);
    else if (answer !== null) {
      const { source, bots } = answer;
      const chosen = inOrder(bots.filter((bot) => filter.matches(bot)));
      for (const note of notesOf(source, bots, filter, nowMs())) terminal.note(note);
      if (json) terminal.print(safeJson(JSON.stringify({ at, source, bots: chosen })));
      else {
        terminal.print(`${times.second(at)} (${times.zone})`);
        terminal.print(wrappedText(fleetText(bots, terminal), terminal.columns));
        terminal.print(`\n${tableText(botColumns(nowMs(), chosen), chosen, terminal)}\n`);
      }
    }
    await pause(periodMs, signal);
  }
}

/** The state after one more request. Does not reject if the monitor or the database fails. */
async function asked(before: WatchState, settings: Settings, nowMs: () => number): Promise<WatchState> {
  try {
    const source = await openFleetSource(settings);
    try {
      const bots = await source.bots();
      return { answer: { source: source.note, bots, atMs: nowMs() }, failure: null };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { answer: before.answer, failure: error.message };
  }
}

/** The lines of one screen, within its rows and columns. Bots that do not fit are counted. */
export function watchLines({ answer, failure }: WatchState, watch: Watch, nowMs: number): string[] {
  const { periodMs, filter, inOrder, times, terminal } = watch;
  const wrapped = (text: string) => wrappedText(text, terminal.columns).split("\n");
  const lines = wrapped(
    terminal.style("dim", `${times.second(timestampFromMs(nowMs))} (${times.zone}); Ctrl-C ends it`),
  );
  if (failure !== null) {
    const again = `${failure.split("\n").map(plainText).join(" ")} Retrying every ${secondsText(periodMs)}.`;
    lines.push(...wrapped(terminal.style("red", again)));
  }
  if (answer === null) return failure === null ? [...lines, "Asking …"] : lines;
  const { source, bots, atMs } = answer;
  const ageMs = nowMs - atMs;
  if (source.kind === "store") lines.push(...wrapped(terminal.style("red", "The monitor does not answer.")));
  for (const note of notesOf(source, bots, filter, nowMs)) {
    lines.push(...wrapped(terminal.style("yellow", plainText(note))));
  }
  const age = `${source.kind === "monitor" ? source.url : "the database"}, asked ${spanText(ageMs)} ago`;
  const isOld = ageMs > 2 * periodMs + 2_000;
  lines.push(...wrapped(terminal.style(isOld ? "yellow" : "dim", plainText(age))));
  lines.push(...wrapped(fleetText(bots, terminal)), "");
  const chosen = inOrder(bots.filter((bot) => filter.matches(bot)));
  const room = terminal.rows - lines.length - 1;
  // Formats no more bots than the screen has rows, however large the fleet is.
  const { head, rows } = tableParts(botColumns(nowMs, chosen), chosen.slice(0, terminal.rows), terminal);
  return [...lines, head, ...rowsWithin(rows, chosen.length, room)];
}

/** The rows that fit, and the number of those that do not. */
function rowsWithin(rows: readonly (readonly string[])[], count: number, room: number): string[] {
  if (rows.length === count && rows.flat().length <= room) return rows.flat();
  const shown: string[] = [];
  let left = count;
  for (const row of rows) {
    if (shown.length + row.length > room - 1) break;
    shown.push(...row);
    left--;
  }
  return [...shown, `… ${countText(left)} more`];
}

function secondsText(ms: number): string {
  return `${ms / 1_000} s`;
}

function periodFrom(given: unknown): number {
  if (given === true) return defaultMs;
  const ms = durationMsFrom(String(given));
  if (ms !== undefined && ms >= 200 && ms <= 3_600_000) return ms;
  throw new UsageError([
    `--watch: expected the seconds between updates, from 0.2 to 3600; got ${quotedText(String(given))}`,
  ]);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // It is over.
  }
}
