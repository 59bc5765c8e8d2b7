import type { Store, UsageKey, UsageTotal } from "@kissbot/store";
import type { Turns } from "../turns.js";
import { within } from "../within.js";
import { budgetNames, type CallNames, isCounted } from "./budget.js";
import { type BudgetMeter, keyOf, type Metered } from "./budget-meter.js";
import type { CallSums } from "./spend.js";
import type { Stretch, YoungSums } from "./young-sums.js";

/** Holds back calls, so that what is counted and what is stored are the same for a moment. */
export interface UsageGate {
  /** No call is counted until `open`. Resolves when those that were counted are stored. */
  close(): Promise<void>;
  open(): void;
}

export interface BudgetRestorationOptions {
  readonly meter: Pick<BudgetMeter, "renew">;
  readonly gate: UsageGate;
  readonly turns: Turns;
}

/** How long calls are held back at most; they wait in the queue meanwhile. */
const heldMs = 10_000;
/** How long a question about the past may take, for which nothing waits. */
const askedMs = 300_000;

/**
 * Puts into a budget what was spent before the monitor's start. The past is asked for while
 * everything goes on; for the stretch that calls are reported in now, calls are held back until the
 * database has answered, so none is counted twice or not at all.
 */
export class BudgetRestoration {
  readonly #options: BudgetRestorationOptions;
  /** Resolves when no question is under way. A late one still runs in the database. */
  #asked: Promise<unknown> = Promise.resolve();

  constructor(options: BudgetRestorationOptions) {
    this.#options = options;
  }

  /**
   * Rejects where the database does not answer in time. It can then be tried again: it waits for
   * the late question to end before it asks anew.
   */
  async restore(metered: Metered, store: Pick<Store, "usageList">): Promise<void> {
    const { meter, gate, turns } = this.#options;
    await inTime(this.#asked, askedMs);
    // Every call that was counted before is in the database from here on.
    await this.#close();
    const young = meter.renew(metered);
    gate.open();
    const { counted } = metered;
    const busy: Stretch[] = [];
    for (const stretch of young.stretches) {
      const answer = stretch.reported > 0 ? null : await inTime(this.#ask(metered, stretch, store), askedMs);
      // A call that was reported meanwhile may be in the answer or not.
      if (answer === null || stretch.reported > 0) busy.push(stretch);
      else await this.#put(metered, young, stretch, answer);
    }
    if (busy.length > 0) {
      const answers = await this.#askHeld(metered, busy, store);
      for (const [i, stretch] of busy.entries())
        await this.#put(metered, young, stretch, answers[i] as Iterable<UsageTotal>);
    }
    for (const stretch of young.stretches) {
      await turns.nextTurn();
      for (const [key, sums] of stretch.sums) counted.add(key, stretch.fromMs, sums, false);
      stretch.sums = new Map();
      stretch.isDone = true;
    }
    if (metered.young === young) metered.young = null;
  }

  /** Adds what the database says to what was reported since it said so. */
  async #put(
    { budget }: Metered,
    young: YoungSums,
    stretch: Stretch,
    totals: Iterable<UsageTotal>,
  ): Promise<void> {
    let isOver = await this.#options.turns.nextTurn();
    for (const total of totals) {
      const { channel, model, feature } = total;
      const names: CallNames = { channel: channel ?? "", model: model ?? "", feature: feature ?? "" };
      if (isCounted(budget, names)) young.addTo(stretch, keyOf(budget, names), sumsOf(total));
      if (isOver()) isOver = await this.#options.turns.nextTurn();
    }
  }

  /**
   * What is asked for while calls are reported: no call is counted between the last commit and the
   * answer.
   */
  async #askHeld(
    metered: Metered,
    stretches: readonly Stretch[],
    store: Pick<Store, "usageList">,
  ): Promise<readonly Iterable<UsageTotal>[]> {
    await this.#close();
    try {
      const asked = stretches.map((stretch) => this.#ask(metered, stretch, store));
      const answers = await inTime(Promise.all(asked), heldMs);
      for (const stretch of stretches) stretch.sums = new Map();
      return answers;
    } finally {
      this.#options.gate.open();
    }
  }

  async #ask(
    { budget }: Metered,
    { fromMs, toMs }: Stretch,
    store: Pick<Store, "usageList">,
  ): Promise<Iterable<UsageTotal>> {
    const groupBy: UsageKey[] = budgetNames.filter((name) => budget.each === name || budget[name] !== null);
    // Where there are more names than are kept, those that cost the most are kept.
    const answer = store.usageList({ fromMs, toMs, groupBy, orderBy: "costUsd", percentiles: false });
    this.#asked = Promise.allSettled([this.#asked, answer]).then(() => undefined);
    return await answer;
  }

  async #close(): Promise<void> {
    const { gate } = this.#options;
    try {
      await inTime(gate.close(), heldMs);
    } catch (error) {
      gate.open();
      throw error;
    }
  }
}

/**
 * Sums of an older version do not say how many tokens have a known cost: it is taken from how many
 * calls have.
 */
function sumsOf({ calls, tokensIn, tokensOut, costUsd, costCalls, costTokens }: UsageTotal): CallSums {
  const tokens = tokensIn + tokensOut;
  const knownTokens = costTokens ?? (calls === 0 ? 0 : (tokens * costCalls) / calls);
  return { calls, tokens, knownTokens, usd: costUsd ?? 0 };
}

async function inTime<Found>(promise: Promise<Found>, ms: number): Promise<Found> {
  const found = await within(promise, ms);
  if (found === "late") throw new Error(`the database did not answer within ${ms / 1_000} s`);
  return found as Found;
}
