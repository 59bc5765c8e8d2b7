import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import type { MetricSources, UsageFamily } from "./metric-sources.js";

/**
 * The counters of LLM calls by channel, model and feature. How many of these have lines of their
 * own is bounded where they are counted.
 */
export class UsageMetrics {
  readonly #sources: Pick<MetricSources, "usage" | "turns">;
  readonly #pool: PiecePool;

  constructor(sources: Pick<MetricSources, "usage" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const texts: Buffer[] = [];
    let from = 0;
    for (const family of this.#sources.usage().families) {
      texts.push(...(await this.#textOf(family, from)));
      from += family.values.length;
    }
    return texts;
  }

  /** `from`: where the values of the family begin. */
  async #textOf(
    { name, help, label, values: labelValues, sparse }: UsageFamily,
    from: number,
  ): Promise<readonly Buffer[]> {
    const { usage, turns } = this.#sources;
    const exposition = new Exposition({ name, type: "counter", help }, this.#pool);
    const ends = labelValues.map((value) => `,${label}="${value}"}`);
    let isOver = await turns.nextTurn();
    for (const { channel, model, feature, values } of usage()) {
      if (isOver()) isOver = await turns.nextTurn();
      const open = labelsOf({ channel, model, feature }).slice(0, -1);
      for (const [i, end] of ends.entries()) {
        const value = values[from + i] as number;
        if (value > 0 || sparse === undefined || (sparse === "rest" && i === 0))
          exposition.add(open + end, value);
      }
    }
    return exposition.end();
  }
}
