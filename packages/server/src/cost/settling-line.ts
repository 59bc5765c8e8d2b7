import type { NullReason } from "./null-reason.js";

/** A model as a bot names it, and who sells models of that name by the table. */
export interface Unpriced {
  readonly model: string;
  readonly provider: string | null;
  readonly reason: NullReason;
  readonly sellers: readonly string[];
}

/**
 * The line of the section `prices:` that settles why a model has no price; null where none does.
 * Where only the operator knows the amount it says `DOLLARS`, which the config refuses.
 */
export function settlingLine({ model, provider, reason, sellers }: Unpriced): string | null {
  const calls = `model: ${JSON.stringify(model)}${provider === null ? "" : `, provider: ${JSON.stringify(provider)}`}`;
  switch (reason) {
    case "local":
      return `- { ${calls}, input: 0, output: 0 }`;
    case "ambiguous":
    case "provider_needed": {
      const [seller, ...others] = sellers;
      if (seller === undefined) return `- { ${calls}, input: DOLLARS, output: DOLLARS }`;
      const note = others.length === 0 ? "" : ` # or ${others.join(", ")}`;
      return `- { ${calls}, like: ${JSON.stringify(seller)} }${note}`;
    }
    case "unknown_model":
    case "unknown_provider":
      return `- { ${calls}, input: DOLLARS, output: DOLLARS }`;
    case "no_token_price":
      return `- { ${calls}, per_call: DOLLARS }`;
    case "too_many_models":
      return null;
  }
}
