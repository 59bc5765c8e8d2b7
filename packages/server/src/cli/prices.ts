import { UsageError } from "../config/usage-error.js";
import type { Rate } from "../cost/price.js";
import { type AnswerJson, type NamedAnswerJson, namedAnswerJson } from "../cost/price-json.js";
import { openPrices } from "../open-prices.js";
import { quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { settingsOf } from "./command-settings.js";
import { runningConfigPlaces } from "./running-config.js";
import { type Column, tableText } from "./table.js";
import { wrappedText } from "./text-width.js";
import { msFromTimePoint, timeForms } from "./time-point.js";

export const priceColumns: readonly Column<AnswerJson>[] = [
  { head: "PRICED AS", text: pricedAsText },
  { head: "IN", text: ({ price }) => rateText(price?.input), align: "right" },
  { head: "OUT", text: ({ price }) => rateText(price?.output), align: "right" },
  { head: "CACHED", text: ({ price }) => rateText(price?.cached), align: "right", gives: 1 },
  { head: "WRITTEN", text: ({ price }) => rateText(price?.cache_write), align: "right", gives: 1 },
  { head: "EACH CALL", text: ({ price }) => rateText(price?.per_call), align: "right" },
];

const columns: readonly Column<NamedAnswerJson>[] = [
  { head: "MODEL", text: ({ model }) => model },
  ...priceColumns,
  {
    head: "WHY NOT",
    text: ({ why }) => why ?? "",
    least: 12,
    below: true,
  },
];

/** The prices of the database that is meant, and where that is. Notes go to the terminal. */
export async function pricesOf(context: CommandContext, options: Options) {
  const places = runningConfigPlaces(context, options);
  const settings = await settingsOf(context, options, ["store"], false, places);
  const { book, version, notices } = await openPrices(settings, { places: settings });
  for (const notice of notices) context.terminal.note(notice);
  return { book, version, store: settings.store };
}

/** Says what models cost, as the monitor would price a call; 1 where one of them has no price. */
export async function runPricesShow(
  context: CommandContext,
  options: Options,
  models: readonly string[],
): Promise<ExitCode> {
  const { terminal, nowMs } = context;
  const at = options["at"] === undefined ? nowMs() : atFrom(`${options["at"]}`, nowMs());
  const provider = typeof options["provider"] === "string" ? options["provider"] : null;
  const feature = typeof options["feature"] === "string" ? options["feature"] : null;
  const { book, version } = await pricesOf(context, options);
  const rows = models.map((model) => namedAnswerJson(book, { model, provider, feature }, at));
  if (options["json"] === true) {
    terminal.printJson({ version, at: new Date(at).toISOString(), prices: rows });
  } else {
    const isByCall = rows.some(({ price }) => (price?.per_call ?? null) !== null);
    const shown = columns.filter(({ head }) => isByCall || head !== "EACH CALL");
    terminal.print(tableText(shown, rows, terminal));
    terminal.print(wrappedText(unitText(version), terminal.columns));
  }
  return rows.every(({ reason }) => reason === null) ? exitCodes.ok : exitCodes.problem;
}

/** What the dollars of the table mean. */
export function unitText(version: string): string {
  return `US dollars per 1M tokens, by ${version}; * rises with the size of the input.`;
}

function pricedAsText({ source, priced_as: name }: AnswerJson): string {
  if (name === null) return "-";
  return source === "config" ? `config: ${name}` : name;
}

function atFrom(text: string, nowMs: number): number {
  const ms = msFromTimePoint(text, { nowMs, utc: true });
  if (ms === undefined) throw new UsageError([`--at: expected ${timeForms}; got ${quotedText(text)}`]);
  return ms;
}

function rateText(rate: Rate | null | undefined): string {
  if (rate === undefined || rate === null) return "-";
  return typeof rate === "number" ? `$${dollarsText(rate)}` : `$${dollarsText(rate.base)}*`;
}

/** A discount makes more digits than anybody reads. */
function dollarsText(dollars: number): string {
  return `${Number(dollars.toPrecision(6))}`;
}
