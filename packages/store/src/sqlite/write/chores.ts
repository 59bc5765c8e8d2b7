import { cutsAt, type Retention } from "../../retention.js";
import type { MaintenanceReport } from "../../store.js";
import type { OpenFile } from "./open-file.js";
import { noneDeleted, Purge } from "./purge.js";
import type { Rollup } from "./rollup.js";

/**
 * Past so many rows since the last time they are rolled up between two commits, however busy the
 * writer is.
 */
const rollupDueRows = 20_000;

/**
 * In quiet, so many rows are rolled up at once, or what there is after so long: each time writes
 * four or five pages for every bot, however few its rows are, and readers add the rows that wait
 * themselves, 100,000 in a second (`pnpm bench idle`).
 */
const quietRows = 5_000;
const quietMs = 1_500_000;

interface Maintenance {
  readonly id: number;
  readonly nowMs: number;
  rolledUp: number;
  newest: ReturnType<Rollup["newest"]> | null;
  purge: Purge | null;
}

/**
 * What the writer does beside writing, in steps of a few milliseconds (a rollup step: some tens).
 * Decides what is due; when a step runs is the writer's business.
 */
export class Chores {
  readonly #retention: Retention;
  readonly #maintenances: Maintenance[] = [];
  #rowsSinceRollup = 0;
  #rollupWanted = true;
  #rolledUpAtMs = performance.now();

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** Whether a step would find something to do now. */
  get isDue(): boolean {
    return this.#rollupWanted || this.#maintenances.length > 0;
  }

  noteRows(rows: number): void {
    this.#rowsSinceRollup += rows;
    if (this.#rowsSinceRollup >= rollupDueRows) this.#rollupWanted = true;
  }

  /** Called when nothing was written for a moment. */
  noteQuiet(): void {
    if (this.#rowsSinceRollup === 0) return;
    if (this.#rowsSinceRollup >= quietRows || performance.now() - this.#rolledUpAtMs >= quietMs)
      this.#rollupWanted = true;
  }

  want(id: number, nowMs: number): void {
    this.#maintenances.push({ id, nowMs, rolledUp: 0, newest: null, purge: null });
  }

  /** Another file stands at the path: a maintenance that is under way begins anew with it. */
  renew(): void {
    this.#rollupWanted = true;
    for (const maintenance of this.#maintenances) {
      maintenance.newest = null;
      maintenance.purge = null;
    }
  }

  /** The ids of those who wait for a maintenance, which then is forgotten. */
  giveUp(): number[] {
    this.#rollupWanted = false;
    return this.#maintenances.splice(0).map(({ id }) => id);
  }

  /** One step. Answers a maintenance that is thereby done. */
  doNext(file: OpenFile): { readonly id: number; readonly report: MaintenanceReport } | null {
    const current = this.#maintenances[0];
    if (this.#rollupWanted) {
      const passed = file.rollup.rollUpNext();
      if (current !== undefined) current.rolledUp += passed;
      if (file.rollup.waiting() === 0 || passed === 0) {
        this.#rollupWanted = false;
        this.#rowsSinceRollup = 0;
        this.#rolledUpAtMs = performance.now();
      }
      return null;
    }
    if (current === undefined) return null;
    if (current.purge === null) {
      current.newest ??= file.rollup.newest();
      if (!file.rollup.hasReached(current.newest)) {
        current.rolledUp += file.rollup.rollUpNext();
        return null;
      }
      const withheldUntilMs = file.clockDoubt.judge(current.nowMs);
      if (withheldUntilMs !== null) {
        this.#maintenances.shift();
        return {
          id: current.id,
          report: { rolledUp: current.rolledUp, deleted: noneDeleted(), withheldUntilMs },
        };
      }
      current.purge = new Purge(file.db, cutsAt(current.nowMs, this.#retention));
      return null;
    }
    if (current.purge.deleteNext()) return null;
    this.#maintenances.shift();
    const { id, rolledUp, purge } = current;
    return { id, report: { rolledUp, deleted: purge.deleted, withheldUntilMs: null } };
  }
}
