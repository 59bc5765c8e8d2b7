import { nullReasons } from "../../cost/null-reason.js";
import type { PriceBook } from "../../cost/price-book.js";
import { namedAnswerJson } from "../../cost/price-json.js";
import { ApiError } from "../api-error.js";
import { textParameter, timeParameter } from "../parameter.js";
import { type Route, routeOf } from "../route.js";
import { amountSchema, objectSchema, orNull, textSchema, timeSchema } from "../schema.js";
import { timestampFromMs } from "../timestamp.js";

interface Parts {
  /** Null before prices are read. */
  readonly book: () => PriceBook | null;
}

const parameters = {
  model: textParameter("A model, as bots call it; without it, the answer has no price."),
  provider: textParameter("The provider that the bot names with it."),
  feature: textParameter("The feature that the bot names with it."),
  at: timeParameter("The time of the call; now if not given."),
};

const rate = {
  anyOf: [
    amountSchema,
    objectSchema({
      base: amountSchema,
      tiers: {
        type: "array",
        description: "The whole call has the rate of the last tier that its input is larger than.",
        items: objectSchema({ start: amountSchema, price: amountSchema }),
      },
    }),
    { type: "null" },
  ],
};

const price = {
  anyOf: [
    objectSchema(
      { input: rate, output: rate, cached: rate, cache_write: rate, per_call: orNull(amountSchema) },
      "US dollars per 1M tokens, and for each call.",
    ),
    { type: "null" },
  ],
};

const schema = objectSchema({
  version: { ...textSchema, description: "Of the table of prices." },
  default_provider: orNull(textSchema),
  at: timeSchema,
  price: {
    anyOf: [
      objectSchema({
        model: textSchema,
        provider: orNull(textSchema),
        feature: orNull(textSchema),
        source: orNull({
          type: "string",
          enum: ["config", "table"],
          description: "The operator's word, or the table's.",
        }),
        priced_as: orNull(textSchema),
        price,
        reason: orNull({ type: "string", enum: Object.keys(nullReasons) }),
        why: orNull({ ...textSchema, description: "The reason for people." }),
        settle: orNull({ ...textSchema, description: "The line of `prices:` that settles it." }),
      }),
      { type: "null" },
    ],
  },
});

/** What a call of a model costs, or why that is unknown, as the monitor prices it now. */
export function pricesRoute({ book }: Parts): Route {
  return routeOf({
    path: "/api/v1/prices",
    id: "getPrice",
    summary: "What a call of a model costs, or why that is unknown",
    parameters,
    schema,
    errors: ["busy"],
    answer: ({ query, nowMs }) => {
      const { model, provider = null, feature = null, at = nowMs } = query;
      const prices = book();
      if (prices === null) throw new ApiError("busy", "the prices are not read yet");
      return {
        kind: "json",
        value: {
          version: prices.version,
          default_provider: prices.defaultProvider,
          at: timestampFromMs(at),
          price: model === undefined ? null : namedAnswerJson(prices, { model, provider, feature }, at),
        },
      };
    },
  });
}
