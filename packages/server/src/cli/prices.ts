import { quotedText } from "../config/quoted-text.js";
import { UsageError } from "../config/usage-error.js";
import { nullReasons } from "../cost/null-reason.js";
import type { Price, Rate } from "../cost/price.js";
import { loadPriceTable, priceTableVersion } from "../cost/price-table.js";
import { priceOf, Resolver } from "../cost/resolver.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { type Column, tableText } from "./table.js";
import { msFromTimePoint, timeForms } from "./time-point.js";

/** One model that was asked for, and what it costs or why that is unknown. */
interface PriceRow {
  readonly model: string;
  readonly provider: string | null;
  /** The table's own names, null where there is no price. */
  readonly priced_as: string | null;
  readonly price: Price | null;
  readonly reason: keyof typeof nullReasons | null;
}

const columns: readonly Column<PriceRow>[] = [
  { head: "MODEL", text: ({ model }) => model },
  { head: "PRICED AS", text: (row) => row.priced_as ?? "-" },
  { head: "IN", text: ({ price }) => rateText(price?.input), align: "right" },
  { head: "OUT", text: ({ price }) => rateText(price?.output), align: "right" },
  { head: "CACHED", text: ({ price }) => rateText(price?.cached), align: "right", gives: 1 },
  { head: "WRITTEN", text: ({ price }) => rateText(price?.cacheWrite), align: "right", gives: 1 },
  { head: "EACH CALL", text: ({ price }) => rateText(price?.perCall), align: "right" },
  {
    head: "WHY NOT",
    text: ({ reason }) => (reason === null ? "" : nullReasons[reason]),
    least: 12,
    below: true,
  },
];

/** Says what models cost, as the monitor would price a call; 1 where one of them has no price. */
export async function runPricesShow(
  models: readonly string[],
  { terminal, nowMs }: CommandContext,
  options: Options,
): Promise<ExitCode> {
  const at = options["at"] === undefined ? nowMs() : atFrom(`${options["at"]}`, nowMs());
  const provider = typeof options["provider"] === "string" ? options["provider"] : null;
  const resolver = new Resolver(await loadPriceTable());
  const rows = models.map((model) => rowOf(resolver, model, provider, at));
  if (options["json"] === true) {
    terminal.printJson({
      version: priceTableVersion,
      at: new Date(at).toISOString(),
      prices: rows.map((row) => ({ ...row, price: row.price && jsonOf(row.price) })),
    });
  } else {
    const isByCall = rows.some(({ price }) => price?.perCall !== undefined);
    const shown = columns.filter(({ head }) => isByCall || head !== "EACH CALL");
    terminal.print(tableText(shown, rows, terminal));
    terminal.print(`US dollars per 1M tokens, by ${priceTableVersion}; * rises with the size of the input.`);
  }
  return rows.every(({ reason }) => reason === null) ? exitCodes.ok : exitCodes.problem;
}

function rowOf(resolver: Resolver, model: string, provider: string | null, ms: number): PriceRow {
  const resolution = resolver.resolve(model, provider);
  const price = priceOf(resolution, ms);
  if (typeof price === "string" || "reason" in resolution) {
    const reason = typeof price === "string" ? price : "unknown_model";
    return { model, provider, priced_as: null, price: null, reason };
  }
  return { model, provider, priced_as: `${resolution.provider}/${resolution.model}`, price, reason: null };
}

function atFrom(text: string, nowMs: number): number {
  const ms = msFromTimePoint(text, { nowMs, utc: true });
  if (ms === undefined) throw new UsageError([`--at: expected ${timeForms}; got ${quotedText(text)}`]);
  return ms;
}

function rateText(rate: Rate | undefined): string {
  if (rate === undefined) return "-";
  return typeof rate === "number" ? `$${rate}` : `$${rate.base}*`;
}

function jsonOf({ input, output, cached, cacheWrite, perCall }: Price): object {
  const usd = (given: Rate | number | undefined) => given ?? null;
  return {
    input: usd(input),
    output: usd(output),
    cached: usd(cached),
    cache_write: usd(cacheWrite),
    per_call: usd(perCall),
  };
}
