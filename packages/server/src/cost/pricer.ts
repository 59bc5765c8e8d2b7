import type { LlmUsageTable } from "@kissbot/store";
import { AppliedPrices } from "./applied-prices.js";
import type { NullReason } from "./null-reason.js";
import { costOf } from "./price.js";
import type { AppliedPrice, Finding, PriceBook } from "./price-book.js";
import { UnpricedTokens } from "./unpriced-tokens.js";

export interface PricerOptions {
  /** The prices that hold now; null before they are read. */
  readonly book: () => PriceBook | null;
  /** Unix milliseconds: when a price was used first, and since when names are counted. */
  readonly nowMs: () => number;
}

/** The rows from `from` to before `to` of a table. */
interface UsageRows {
  readonly rows: LlmUsageTable;
  readonly from: number;
  readonly to: number;
}

/**
 * Calls that have one price at one time: where their names stand in the table, and what was found.
 */
interface Kind {
  readonly modelRef: number;
  readonly providerRef: number;
  /** 0 where no price depends on the feature. */
  readonly featureRef: number;
  readonly model: string;
  readonly provider: string | null;
  readonly finding: Finding;
  /** The answer that holds at every time; null where it depends on it. */
  readonly answer: AppliedPrice | NullReason | null;
  /** The price that was applied last, and its number. */
  applied: AppliedPrice | null;
  priceId: number;
}

type Kinds = (Kind | undefined)[];

/**
 * A power of two: as many kinds are found without a look at their names (measured: `pnpm bench
 * ablation`, `price-kinds`).
 */
const places = 256;

/**
 * Gives each call its cost by the price of its own time, in the rows themselves, before anybody
 * else hears of them: the database, the counters and the budgets see the same cost. What a bot told
 * is never changed, and what has no price stays unknown, with the reason counted. It throws for no
 * row.
 */
export class Pricer {
  readonly listenerName = "prices";
  /** The price behind each `priceId`. */
  readonly applied = new AppliedPrices();
  /** Since the monitor's start. */
  readonly unpriced: UnpricedTokens;
  readonly #options: PricerOptions;
  readonly #tokens = { tokensIn: 0, tokensOut: 0, tokensCached: 0, tokensCacheWrite: 0 };
  /** By the strings of a table, as the queue fills the same few tables again and again. */
  #kindsOf = new WeakMap<readonly string[], Kinds>();
  /** The kinds of a table's rows that were met last, by the numbers of their names. */
  #kinds: Kinds = [];
  #book: PriceBook | null = null;
  #strings: readonly string[] | null = null;

  constructor(options: PricerOptions, maxUnpriced?: number) {
    this.#options = options;
    this.unpriced = new UnpricedTokens(maxUnpriced);
  }

  usageReceived({ rows, from, to }: UsageRows): void {
    const book = this.#options.book();
    if (book === null) return;
    this.#turnTo(book, rows.cells.strings);
    const { costUsd, priceId, tsMs, error, tokensIn, tokensOut, tokensCached, tokensCacheWrite } =
      rows.columns;
    const tokens = this.#tokens;
    for (let row = from; row < to; row++) {
      if (costUsd.isKnown(row)) continue;
      tokens.tokensIn = tokensIn.numberAt(row);
      tokens.tokensOut = tokensOut.numberAt(row);
      const all = tokens.tokensIn + tokens.tokensOut;
      // A call that failed before it used anything may have cost nothing, or a price for the call.
      if (all === 0 && error.isKnown(row)) continue;
      const kind = this.#kindOf(book, rows, row);
      const price = kind.answer ?? kind.finding.at(tsMs.numberAt(row));
      if (typeof price === "string") {
        this.unpriced.add(kind.model, kind.provider, price, all);
        continue;
      }
      tokens.tokensCached = orZero(tokensCached.numberAt(row));
      tokens.tokensCacheWrite = orZero(tokensCacheWrite.numberAt(row));
      const cost = costOf(price.price, tokens);
      if (cost === undefined) {
        this.unpriced.add(kind.model, kind.provider, "no_token_price", all);
        continue;
      }
      costUsd.set(row, cost);
      if (price !== kind.applied) {
        kind.applied = price;
        kind.priceId = this.applied.idOf(price, this.#options.nowMs);
      }
      priceId.set(row, kind.priceId);
    }
  }

  /** With other names, or other prices, what was found before means nothing. */
  #turnTo(book: PriceBook, strings: readonly string[]): void {
    if (book === this.#book && strings === this.#strings) return;
    if (book !== this.#book) this.#kindsOf = new WeakMap();
    let kinds = this.#kindsOf.get(strings);
    if (kinds === undefined) {
      kinds = new Array<Kind | undefined>(places).fill(undefined);
      this.#kindsOf.set(strings, kinds);
    }
    this.#book = book;
    this.#strings = strings;
    this.#kinds = kinds;
  }

  #kindOf(book: PriceBook, { columns }: LlmUsageTable, row: number): Kind {
    const modelRef = columns.model.refAt(row);
    const providerRef = columns.provider.refAt(row);
    const featureRef = book.hasFeatures ? columns.feature.refAt(row) : 0;
    const place = (modelRef * 31 + providerRef * 7 + featureRef) & (places - 1);
    const known = this.#kinds[place];
    if (
      known !== undefined &&
      known.modelRef === modelRef &&
      known.providerRef === providerRef &&
      known.featureRef === featureRef
    ) {
      return known;
    }
    const model = columns.model.at(row) as string;
    const provider = columns.provider.at(row);
    const finding = book.find(model, provider, columns.feature.at(row) as string, this.#options.nowMs());
    const answer = finding.isDated ? null : finding.at(0);
    const kind: Kind = {
      modelRef,
      providerRef,
      featureRef,
      model,
      provider,
      finding,
      answer,
      applied: null,
      priceId: 0,
    };
    if (!finding.isPassing) this.#kinds[place] = kind;
    return kind;
  }
}

function orZero(count: number): number {
  return Number.isNaN(count) ? 0 : count;
}
