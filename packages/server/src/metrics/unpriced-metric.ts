import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import type { MetricSources } from "./metric-sources.js";

/** Tokens whose cost is unknown, by model and by what would have to be said to know it. */
export class UnpricedMetric {
  readonly #sources: Pick<MetricSources, "unpriced" | "turns">;
  readonly #pool: PiecePool;

  constructor(sources: Pick<MetricSources, "unpriced" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const { unpriced, turns } = this.#sources;
    const family = new Exposition(
      {
        name: "kissbot_llm_unpriced_tokens_total",
        type: "counter",
        help: "Tokens of LLM calls whose cost is unknown, by the reason.",
      },
      this.#pool,
    );
    // Providers are told apart where they are counted, and not here.
    const sums = new Map<string, number>();
    let isOver = await turns.nextTurn();
    for (const { model, reason, tokens } of unpriced()) {
      if (isOver()) isOver = await turns.nextTurn();
      const labels = labelsOf({ model, reason });
      sums.set(labels, (sums.get(labels) ?? 0) + tokens);
    }
    for (const [labels, tokens] of sums) if (tokens > 0) family.add(labels, tokens);
    return family.end();
  }
}
