import { type NullReason, nullReasons } from "./null-reason.js";
import type { Price, Rate } from "./price.js";
import type { AppliedPrice, PriceBook } from "./price-book.js";
import { settlingLine } from "./settling-line.js";

/** A price in US dollars per 1M tokens, and for each call. Null: as any input, or none. */
export interface PriceJson {
  readonly input: Rate | null;
  readonly output: Rate | null;
  readonly cached: Rate | null;
  readonly cache_write: Rate | null;
  readonly per_call: number | null;
}

/** What a model costs, or why that is unknown. */
export interface AnswerJson {
  readonly source: AppliedPrice["source"] | null;
  /** The name of the model in the table, behind its provider, or the operator's pattern. */
  readonly priced_as: string | null;
  readonly price: PriceJson | null;
  readonly reason: NullReason | null;
}

/** The same for one name, with what to do where there is no price. */
export interface NamedAnswerJson extends AnswerJson {
  readonly model: string;
  readonly provider: string | null;
  readonly feature: string | null;
  /** The reason for people. */
  readonly why: string | null;
  /** The line of the section `prices:` that settles it. */
  readonly settle: string | null;
}

export interface AskedName {
  readonly model: string;
  readonly provider: string | null;
  readonly feature: string | null;
}

/** What a call of a model costs at a time, and nothing is remembered of it. */
export function namedAnswerJson(book: PriceBook, asked: AskedName, tsMs: number): NamedAnswerJson {
  const { model, provider, feature } = asked;
  const answer = answerJson(book.lookUp(model, provider, feature ?? "").at(tsMs));
  const { reason } = answer;
  if (reason === null) return { model, provider, feature, ...answer, why: null, settle: null };
  const settle = settlingLine({ model, provider, reason, sellers: book.sellersOf(model) });
  return { model, provider, feature, ...answer, why: nullReasons[reason], settle };
}

export function answerJson(answer: AppliedPrice | NullReason): AnswerJson {
  if (typeof answer === "string") return { source: null, priced_as: null, price: null, reason: answer };
  const { source, provider, model, price } = answer;
  return {
    source,
    priced_as: provider === null ? model : `${provider}/${model}`,
    price: priceJson(price),
    reason: null,
  };
}

function priceJson({ input, output, cached, cacheWrite, perCall }: Price): PriceJson {
  return {
    input: input ?? null,
    output: output ?? null,
    cached: cached ?? null,
    cache_write: cacheWrite ?? null,
    per_call: perCall ?? null,
  };
}
