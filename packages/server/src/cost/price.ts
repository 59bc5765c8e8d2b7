/** US dollars for a million tokens: the same for all, or by how large the input of the call is. */
export type Rate =
  | number
  | {
      readonly base: number;
      /**
       * The whole call has the rate of the last tier that its input is larger than. By `start`, the
       * smallest first.
       */
      readonly tiers: readonly { readonly start: number; readonly price: number }[];
    };

/**
 * What a model costs. What has no price of its own is undefined: a cached token then costs as any
 * input.
 */
export interface Price {
  readonly input?: Rate | undefined;
  readonly output?: Rate | undefined;
  readonly cached?: Rate | undefined;
  readonly cacheWrite?: Rate | undefined;
  /** US dollars for each call. */
  readonly perCall?: number | undefined;
}

/** A price, and when it holds: always, from a day on, or within hours of each day (UTC). */
export interface DatedPrice {
  readonly price: Price;
  readonly fromMs?: number | undefined;
  readonly hours?: { readonly startMs: number; readonly endMs: number } | undefined;
}

/** The tokens of a call. The cached ones and the written ones are parts of the input. */
export interface CallTokens {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly tokensCached: number | null;
  readonly tokensCacheWrite: number | null;
}

const perMillion = 1e6;
const dayMs = 86_400_000;

/**
 * What a call costs, in US dollars, from 0 to `Number.MAX_VALUE`; undefined where it would be
 * outside that range or has tokens of a kind that the price does not know. Parts that come to more
 * than the input are cut to it. Never throws.
 */
export function costOf(price: Price, tokens: CallTokens): number | undefined {
  const { tokensIn, tokensOut } = tokens;
  if (tokensIn > 0 && price.input === undefined) return undefined;
  if (tokensOut > 0 && price.output === undefined) return undefined;
  const cached = price.cached === undefined ? 0 : Math.min(tokens.tokensCached ?? 0, tokensIn);
  const written =
    price.cacheWrite === undefined ? 0 : Math.min(tokens.tokensCacheWrite ?? 0, tokensIn - cached);
  const dollars =
    (tokensIn - cached - written) * rateAt(price.input, tokensIn) +
    cached * rateAt(price.cached, tokensIn) +
    written * rateAt(price.cacheWrite, tokensIn) +
    tokensOut * rateAt(price.output, tokensIn);
  const cost = dollars / perMillion + (price.perCall ?? 0);
  return cost >= 0 && cost <= Number.MAX_VALUE ? cost : undefined;
}

function rateAt(rate: Rate | undefined, tokensIn: number): number {
  if (rate === undefined) return 0;
  if (typeof rate === "number") return rate;
  let found = rate.base;
  for (const { start, price } of rate.tiers) if (tokensIn > start) found = price;
  return found;
}

/** Multiplies each rate by `factor`; 1 returns the price itself. */
export function scaledPrice(price: Price, factor: number): Price {
  if (factor === 1) return price;
  const rate = (given: Rate | undefined): Rate | undefined => {
    if (given === undefined) return undefined;
    if (typeof given === "number") return given * factor;
    const tiers = given.tiers.map(({ start, price: ofTier }) => ({ start, price: ofTier * factor }));
    return { base: given.base * factor, tiers };
  };
  return {
    input: rate(price.input),
    output: rate(price.output),
    cached: rate(price.cached),
    cacheWrite: rate(price.cacheWrite),
    perCall: price.perCall === undefined ? undefined : price.perCall * factor,
  };
}

/** The price at a time. */
export function priceAt(prices: readonly DatedPrice[], ms: number): Price {
  return prices[placeAt(prices, ms)]?.price ?? {};
}

/** Which of the prices holds at a time. */
export function placeAt(prices: readonly DatedPrice[], ms: number): number {
  // A loop: each call of a model with dated prices passes here.
  for (let i = prices.length - 1; i > 0; i--) if (holdsAt(prices[i] as DatedPrice, ms)) return i;
  return 0;
}

function holdsAt({ fromMs, hours }: DatedPrice, ms: number): boolean {
  if (fromMs !== undefined) return ms >= fromMs;
  if (hours === undefined) return true;
  const ofDayMs = ((ms % dayMs) + dayMs) % dayMs;
  return hours.endMs < hours.startMs
    ? ofDayMs >= hours.startMs || ofDayMs < hours.endMs
    : ofDayMs >= hours.startMs && ofDayMs < hours.endMs;
}

/** As the table has it: for a million tokens. */
export type GivenRate =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] };

/** A price as the table has it, by the name of what is priced. */
export interface GivenPrice {
  readonly constraint?:
    | { readonly start_date: string }
    | { readonly start_time: string; readonly end_time: string }
    | undefined;
  readonly prices: Readonly<Record<string, GivenRate | undefined>>;
}

/** The prices of a model as the table has them. */
export function datedPrices(given: readonly GivenPrice[] | GivenPrice["prices"]): readonly DatedPrice[] {
  if (!Array.isArray(given)) return [{ price: priceFrom(given as GivenPrice["prices"]) }];
  return (given as readonly GivenPrice[]).map(({ constraint, prices }) => {
    const price = priceFrom(prices);
    if (constraint === undefined) return { price };
    if ("start_date" in constraint) return { price, fromMs: Date.parse(constraint.start_date) };
    return { price, hours: { startMs: msOfDay(constraint.start_time), endMs: msOfDay(constraint.end_time) } };
  });
}

/** The parts of a price that are read; the table has others. */
export const givenRates = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"] as const;

function priceFrom(given: GivenPrice["prices"]): Price {
  const perThousandCalls = given["requests_kcount"];
  return {
    input: rateFrom(given["input_mtok"]),
    output: rateFrom(given["output_mtok"]),
    cached: rateFrom(given["cache_read_mtok"]),
    cacheWrite: rateFrom(given["cache_write_mtok"]),
    perCall: typeof perThousandCalls === "number" ? perThousandCalls / 1_000 : undefined,
  };
}

function rateFrom(given: GivenRate | undefined): Rate | undefined {
  if (given === undefined || typeof given === "number") return given;
  return { base: given.base, tiers: given.tiers.toSorted((a, b) => a.start - b.start) };
}

/** `16:30:00Z`, `00:30:00+08:00` in milliseconds of a day of UTC. */
function msOfDay(text: string): number {
  return ((Date.parse(`1970-01-02T${text}`) % dayMs) + dayMs) % dayMs;
}
