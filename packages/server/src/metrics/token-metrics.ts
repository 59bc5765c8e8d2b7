import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import { LabelPlaces, other } from "./label-places.js";
import type { MetricSources } from "./metric-sources.js";

const maxLabelSets = 2_000;

/** The tokens by channel, model and feature; past 2 000 of these together as `other`. */
export class TokenMetrics {
  readonly #sources: Pick<MetricSources, "tokens" | "turns">;
  readonly #pool: PiecePool;
  readonly #places = new LabelPlaces(maxLabelSets);

  constructor(sources: Pick<MetricSources, "tokens" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const { tokens, turns } = this.#sources;
    const family = new Exposition(
      {
        ...{ name: "kissbot_llm_tokens_total", type: "counter" },
        help: "Tokens of LLM calls: in, what was sent; out, what was answered.",
      },
      this.#pool,
    );
    const add = (labels: string, tokensIn: number, tokensOut: number): void => {
      const open = labels.slice(0, -1);
      family.add(`${open},direction="in"}`, tokensIn);
      family.add(`${open},direction="out"}`, tokensOut);
    };
    const rest = { tokensIn: 0, tokensOut: 0, sets: 0 };
    let isOver = await turns.take();
    for (const { channel, model, feature, tokensIn, tokensOut } of tokens()) {
      if (isOver()) isOver = await turns.take();
      const place = this.#places.placeOf({ channel, model, feature });
      if (place === undefined) {
        rest.tokensIn += tokensIn;
        rest.tokensOut += tokensOut;
        rest.sets++;
      } else {
        add(place, tokensIn, tokensOut);
      }
    }
    if (rest.sets > 0) {
      add(labelsOf({ channel: other, model: other, feature: other }), rest.tokensIn, rest.tokensOut);
    }
    return family.end();
  }
}
