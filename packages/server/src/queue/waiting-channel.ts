import type { Heartbeat, Register, Unregister } from "@kissbot/protocol";
import type { Principal } from "../principals/principal.js";

export type LivenessMessage = Register | Heartbeat | Unregister;

/**
 * A message in the lane's order, a doubly linked list: any of them can be taken out without looking
 * at the others.
 */
export interface Waiting {
  message: LivenessMessage;
  receivedAtMs: number;
  /** The number of its connection; 0 if unknown, or if the message merges several connections. */
  connection: number;
  /** Who sent it; null where nobody asks. */
  principal: Principal | null;
  readonly process: WaitingProcess;
  /** Grows along the list. */
  readonly order: number;
  before: Waiting | undefined;
  after: Waiting | undefined;
}

/** What waits of one (channel, pid): at most one of each kind. */
export interface WaitingProcess {
  readonly pid: number;
  /** Whose bound it counts against as long as it waits. */
  readonly principal: Principal | null;
  register: Waiting | undefined;
  heartbeat: Waiting | undefined;
  unregister: Waiting | undefined;
}

/**
 * What waits of one channel, by pid. Nearly always that is one process, which costs no map
 * (measured: `pnpm bench ablation`, `waiting-channel`); a channel that claims several gets
 * one.
 */
export class WaitingChannel {
  /**
   * The order of the last register or unregister that was queued; what has a smaller one stands
   * before it.
   */
  lastTurn = 0;
  #only: WaitingProcess | undefined;
  #several: Map<number, WaitingProcess> | undefined;

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** How many processes wait. */
  get size(): number {
    return this.#several === undefined ? (this.#only === undefined ? 0 : 1) : this.#several.size;
  }

  processOf(pid: number): WaitingProcess | undefined {
    return this.#several === undefined
      ? this.#only?.pid === pid
        ? this.#only
        : undefined
      : this.#several.get(pid);
  }

  /** Adds a process that is not there yet. */
  addProcess(process: WaitingProcess): void {
    if (this.#several === undefined) {
      const only = this.#only;
      if (only === undefined) {
        this.#only = process;
        return;
      }
      this.#several = new Map([[only.pid, only]]);
      this.#only = undefined;
    }
    this.#several.set(process.pid, process);
  }

  deleteProcess(pid: number): void {
    if (this.#several === undefined) this.#only = undefined;
    else this.#several.delete(pid);
  }
}
