import {
  type BatchId,
  type PriceRecord,
  type Repricing,
  type Store,
  type StoredUsage,
  StoreError,
  type UsageCursor,
} from "@kissbot/store";
import type { AppliedPrices } from "../cost/applied-prices.js";
import type { NullReason } from "../cost/null-reason.js";
import { costOf } from "../cost/price.js";
import type { Finding, PriceBook } from "../cost/price-book.js";
import { batchEpoch } from "./batch-epoch.js";

/** Calls in one step. A step is one transaction, with the sums of the hours of its calls. */
const rowsPerStep = 1_000;
/** How many `StillUnpriced` a step lists at most. */
const mostReasons = 1_000;

export interface UsageRepricingOptions {
  readonly store: () => Pick<Store, "usagePage" | "write"> | null;
  /** The prices that hold now; null before they are read. */
  readonly book: () => PriceBook | null;
  readonly nowMs: () => number;
  readonly applied: AppliedPrices;
  /** Who writes: the monitor's name, and its start in milliseconds. */
  readonly producer: string;
  readonly startedAtMs: number;
  readonly logger: { info(fields: object, message: string): void };
  /** Whether a fleet database has calls of this monitor. */
  readonly isShared?: boolean;
  /** Stored calls have other costs. */
  readonly onStored?: () => void;
}

/** What a fleet database has of a call is written once, and has no number that finds it again. */
const sharedRefusal =
  "the fleet database would keep these calls without a cost, and its sums would differ from this monitor's. To price them here alone, start the monitor without --fleet, price them, and start it with --fleet again";

export interface RepricingQuestion {
  readonly fromMs: number;
  /** `next` of the step before; null: the first. */
  readonly after: UsageCursor | null;
  /** Whether to say only what would be done. */
  readonly isDry: boolean;
  /** Who asked. */
  readonly by: string;
}

/** What stays without a price. */
export interface StillUnpriced {
  readonly model: string;
  readonly provider: string | null;
  readonly reason: NullReason;
  calls: number;
  tokens: number;
}

export interface RepricedStep {
  readonly calls: number;
  readonly costUsd: number;
  readonly unpriced: readonly StillUnpriced[];
  /** Null where no step follows. */
  readonly next: UsageCursor | null;
}

/**
 * Prices stored calls whose cost is unknown: by the current price book, at the time of each call.
 * Known costs never change. A step is stored as a whole or not at all, so an interrupted run may
 * start again.
 */
export class UsageRepricing {
  readonly #options: UsageRepricingOptions;
  readonly #life: Omit<BatchId, "seq">;
  #seq = 0;

  constructor(options: UsageRepricingOptions) {
    const { producer, startedAtMs } = options;
    this.#options = options;
    this.#life = { producer: `${producer} (repricing)`, epoch: batchEpoch("repricing", startedAtMs) };
  }

  /** Why calls may not be priced; what they would cost may be asked all the same. */
  get refusal(): string | null {
    return this.#options.isShared === true ? sharedRefusal : null;
  }

  /** Null where no store is open, or no price is read yet. */
  async repriceStep({ fromMs, after, isDry, by }: RepricingQuestion): Promise<RepricedStep | null> {
    const { store: opened, book: current } = this.#options;
    const [store, book] = [opened(), current()];
    if (store === null || book === null) return null;
    const { rows, next } = await store.usagePage({ fromMs, after, limit: rowsPerStep });
    const step = new Step(book, this.#options);
    for (const row of rows) if (row.costUsd === null) step.priceCall(row);
    const { repricings, prices } = step;
    if (repricings.length > 0 && !isDry) {
      this.#seq += 1;
      const outcome = await store.write({ ...this.#life, seq: this.#seq, prices, repricings });
      // Another life may have had the same epoch by chance: nothing is stored then.
      if (outcome === "duplicate") {
        throw new StoreError("refused", "another run has stored a step of this number; try again");
      }
      this.#options.logger.info({ by, calls: repricings.length }, "stored calls were priced");
      this.#options.onStored?.();
    }
    return {
      calls: repricings.length,
      costUsd: repricings.reduce((sum, { costUsd }) => sum + costUsd, 0),
      unpriced: [...step.unpriced.values()],
      next,
    };
  }
}

class Step {
  readonly repricings: Repricing[] = [];
  readonly unpriced = new Map<string, StillUnpriced>();
  readonly #book: PriceBook;
  readonly #options: Pick<UsageRepricingOptions, "applied" | "nowMs">;
  readonly #prices = new Set<number>();
  readonly #findings = new Map<string, Finding>();

  constructor(book: PriceBook, options: Pick<UsageRepricingOptions, "applied" | "nowMs">) {
    this.#book = book;
    this.#options = options;
  }

  get prices(): PriceRecord[] {
    return [...this.#prices].flatMap((id) => this.#options.applied.recordOf(id) ?? []);
  }

  priceCall(row: StoredUsage): void {
    const tokens = row.tokensIn + row.tokensOut;
    // A call that failed before it used anything: it is not priced as it comes in, either.
    if (tokens === 0 && row.error !== null) return;
    const price = this.#findingOf(row).at(row.tsMs);
    if (typeof price === "string") {
      this.#addUnpriced(row, price, tokens);
      return;
    }
    const cost = costOf(price.price, row);
    if (cost === undefined) {
      this.#addUnpriced(row, "no_token_price", tokens);
      return;
    }
    const priceId = this.#options.applied.idOf(price, this.#options.nowMs);
    this.#prices.add(priceId);
    this.repricings.push({ usageId: row.id, costUsd: cost, priceId });
  }

  /** The live pricer's places are not used up by what is stored. */
  #findingOf({ model, provider, feature }: StoredUsage): Finding {
    const key = JSON.stringify([model, provider, this.#book.hasFeatures ? feature : ""]);
    let found = this.#findings.get(key);
    if (found === undefined) {
      found = this.#book.lookUp(model, provider, feature);
      this.#findings.set(key, found);
    }
    return found;
  }

  #addUnpriced({ model, provider }: StoredUsage, reason: NullReason, tokens: number): void {
    const key = JSON.stringify([model, provider, reason]);
    const known = this.unpriced.get(key);
    if (known !== undefined) {
      known.calls += 1;
      known.tokens += tokens;
    } else if (this.unpriced.size < mostReasons) {
      this.unpriced.set(key, { model, provider, reason, calls: 1, tokens });
    }
  }
}
