import { openStore, type Store, type StoredUsage, StoreError, type UsageCursor } from "@kissbot/store";
import { UsageError } from "../config/usage-error.js";
import { costOf } from "../cost/price.js";
import type { PriceBook } from "../cost/price-book.js";
import { type NamedAnswerJson, namedAnswerJson } from "../cost/price-json.js";
import { plainText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { priceColumns, pricesOf, unitText } from "./prices.js";
import { amountOf, countText } from "./quantity-text.js";
import { type Column, tableText } from "./table.js";
import { linesOfWidth, wrappedText } from "./text-width.js";
import { timeRangeFrom } from "./time-range.js";

const monthMs = 30 * 86_400_000;
/** Calls per page. */
const pageRows = 5_000;
/** Enough calls to distinguish a wrong unit from a few odd calls. */
const leastTold = 100;
/** A reported cost is doubtful beyond this factor of the price. */
const mostFactor = 3;
/** Nobody would read more. */
const mostModels = 10_000;

/** All calls of a model at a provider that have one price, or none. */
interface CheckedModel extends NamedAnswerJson {
  calls: number;
  tokens: number;
  /** Calls whose cost is unknown. */
  unknown_calls: number;
  /** Calls with a reported cost and a price: their number, and the sum by each. */
  told_calls: number;
  told_usd: number;
  table_usd: number;
  /** Calls with more cached and written tokens than input. */
  overfull_calls: number;
}

const columns: readonly Column<CheckedModel>[] = [
  { head: "MODEL", text: ({ model }) => model, least: 10, gives: 4 },
  { head: "PROVIDER", text: ({ provider }) => provider ?? "-", least: 8, gives: 3 },
  { head: "CALLS", text: ({ calls }) => countText(calls), align: "right" },
  { head: "TOKENS", text: ({ tokens }) => countText(tokens), align: "right", gives: 2 },
  ...priceColumns,
];

/**
 * Says by which price each model of the last month is priced, which one has none and what would
 * settle it, and where what bots tell cannot be right; 1 where there is anything to settle.
 */
export async function runPricesCheck(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const nowMs = context.nowMs();
  const problems: string[] = [];
  const fromMs = timeRangeFrom(options, nowMs, problems).fromMs ?? Math.max(0, nowMs - monthMs);
  if (problems.length > 0) throw new UsageError(problems);
  const { book, version, store } = await pricesOf(context, options);
  const models = await modelsOf(store, book, { fromMs, nowMs });
  const doubts = models.filter(isDoubtful);
  const overfull = models.filter((row) => row.overfull_calls > 0);
  const unpriced = models.filter((row) => row.reason !== null && row.unknown_calls > 0);
  if (options["json"] === true) {
    terminal.printJson({
      version,
      from: new Date(fromMs).toISOString(),
      models: models.map((row) => ({ ...row, doubtful: isDoubtful(row) })),
    });
  } else if (models.length === 0) {
    terminal.print("No LLM call is stored of this time.");
  } else {
    const isByCall = models.some(({ price }) => (price?.per_call ?? null) !== null);
    const shown = columns.filter(({ head }) => isByCall || head !== "EACH CALL");
    terminal.print(tableText(shown, models, terminal));
    terminal.print(wrappedText(unitText(version), terminal.columns));
    for (const lines of [settlingLines(unpriced), doubtLines(doubts), overfullLines(overfull)])
      for (const line of lines) terminal.print(shownLine(line, terminal.columns));
  }
  return unpriced.length + doubts.length + overfull.length === 0 ? exitCodes.ok : exitCodes.problem;
}

/** The most tokens first. */
async function modelsOf(
  url: string,
  book: PriceBook,
  { fromMs, nowMs }: { readonly fromMs: number; readonly nowMs: number },
): Promise<readonly CheckedModel[]> {
  if (url === "memory:") throw new CommandError("what a monitor keeps in memory: cannot be read");
  let store: Store | null = null;
  try {
    store = await openStore(url, { readOnly: true, openTimeoutMs: 5_000 });
    const found = new ModelSums(book, nowMs);
    let after: UsageCursor | null = null;
    do {
      const page = await store.usagePage({ fromMs, after, limit: pageRows });
      for (const row of page.rows) found.addCall(row);
      after = page.next;
    } while (after !== null);
    return found.models();
  } catch (error) {
    throw error instanceof StoreError ? new CommandError(`${url}: ${error.message}`) : error;
  } finally {
    await store?.close();
  }
}

class ModelSums {
  readonly #book: PriceBook;
  readonly #nowMs: number;
  readonly #known = new Map<string, CheckedModel>();

  constructor(book: PriceBook, nowMs: number) {
    this.#book = book;
    this.#nowMs = nowMs;
  }

  models(): readonly CheckedModel[] {
    return [...new Set(this.#known.values())].sort((a, b) => b.tokens - a.tokens || b.calls - a.calls);
  }

  addCall(row: StoredUsage): void {
    const sums = this.#sumsOf(row);
    if (sums === undefined) return;
    const { tokensIn, tokensOut, tokensCached, tokensCacheWrite, costUsd } = row;
    sums.calls++;
    sums.tokens += tokensIn + tokensOut;
    if ((tokensCached ?? 0) + (tokensCacheWrite ?? 0) > tokensIn) sums.overfull_calls++;
    if (costUsd === null) sums.unknown_calls++;
    if (costUsd === null || row.priceId !== null) return;
    const answer = this.#book.find(row.model, row.provider, row.feature).at(row.tsMs);
    const cost = typeof answer === "string" ? undefined : costOf(answer.price, row);
    if (cost === undefined) return;
    sums.told_calls++;
    sums.told_usd += costUsd;
    sums.table_usd += cost;
  }

  /** Features share a line unless the operator gave them prices of their own. */
  #sumsOf({ model, provider, feature }: StoredUsage): CheckedModel | undefined {
    const key = JSON.stringify([model, provider, feature]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const answer = namedAnswerJson(this.#book, { model, provider, feature }, this.#nowMs);
    const alike = JSON.stringify([model, provider, answer.priced_as, answer.price]);
    let found = this.#known.get(alike);
    if (found === undefined) {
      if (this.#known.size >= mostModels) return undefined;
      const nothing = { calls: 0, tokens: 0, unknown_calls: 0, told_calls: 0, told_usd: 0, table_usd: 0 };
      found = { ...answer, feature: null, ...nothing, overfull_calls: 0 };
      this.#known.set(alike, found);
    }
    if (this.#known.size < mostModels) this.#known.set(key, found);
    return found;
  }
}

function isDoubtful({ told_calls: calls, told_usd: told, table_usd: table }: CheckedModel): boolean {
  return calls >= leastTold && (told > mostFactor * table || mostFactor * told < table);
}

/**
 * Lines of the config file are to be copied, so they stay whole; a comment goes on as a comment.
 */
function shownLine(line: string, columns: number | null): string {
  if (columns === null || line.startsWith("  - ")) return line;
  if (!line.startsWith("  # ")) return wrappedText(line, columns, line.startsWith("  ") ? 2 : 0);
  return linesOfWidth(line.slice(4), columns - 4)
    .map((text) => `  # ${text}`)
    .join("\n");
}

function settlingLines(rows: readonly CheckedModel[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.flatMap(({ model, provider, why, settle }) => [
    `  # ${nameOf(model, provider)}: ${why}`,
    `  ${plainText(settle ?? "# nothing settles it")}`,
  ]);
  const head =
    "Without a price. Check these lines, then put them into the section prices: of the config file:";
  return ["", head, ...lines];
}

function doubtLines(rows: readonly CheckedModel[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(
    ({ model, provider, told_calls: calls, told_usd: told, table_usd: table }) =>
      `  ${nameOf(model, provider)}: ${usdText(told)} told for ${amountOf(calls, "call")}; by its price ${usdText(table)}`,
  );
  const head = "What bots tell is far from the price. Are their units mixed up? It counts as they tell it.";
  return ["", head, ...lines];
}

function overfullLines(rows: readonly CheckedModel[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(
    ({ model, provider, overfull_calls: calls }) =>
      `  ${nameOf(model, provider)}: ${amountOf(calls, "call")}`,
  );
  const head =
    "tokens_cached and tokens_cache_write come to more than tokens_in, of which they are parts. They are cut to it.";
  return ["", head, ...lines];
}

function nameOf(model: string, provider: string | null): string {
  return plainText(provider === null ? model : `${model} (${provider})`);
}

function usdText(dollars: number): string {
  return `$${Number(dollars.toPrecision(3))}`;
}
