import type { PiecePool } from "../byte-pieces.js";
import { Exposition, labelsOf } from "./exposition.js";
import { LabelPlaces, other } from "./label-places.js";
import type { MetricSources, UsageFamily } from "./metric-sources.js";

const maxLabelSets = 2_000;

/**
 * The counters of LLM calls by channel, model and feature; past 2 000 of these together as `other`.
 */
export class UsageMetrics {
  readonly #sources: Pick<MetricSources, "usage" | "turns">;
  readonly #pool: PiecePool;
  readonly #places = new LabelPlaces(maxLabelSets);

  constructor(sources: Pick<MetricSources, "usage" | "turns">, pool: PiecePool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  async text(): Promise<readonly Buffer[]> {
    const { usage, turns } = this.#sources;
    const names = Array.from(usage(), ({ channel, model, feature }) => ({ channel, model, feature }));
    await this.#places.release(names, turns);
    const texts: Buffer[] = [];
    let from = 0;
    for (const family of usage().families) {
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
    const add = (labels: string, valueAt: (i: number) => number): void => {
      const open = labels.slice(0, -1);
      for (const [i, end] of ends.entries()) {
        const value = valueAt(i);
        if (value > 0 || sparse === undefined || (sparse === "rest" && i === 0))
          exposition.add(open + end, value);
      }
    };
    const rest = labelValues.map(() => 0);
    let isAnyRest = false;
    let isOver = await turns.take();
    for (const { channel, model, feature, values } of usage()) {
      if (isOver()) isOver = await turns.take();
      const place = this.#places.placeOf({ channel, model, feature });
      if (place === undefined) {
        isAnyRest = true;
        for (const i of rest.keys()) rest[i] = (rest[i] as number) + (values[from + i] as number);
      } else {
        add(place, (i) => values[from + i] as number);
      }
    }
    if (isAnyRest) {
      add(labelsOf({ channel: other, model: other, feature: other }), (i) => rest[i] as number);
    }
    return exposition.end();
  }
}
