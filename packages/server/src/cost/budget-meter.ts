import type { LlmUsageTable } from "@kissbot/store";
import { entryOf } from "../nested-map.js";
import { type Budget, type CallNames, isCounted, isSameBudget } from "./budget.js";
import { MeteredBudget } from "./metered-budget.js";
import type { CallSums } from "./spend.js";
import { YoungSums } from "./young-sums.js";

/** A budget with what is known of it. */
export interface Metered {
  readonly budget: Budget;
  counted: MeteredBudget;
  /** Null once it is known what was spent before the meter's start. */
  young: YoungSums | null;
}

/** A budget that counts a call, and under which key. */
interface Route {
  readonly metered: Metered;
  readonly key: string;
}

export interface BudgetMeterOptions {
  readonly budgets: readonly Budget[];
  readonly clock: { wallMs(): number };
  /** How many keys of a budget with `each` are counted in a period. 10 000 */
  readonly maxKeys?: number;
}

/** Most sets of names whose routes are kept; past it, all are dropped. */
const mostRoutes = 50_000;

/**
 * Adds up what calls cost, for each budget in the period that a call belongs to. A call costs a few
 * look-ups, however many bots there are. What was spent before its start is put in by a
 * `BudgetRestoration`; until then a budget is young, and nothing is said of it.
 */
export class BudgetMeter {
  readonly listenerName = "budgets";
  readonly #clock: BudgetMeterOptions["clock"];
  readonly #maxKeys: number;
  #all: readonly Metered[] = [];
  readonly #routes = new Map<string, Map<string, Map<string, readonly Route[]>>>();
  #routeCount = 0;
  // One object for all calls: it is read at once and not kept.
  readonly #call = { calls: 1, tokens: 0, knownTokens: 0, usd: 0 };

  /** Throws where a zone is none. */
  constructor({ budgets, clock, maxKeys = 10_000 }: BudgetMeterOptions) {
    this.#clock = clock;
    this.#maxKeys = maxKeys;
    this.apply(budgets);
  }

  /** In the order of the configuration. */
  get all(): readonly Metered[] {
    return this.#all;
  }

  /**
   * Other budgets hold from now on. One with the same terms as before keeps its sums; a new or
   * changed one is young again. Throws where a zone is none; then nothing has changed.
   */
  apply(budgets: readonly Budget[]): void {
    this.#all = budgets.map((budget) => {
      const known = this.#all.find((one) => isSameBudget(one.budget, budget));
      return known ?? this.#young(budget);
    });
    this.#forgetRoutes();
  }

  usageReceived({ rows, from, to }: { rows: LlmUsageTable; from: number; to: number }): void {
    if (this.#all.length === 0) return;
    const { columns } = rows;
    const call = this.#call;
    for (let row = from; row < to; row++) {
      const isKnown = columns.costUsd.isKnown(row);
      call.tokens = columns.tokensIn.numberAt(row) + columns.tokensOut.numberAt(row);
      call.knownTokens = isKnown ? call.tokens : 0;
      call.usd = isKnown ? columns.costUsd.numberAt(row) : 0;
      const routes = this.#routesOf(
        columns.channel.at(row) as string,
        columns.model.at(row) as string,
        columns.feature.at(row) as string,
      );
      for (const route of routes) addReported(route, columns.tsMs.numberAt(row), call);
    }
  }

  /** Every budget is young again, as stored calls have other costs. */
  forgetSums(): void {
    for (const metered of this.#all) Object.assign(metered, this.#young(metered.budget));
  }

  /** It is young again, as what was counted of it cannot be told from what the database says. */
  renew(metered: Metered): YoungSums {
    metered.young = new YoungSums(metered.counted.cuts, this.#maxKeys);
    return metered.young;
  }

  /** The time goes on. To be called every second or so. */
  advance(): void {
    const nowMs = this.#clock.wallMs();
    for (const metered of this.#all) {
      metered.counted.advance(nowMs);
      // The clock was set by months: nothing is known of the period that runs now.
      if (metered.counted.isTorn && metered.young === null)
        Object.assign(metered, this.#young(metered.budget));
    }
  }

  #young(budget: Budget): Metered {
    const counted = new MeteredBudget(budget, this.#clock.wallMs(), this.#maxKeys);
    return { budget, counted, young: new YoungSums(counted.cuts, this.#maxKeys) };
  }

  #forgetRoutes(): void {
    this.#routes.clear();
    this.#routeCount = 0;
  }

  #routesOf(channel: string, model: string, feature: string): readonly Route[] {
    const known = this.#routes.get(channel)?.get(model)?.get(feature);
    if (known !== undefined) return known;
    if (this.#routeCount >= mostRoutes) this.#forgetRoutes();
    const names = { channel, model, feature };
    const routes = this.#all
      .filter(({ budget }) => isCounted(budget, names))
      .map((metered) => ({ metered, key: keyOf(metered.budget, names) }));
    entryOf(entryOf(this.#routes, channel), model).set(feature, routes);
    this.#routeCount++;
    return routes;
  }
}

/** Under which key a budget counts a call: with `each` the name, else all under one. */
export function keyOf({ each }: Budget, names: CallNames): string {
  return each === null ? "" : names[each];
}

function addReported({ metered: { counted, young }, key }: Route, tsMs: number, call: CallSums): void {
  const stretch = young?.at(tsMs);
  if (young === null || stretch?.isDone === true) {
    counted.add(key, tsMs, call, true);
  } else if (stretch !== undefined) {
    young.addTo(stretch, key, call);
    stretch.reported++;
  }
}
