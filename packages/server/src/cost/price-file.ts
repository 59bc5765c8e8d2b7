import { createHash } from "node:crypto";
import { type GivenPrice, givenRates } from "./price.js";
import { type GivenProvider, type PricedProvider, pricedProviders } from "./price-table.js";

/** So much text is read at most: forty times what it was in 2026. */
export const mostPriceBytes = 16 * 1_048_576;

/** A table of prices that was fetched. */
export interface PriceFile {
  readonly providers: readonly PricedProvider[];
  /** How many models it prices. */
  readonly models: number;
  /** Names the text: another text has another version. */
  readonly version: string;
}

/** What is wrong in a file of prices, and where. */
export class PriceFileError extends Error {
  override readonly name = "PriceFileError";
}

/**
 * Reads all of a table in the form of genai-prices, version 2. Throws PriceFileError at the first
 * thing that is wrong, so that no part of a broken table is used.
 */
export function priceFileFrom(text: string): PriceFile {
  const providers = listOf(jsonOf(text), "$").map(providerOf);
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
  if (models === 0) throw new PriceFileError("it prices no model");
  const ids = new Set<string>();
  for (const { id } of providers) {
    if (ids.has(id)) throw new PriceFileError(`it has the provider ${JSON.stringify(id)} twice`);
    ids.add(id);
  }
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { providers: pricedProviders(providers), models, version: `genai-prices data ${hash}` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PriceFileError(`it is no JSON: ${(error as Error).message}`);
  }
}

function providerOf(given: unknown, i: number): GivenProvider {
  const at = `$[${i}]`;
  const fields = objectOf(given, at);
  const { fallback_model_providers: fallbacks, provider_match: called, model_match: made } = fields;
  return {
    id: textOf(fields["id"], `${at}.id`),
    models: listOf(fields["models"], `${at}.models`).map((model, j) => modelOf(model, `${at}.models[${j}]`)),
    ...(isGiven(fallbacks) && {
      fallback_model_providers: listOf(fallbacks, `${at}.fallback_model_providers`).map((id, j) =>
        textOf(id, `${at}.fallback_model_providers[${j}]`),
      ),
    }),
    ...(isGiven(called) && { provider_match: matchOf(called, `${at}.provider_match`) }),
    ...(isGiven(made) && { model_match: matchOf(made, `${at}.model_match`) }),
  };
}

type GivenModel = GivenProvider["models"][number];
type Match = GivenModel["match"];

function modelOf(given: unknown, at: string): GivenModel {
  const { id, match, prices } = objectOf(given, at);
  const priced = Array.isArray(prices)
    ? listOf(prices, `${at}.prices`).map((price, i) => datedOf(price, `${at}.prices[${i}]`))
    : ratesOf(prices, `${at}.prices`);
  if (Array.isArray(priced) && priced.length === 0) fault(`${at}.prices`, "one price or more");
  return { id: textOf(id, `${at}.id`), match: matchOf(match, `${at}.match`), prices: priced };
}

function datedOf(given: unknown, at: string): GivenPrice {
  const { constraint, prices } = objectOf(given, at);
  const rates = ratesOf(prices, `${at}.prices`);
  if (!isGiven(constraint)) return { prices: rates };
  const fields = objectOf(constraint, `${at}.constraint`);
  if (isGiven(fields["start_date"])) {
    const day = textOf(fields["start_date"], `${at}.constraint.start_date`);
    if (Number.isNaN(Date.parse(day))) fault(`${at}.constraint.start_date`, "a day");
    return { prices: rates, constraint: { start_date: day } };
  }
  const time = (key: string) => {
    const text = textOf(fields[key], `${at}.constraint.${key}`);
    if (Number.isNaN(Date.parse(`1970-01-02T${text}`))) fault(`${at}.constraint.${key}`, "a time of day");
    return text;
  };
  return { prices: rates, constraint: { start_time: time("start_time"), end_time: time("end_time") } };
}

function ratesOf(given: unknown, at: string): GivenPrice["prices"] {
  const fields = objectOf(given, at);
  const rates: Record<string, GivenPrice["prices"][string]> = {};
  for (const key of givenRates) {
    const rate = fields[key];
    if (!isGiven(rate)) continue;
    if (typeof rate !== "object") rates[key] = dollarsOf(rate, `${at}.${key}`);
    else {
      const { base, tiers } = objectOf(rate, `${at}.${key}`);
      rates[key] = {
        base: dollarsOf(base, `${at}.${key}.base`),
        tiers: listOf(tiers, `${at}.${key}.tiers`).map((tier, i) => {
          const own = `${at}.${key}.tiers[${i}]`;
          const { start, price } = objectOf(tier, own);
          return { start: dollarsOf(start, `${own}.start`), price: dollarsOf(price, `${own}.price`) };
        }),
      };
    }
  }
  const ofCalls = fields["requests_kcount"];
  if (isGiven(ofCalls)) rates["requests_kcount"] = dollarsOf(ofCalls, `${at}.requests_kcount`);
  return rates;
}

const plainMatches = ["equals", "starts_with", "ends_with", "contains", "regex"] as const;

/** What is nested deeper was not written by hand, and would end in a full stack. */
const longestPath = 1_000;

function matchOf(given: unknown, at: string): Match {
  if (at.length > longestPath) fault(`${at.slice(0, 50)}…`, "less depth");
  const fields = objectOf(given, at);
  for (const key of ["or", "and"] as const) {
    if (fields[key] === undefined) continue;
    const parts = listOf(fields[key], `${at}.${key}`).map((part, i) => matchOf(part, `${at}.${key}[${i}]`));
    return { [key]: parts } as unknown as Match;
  }
  for (const key of plainMatches) {
    if (fields[key] === undefined) continue;
    const text = textOf(fields[key], `${at}.${key}`);
    if (key === "regex" && !isPattern(text)) fault(`${at}.regex`, "a regular expression");
    return { [key]: text } as unknown as Match;
  }
  return fault(at, `one of or, and, ${plainMatches.join(", ")}`);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function objectOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fault(at, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, at: string): readonly unknown[] {
  return Array.isArray(value) ? value : fault(at, "a list");
}

function textOf(value: unknown, at: string): string {
  return typeof value === "string" && value !== "" ? value : fault(at, "a text");
}

function dollarsOf(value: unknown, at: string): number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value)
    ? value
    : fault(at, "a number of 0 or more");
}

function fault(at: string, expected: string): never {
  throw new PriceFileError(`${at}: expected ${expected}`);
}
