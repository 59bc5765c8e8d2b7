import { isLike } from "../pattern.js";
import type { Price } from "./price.js";
import { isLocal, providerId } from "./provider-names.js";

/**
 * What the operator says a call costs. Of the patterns, `*` stands for any text. Those of models
 * and providers take letters of either case.
 */
export interface PriceEntry {
  readonly model: string;
  /** Null: any, also none. */
  readonly provider: string | null;
  /** Null: any. */
  readonly feature: string | null;
  /** What it costs; null: as another model, or as it would without this entry. */
  readonly price: Price | null;
  /** The model of the table, maybe after its provider and a slash, whose price this is. */
  readonly like: string | null;
  /** The share of the price that is taken off: 0.5 is half of it. 0 or more, below 1. */
  readonly discount: number;
  /** The time of the first call that it holds for; null: it always holds. */
  readonly fromMs: number | null;
}

/** Entries of one model, provider and feature: one price and how it changed. */
export type PriceHistory = readonly [PriceEntry, ...PriceEntry[]];

/**
 * Puts together what is said of the same calls, in the order in which each is first spoken of, the
 * newest first.
 */
export function historiesOf(entries: readonly PriceEntry[]): readonly PriceHistory[] {
  const found = new Map<string, PriceHistory>();
  for (const entry of entries) {
    const key = subjectOf(entry);
    found.set(key, [...(found.get(key) ?? []), entry] as unknown as PriceHistory);
  }
  return [...found.values()].map(
    (history) => history.toSorted((a, b) => startOf(b) - startOf(a)) as unknown as PriceHistory,
  );
}

/** The same for entries that speak of the same calls. */
export function subjectOf({ model, provider, feature }: PriceEntry): string {
  return JSON.stringify([model.toLowerCase(), provider?.toLowerCase() ?? "*", feature ?? "*"]);
}

/** The time of the first call that it holds for. */
export function startOf({ fromMs }: PriceEntry): number {
  return fromMs ?? Number.NEGATIVE_INFINITY;
}

/** Whether an entry's provider is the one that a bot names, by any name that it goes by. */
export function isProviderLike(given: string, pattern: string): boolean {
  return (
    isLike(given, pattern) ||
    isLike(providerId(given), providerId(pattern)) ||
    (pattern === "local" && isLocal(given))
  );
}
