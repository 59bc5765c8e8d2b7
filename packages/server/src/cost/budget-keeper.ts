import type { Store } from "@kissbot/store";
import type { Turns } from "../turns.js";
import type { Budget } from "./budget.js";
import { BudgetMeter } from "./budget-meter.js";
import { BudgetRestoration, type UsageGate } from "./budget-restoration.js";
import { BudgetStandings } from "./budget-standings.js";

export interface BudgetKeeperOptions {
  readonly budgets: readonly Budget[];
  /** Null while no store is open. */
  readonly store: () => Pick<Store, "usageList"> | null;
  readonly gate: UsageGate;
  readonly turns: Turns;
  readonly clock: { wallMs(): number; monotonicMs(): number };
  readonly logger: { warn(fields: object, message: string): void };
}

const tickMs = 1_000;
/** After a database that did not answer. */
const pauseMs = 10_000;
/** Wait after the last changed cost before the sums are read again. */
const settledMs = 3_000;

/** The budgets of a running monitor: keeps their time, and finds out what was spent before. */
export class BudgetKeeper {
  readonly meter: BudgetMeter;
  readonly standings: BudgetStandings;
  readonly #options: BudgetKeeperOptions;
  readonly #restoration: BudgetRestoration;
  #timer: NodeJS.Timeout | undefined;
  #restoring: Promise<void> | null = null;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** When stored costs changed last. */
  #changedMs: number | null = null;

  /** Throws where a zone is none. */
  constructor(options: BudgetKeeperOptions) {
    this.#options = options;
    this.meter = new BudgetMeter(options);
    this.standings = new BudgetStandings(this.meter, options.clock);
    this.#restoration = new BudgetRestoration({ ...options, meter: this.meter });
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.#tick(), tickMs);
    this.#tick();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.gate.open();
  }

  /**
   * Other budgets hold from now on, as at a reload: what is unchanged keeps its sums. Throws where
   * a zone is none; then nothing has changed.
   */
  apply(budgets: readonly Budget[]): void {
    this.meter.apply(budgets);
    this.#triedMs = Number.NEGATIVE_INFINITY;
    if (this.#timer !== undefined) this.#tick();
  }

  /** Stored calls have other costs: every budget is read anew, once that is over. */
  costsChanged(): void {
    this.#changedMs = this.#options.clock.monotonicMs();
  }

  #tick(): void {
    this.meter.advance();
    const store = this.#options.store();
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#changedMs !== null && nowMs - this.#changedMs >= settledMs) {
      this.#changedMs = null;
      this.meter.forgetSums();
    }
    if (store === null || this.#restoring !== null || nowMs - this.#triedMs < pauseMs) return;
    if (this.meter.all.every(({ young }) => young === null)) return;
    this.#restoring = this.#restoreAll(store)
      .catch((error: unknown) => {
        this.#triedMs = this.#options.clock.monotonicMs();
        const message = "could not read what was spent before the start; trying again";
        if (this.#timer !== undefined) this.#options.logger.warn({ err: error }, message);
      })
      .finally(() => {
        this.#restoring = null;
      });
  }

  async #restoreAll(store: Pick<Store, "usageList">): Promise<void> {
    for (const metered of this.meter.all) {
      if (this.#timer === undefined) return;
      if (metered.young !== null) await this.#restoration.restore(metered, store);
    }
  }
}
