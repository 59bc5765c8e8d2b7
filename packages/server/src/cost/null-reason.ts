/** Why a call has no price, each with what settles it. */
export const nullReasons = {
  local: "it runs on a machine of your own; say so with a price of 0 in the config",
  ambiguous: "its maker and OpenRouter sell it at different prices: name the provider",
  provider_needed: "several may sell it, or you may run it yourself: name the provider",
  unknown_provider: "the table of prices has no such provider",
  unknown_model: "the table of prices has no such model",
  no_token_price: "its price is not by the token",
  too_many_models: "more than 10,000 names of models were met within an hour; usage reprice prices it",
} as const;

export type NullReason = keyof typeof nullReasons;
