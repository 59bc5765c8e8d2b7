import { nullReasons } from "./null-reason.js";
import type { PriceBook } from "./price-book.js";
import type { PriceEntry } from "./price-entry.js";
import type { PricedProvider } from "./price-table.js";
import { isGateway, isLocal } from "./provider-names.js";

/** A sentence on a name in the operator's prices that the table does not price. */
export interface UnknownName {
  /** The entry whose `like` it is; null for the default provider. */
  readonly entry: number | null;
  readonly sentence: string;
}

export interface NamesToCheck {
  readonly entries: readonly PriceEntry[];
  readonly defaultProvider: string | null;
}

/** The last time there is: the newest price holds. */
const lastMs = 8.64e15;

/** The names that the operator's prices take from the table, and that are not in it. */
export function unknownNames(
  book: PriceBook,
  providers: readonly PricedProvider[],
  { entries, defaultProvider }: NamesToCheck,
  nearest: (name: string, names: readonly string[]) => string | undefined,
): readonly UnknownName[] {
  const found: UnknownName[] = [];
  const advice = (name: string, names: readonly string[]) => {
    const near = nearest(name.toLowerCase(), names);
    return near === undefined ? "" : `: did you mean ${near}?`;
  };
  if (defaultProvider !== null && !isLocal(defaultProvider)) {
    const got = JSON.stringify(defaultProvider);
    if (isGateway(defaultProvider)) {
      found.push({ entry: null, sentence: `expected a provider; ${got} passes calls on, and sells nothing` });
    } else if (!book.knowsProvider(defaultProvider)) {
      const names = providers.map(({ id }) => id);
      const sentence = `expected a provider of the table of prices; got ${got}${advice(defaultProvider, names)}`;
      found.push({ entry: null, sentence });
    }
  }
  for (const [entry, { like, fromMs }] of entries.entries()) {
    if (like === null) continue;
    const answer = book.likeAt(like, fromMs ?? lastMs);
    if (typeof answer !== "string") continue;
    const got = `got ${JSON.stringify(like)}`;
    if (answer === "unknown_model" || answer === "unknown_provider") {
      const names = providers.flatMap(({ id, models }) =>
        models.flatMap((model) => [`${id}/${model.id}`.toLowerCase(), model.id.toLowerCase()]),
      );
      found.push({
        entry,
        sentence: `expected a model of the table of prices; ${got}${advice(like, names)}`,
      });
    } else {
      const why =
        answer === "ambiguous" || answer === "provider_needed"
          ? `name its provider, as in PROVIDER/${like}`
          : nullReasons[answer];
      found.push({ entry, sentence: `expected a model that has a price; ${got}: ${why}` });
    }
  }
  return found;
}
