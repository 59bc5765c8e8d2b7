import { type Opening, Window } from "../alerts/window.js";
import { loadSettings } from "../config/load-settings.js";
import { UsageError } from "../config/usage-error.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { timestampFromMs } from "./quantity-text.js";
import { runningConfigPlaces } from "./running-config.js";
import { flagsFrom } from "./setting-option.js";
import { type Column, tableText } from "./table.js";
import { type TimeText, timeTextIn, timeTextOf } from "./time-text.js";

/** One time of one window. */
interface Row {
  readonly window: Window;
  readonly opening: Opening;
  readonly isOpen: boolean;
}

const mostNext = 100;

/**
 * Prints when each configured window next begins and ends, in its own zone, in order of time. Reads
 * only the config: a running monitor may still have older windows.
 */
export async function runAlertsWindows(context: CommandContext, options: Options): Promise<ExitCode> {
  const next = Number(options["next"] ?? 1);
  if (!(Number.isInteger(next) && next >= 1 && next <= mostNext))
    throw new UsageError([`--next: expected a whole number from 1 to ${mostNext}`]);
  const { terminal, environment } = context;
  const { settings, notices } = await loadSettings(flagsFrom(options), environment, {
    serving: false,
    places: runningConfigPlaces(context, options),
  });
  for (const notice of notices) terminal.note(notice);
  const nowMs = context.nowMs();
  const { timezone } = settings;
  const windows = settings.alerts.windows.map((terms) => {
    const window = new Window(terms, timezone);
    return { window, open: window.openAt(nowMs), next: window.next(next, nowMs) };
  });
  if (options["json"] === true) {
    terminal.printJson({ timezone, windows: windows.map(windowJson) });
    return exitCodes.ok;
  }
  const rows = windows.flatMap(({ window, open, next: coming }): Row[] => [
    ...(open === null ? [] : [{ window, opening: open, isOpen: true }]),
    ...coming.map((opening) => ({ window, opening, isOpen: false })),
  ]);
  rows.sort((a, b) => a.opening.fromMs - b.opening.fromMs);
  if (windows.length === 0) terminal.print("There is no window: none stands under alerts: windows:.");
  else if (rows.length === 0) terminal.print("No window is open, and none will open again.");
  else terminal.print(tableText(columnsOf(rows, timeTextOf(options)), rows, terminal));
  for (const { window, open, next: coming } of windows) {
    if (rows.length > 0 && open === null && coming.length === 0)
      terminal.note(`A window will never open again: ${window.terms.why}`);
  }
  return exitCodes.ok;
}

/**
 * Times in the zone of each window, and beside them in the reader's zone where that is another one.
 */
function columnsOf(rows: readonly Row[], here: TimeText): Column<Row>[] {
  const texts = new Map(rows.map(({ window: { timezone } }) => [timezone, timeTextIn(timezone)]));
  const inZone = ({ window: { timezone } }: Row, ms: number) =>
    momentText(texts.get(timezone) ?? here, timezone, ms);
  const isElsewhere = [...texts.values()].some(({ zone }) => zone !== here.zone);
  return [
    {
      head: "BEGINS",
      text: (row) =>
        row.isOpen ? `open since ${inZone(row, row.opening.fromMs)}` : inZone(row, row.opening.fromMs),
    },
    { head: "ENDS", text: (row) => inZone(row, row.opening.untilMs) },
    { head: "ZONE", text: ({ window: { timezone } }) => timezone, least: 8, gives: 3 },
    ...(isElsewhere
      ? [
          {
            head: `BEGINS (${here.zone})`,
            text: ({ opening: { fromMs } }: Row) => momentText(here, here.zone, fromMs),
            gives: 2,
          },
        ]
      : []),
    { head: "BOTS", text: ({ window: { terms } }) => terms.bots.join(", "), least: 8, gives: 1 },
    { head: "RULES", text: ({ window: { terms } }) => terms.rules?.join(", ") ?? "all", least: 5, gives: 1 },
    { head: "WHY", text: ({ window: { terms } }) => terms.why, below: true },
  ];
}

/** `Sun 2026-11-29 03:00`; with seconds where there are some. */
function momentText(texts: TimeText, zone: string, ms: number): string {
  const timestamp = timestampFromMs(ms);
  return `${weekday(zone, ms)}${ms % 60_000 === 0 ? texts.minute(timestamp) : texts.second(timestamp)}`;
}

/** Empty where the system gives its zone no name. */
function weekday(timeZone: string, ms: number): string {
  try {
    return `${new Intl.DateTimeFormat("en-US", { timeZone, weekday: "short" }).format(ms)} `;
  } catch {
    return "";
  }
}

function windowJson({
  window: { terms, timezone },
  open,
  next,
}: {
  readonly window: Window;
  readonly open: Opening | null;
  readonly next: readonly Opening[];
}): object {
  const { bots, rules, why } = terms;
  return { bots, rules, why, timezone, open: open && openingJson(open), next: next.map(openingJson) };
}

function openingJson({ fromMs, untilMs }: Opening): object {
  return { from: timestampFromMs(fromMs), until: timestampFromMs(untilMs) };
}
