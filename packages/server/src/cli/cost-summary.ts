import type { UsageTotalJson } from "@kissbot/store";
import { usdText } from "../cost/budget-text.js";
import type { NullReason } from "../cost/null-reason.js";
import type { UnpricedModel } from "../cost/unpriced-models.js";
import { plainText } from "../quoted-text.js";
import { cutToWidth, textWidth } from "./text-width.js";

export type UnpricedTotal = Pick<UnpricedModel, "model" | "provider" | "reason" | "tokens">;

const words: Readonly<Record<NullReason, string>> = {
  local: "local",
  ambiguous: "name its provider",
  provider_needed: "name its provider",
  unknown_provider: "unknown provider",
  unknown_model: "unknown model",
  no_token_price: "not by the token",
  too_many_models: "too many models",
};

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/**
 * `$12.40 · cost of 93 % of tokens known · unpriced: llama3:8b (local, 3.1M)`. If that does not fit
 * into the columns, the models go on a second line, as many as fit.
 */
export function costSummary(
  { cost_usd, cost_coverage }: Pick<UsageTotalJson, "cost_usd" | "cost_coverage">,
  unpriced: readonly UnpricedTotal[],
  columns: number | null,
): string {
  const parts = [cost_usd === null ? "cost unknown" : usdText(cost_usd), knownText(cost_coverage)];
  const head = parts.filter((part) => part !== null).join(" · ");
  if (unpriced.length === 0) return columns === null ? head : cutToWidth(head, columns);
  const all = `${head} · ${unpricedText(unpriced, null)}`;
  if (columns === null || textWidth(all) <= columns) return all;
  return `${cutToWidth(head, columns)}\n${unpricedText(unpriced, columns)}`;
}

function unpricedText(unpriced: readonly UnpricedTotal[], columns: number | null): string {
  const names = unpriced.map(nameOf);
  for (let shown = names.length; shown > 0; shown--) {
    const rest = names.length - shown;
    const list = [...names.slice(0, shown), ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
    const text = `unpriced: ${list}`;
    if (columns === null || textWidth(text) <= columns) return text;
  }
  return cutToWidth(`unpriced: ${unpriced.length} model${unpriced.length === 1 ? "" : "s"}`, columns ?? 0);
}

function knownText(coverage: number | null): string | null {
  if (coverage === null) return null;
  if (coverage === 1) return "cost of all tokens known";
  if (coverage === 0) return "cost of no token known";
  return `cost of ${Math.min(99, Math.max(1, Math.round(coverage * 100)))} % of tokens known`;
}

function nameOf({ model, provider, reason, tokens }: UnpricedTotal): string {
  const by = provider === null ? "" : ` by ${plainText(provider)}`;
  // What has a price by now had none when it was called.
  const why = reason === null ? "priced since" : words[reason];
  return `${plainText(model)}${by} (${why}, ${compact.format(tokens)})`;
}
