import { createHash } from "node:crypto";
import type { LlmUsageTable, PriceRecord } from "@kissbot/store";
import type { AppliedPrice } from "./price-book.js";

const fewPrices = 8;

/**
 * The prices that calls were priced by in this run, by their numbers. A number is 48 bits of a hash
 * over the price, where it is from, and whose it is, so that the same price has the same one in
 * every run.
 */
export class AppliedPrices {
  readonly #ids = new WeakMap<AppliedPrice, number>();
  readonly #records = new Map<number, PriceRecord>();

  /** The number of a price; takes it among the applied ones. */
  idOf(applied: AppliedPrice, nowMs: () => number): number {
    const known = this.#ids.get(applied);
    if (known !== undefined) return known;
    const { source, version, provider, model, price } = applied;
    const priceJson = JSON.stringify(price);
    const text = JSON.stringify([source, version, provider, model, priceJson]);
    const id = createHash("sha256").update(text).digest().readUIntBE(0, 6);
    this.#ids.set(applied, id);
    if (!this.#records.has(id)) {
      this.#records.set(id, {
        priceId: id,
        source,
        version,
        provider,
        model,
        priceJson,
        firstUsedMs: nowMs(),
      });
    }
    return id;
  }

  /** A price of this run by its number. */
  recordOf(priceId: number): PriceRecord | undefined {
    return this.#records.get(priceId);
  }

  /** Whose word a price of this run is. */
  sourceOf(priceId: number): "config" | "table" {
    return this.#records.get(priceId)?.source === "config" ? "config" : "table";
  }

  /** Each price by which some of the rows were priced, once. */
  recordsOf(rows: LlmUsageTable): PriceRecord[] {
    const { priceId } = rows.columns;
    // Few prices make most rows, and a look at the first ones is quicker than one into a set.
    const first: number[] = [];
    const more = new Set<number>();
    for (let row = 0; row < rows.length; row++) {
      const id = priceId.numberAt(row);
      if (Number.isNaN(id) || first.includes(id)) continue;
      if (first.length < fewPrices) first.push(id);
      else more.add(id);
    }
    return [...first, ...more].flatMap((id) => this.#records.get(id) ?? []);
  }
}
